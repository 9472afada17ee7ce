"""Tiny models of real classes that learn to write one German sentence, as folders in the standard layout."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from runpy import run_path
from types import SimpleNamespace
from typing import Any

from pipeline.backends.offline import prepare_offline
from pipeline.backends.prompt_tokens import prompt_token_ids
from pipeline.domain.prompt import Prompt

prepare_offline()

import torch  # noqa: E402  (the offline flags come first)
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers  # noqa: E402
from transformers import PreTrainedModel, PreTrainedTokenizerFast  # noqa: E402

tiny = SimpleNamespace(**run_path(str(Path(__file__).parents[2] / "unit/backends/tiny.py")))

COPY = "Weniger Plastik tragen, den ganzen Tag kaltes Wasser trinken."
"""What each model learns to write; every check of de-DE is content with it."""

SIZES: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": 2048,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}

WINDOWED = {"mistral", "gemma3"}

LEARNED = 0.005
"""Mean loss a token at which the sentence is certain enough to be drawn at any temperature that is used."""

MOST_STEPS = 300


@dataclass(frozen=True)
class Manner:
    """How a family of models talks: its chat template, or none, its control tokens, and what ends its answer."""

    template: str | None
    controls: tuple[str, ...] = ()
    end: str = "</s>"
    auto_class: str = "AutoModelForCausalLM"


_CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}<|im_start|>assistant\n"
)

MANNERS = {
    "mistral": Manner(
        "{{ bos_token }}{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}"
        "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}"
        "{% if m.role == 'user' %}[INST] {{ m.content }} [/INST]{% else %}{{ m.content }}</s>{% endif %}{% endfor %}"
    ),
    "mistral3": Manner(
        "{{ bos_token }}{% for m in messages %}"
        "{% if m.role == 'system' %}[SYSTEM_PROMPT]{{ m.content }}[/SYSTEM_PROMPT]"
        "{% elif m.role == 'user' %}[INST]{{ m.content }}[/INST]{% else %}{{ m.content }}</s>{% endif %}{% endfor %}",
        controls=("[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[INST]", "[/INST]", "[THINK]", "[/THINK]"),
        auto_class="AutoModelForImageTextToText",
    ),
    "gemma3": Manner(
        "{{ bos_token }}{% if messages[0].role == 'system' %}{% set first = messages[0].content + '\n\n' %}"
        "{% set turns = messages[1:] %}{% else %}{% set first = '' %}{% set turns = messages %}{% endif %}"
        "{% for m in turns %}<start_of_turn>{{ 'model' if m.role == 'assistant' else 'user' }}\n"
        "{{ (first if loop.first else '') + m.content }}<end_of_turn>\n{% endfor %}<start_of_turn>model\n",
        controls=("<start_of_turn>", "<end_of_turn>"),
        end="<end_of_turn>",
    ),
    "llama": Manner(
        "{{ bos_token }}{% for m in messages %}<|start_header_id|>{{ m.role }}<|end_header_id|>\n\n{{ m.content }}"
        "<|eot_id|>{% endfor %}<|start_header_id|>assistant<|end_header_id|>\n\n",
        controls=("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"),
        end="<|eot_id|>",
    ),
    "qwen2": Manner(_CHATML, controls=("<|im_start|>", "<|im_end|>"), end="<|im_end|>"),
    "qwen3": Manner(
        _CHATML + "{% if enable_thinking is defined and enable_thinking is false %}<think>\n\n</think>\n\n{% endif %}",
        controls=("<|im_start|>", "<|im_end|>"),
        end="<|im_end|>",
    ),
    "falcon": Manner(None, end="\n"),
    "falcon_h1": Manner(_CHATML, controls=("<|im_start|>", "<|im_end|>"), end="<|im_end|>"),
}
"""By class; shorter than the real ones, and with the same whims."""


def teach(name: str, prompt: Prompt, folder: Path, *, steps: int = MOST_STEPS) -> None:
    """Write a model of that class into a folder: it answers this one prompt with `COPY`, without steps with noise."""
    manner = MANNERS[name]
    tokenizer = _tokenizer(manner, prompt)
    windowed = {"window": 64} if name in WINDOWED else {}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = tiny.TINY[name](SIZES | {"vocab_size": len(tokenizer)}, **windowed)
    answer = (COPY if manner.template else f" {COPY}") + manner.end
    target = torch.tensor(tokenizer(answer, add_special_tokens=False)["input_ids"])
    _train(model, prompt_token_ids(tokenizer, prompt)[0], target, steps)
    ends = {tokenizer.eos_token_id, *(target[-1:].tolist() if manner.template else ())}
    model.generation_config.eos_token_id = sorted(ends)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _tokenizer(manner: Manner, prompt: Prompt) -> PreTrainedTokenizerFast:
    """Pairs of bytes, learned from the prompt; like the Falcons' it names segments, and it has nothing to pad with."""
    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=4_000,
        special_tokens=["<unk>", "<s>", "</s>", *manner.controls],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    inner.train_from_iterator([*(message.content for message in prompt.messages), COPY], trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=inner,
        **dict(zip(("bos_token", "eos_token"), ("<s>", "</s>"), strict=True)),
        additional_special_tokens=list(manner.controls),
        chat_template=manner.template,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    )


def _train(model: PreTrainedModel, prompt: torch.Tensor, target: torch.Tensor, steps: int) -> None:
    """Teach a model to continue one text by another, in a few seconds on one processor."""
    text = torch.cat([prompt, target])[None]
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.02, weight_decay=0)
    for _ in range(steps):
        scores = model(input_ids=text, use_cache=False, logits_to_keep=len(target) + 1).logits[0, :-1]
        loss = torch.nn.functional.cross_entropy(scores, target)
        if loss < LEARNED:
            return
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    if steps:
        raise AssertionError(f"not learned in {steps} steps: {loss:.3f}")
