from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from pipeline.backends.transformers_generator import TransformersGenerator
from pipeline.domain.candidate import GenerationConfig
from pipeline.domain.model_card import ModelCard
from pipeline.domain.prompt import Message, Prompt
from pipeline.errors import GenerationFailed, ModelDamaged, ModelError

ONE = GenerationConfig(num_return_sequences=1, max_new_tokens=8)
Ask = Callable[[str], Prompt]


def test_the_same_seed_gives_the_same_texts(
    llama: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, completion: Ask
) -> None:
    """Twice from one generator, and from another one too."""
    config = GenerationConfig(num_return_sequences=5, max_new_tokens=12, seed=11)
    first, second = (TransformersGenerator(llama, tokenizer) for _ in range(2))

    samples = first.generate(completion("hallo:"), config)

    assert len(samples) == 5
    assert first.generate(completion("hallo:"), config) == samples
    assert second.generate(completion("hallo:"), config) == samples
    assert first.generate(completion("hallo:"), config.model_copy(update={"seed": 12})) != samples


@pytest.mark.parametrize("line_break", ["\n", "\r", ".\n"])
def test_a_completion_stops_at_the_first_line_break(
    writes: Callable[..., Any], tokenizer: PreTrainedTokenizerFast, completion: Ask, line_break: str
) -> None:
    """The rest would be an invented next example; a full stop in the breaking token is kept."""
    model = writes(":", " ", "j", "a", line_break, "b", "c")

    (sample,) = TransformersGenerator(model, tokenizer).generate(completion("de:"), ONE)

    assert sample.text == " ja" + line_break.strip()
    assert sample.finished
    assert sample.log_probability == pytest.approx(0, abs=1e-6)


def test_a_chat_answer_may_have_several_lines(writes: Callable[..., Any], tokenizer: PreTrainedTokenizerFast) -> None:
    """It ends where the model says so."""
    tokenizer.chat_template = "{{ messages[0].content }}:"
    prompt = Prompt(style="chat", messages=(Message(role="user", content="de"),), template_version="test")

    (sample,) = TransformersGenerator(writes(":", "j", "\n", "a", "<eos>"), tokenizer).generate(prompt, ONE)

    assert (sample.text, sample.finished) == ("j\na", True)


def test_any_of_several_ends_is_the_end(writes: Callable[..., Any], tokenizer: PreTrainedTokenizerFast) -> None:
    """Chat models end a turn with a token of its own, which is no copy even where it is no control token."""
    tokenizer.chat_template = "{{ messages[0].content }}:"
    prompt = Prompt(style="chat", messages=(Message(role="user", content="de"),), template_version="test")
    model = writes(":", "j", "a", "eo", "b")
    model.generation_config.eos_token_id = tokenizer.convert_tokens_to_ids(["<turn>", "eo"])

    (sample,) = TransformersGenerator(model, tokenizer).generate(prompt, ONE)

    assert (sample.text, sample.finished) == ("ja", True)


def test_a_text_cut_off_by_the_budget_is_not_finished(
    writes: Callable[..., Any], tokenizer: PreTrainedTokenizerFast, completion: Ask
) -> None:
    """Its last word may be half a word."""
    (sample,) = TransformersGenerator(writes(":", "j", "a", "j"), tokenizer).generate(completion("de:"), ONE)

    assert (sample.text, sample.finished) == ("jajajaja", False)


def test_spaces_that_typography_wants_survive(
    writes: Callable[..., Any], tokenizer: PreTrainedTokenizerFast, completion: Ask
) -> None:
    """A no-break space stays one, and no space before a sign is cleaned up."""
    model = writes(":", "j", "a", "\u00a0", "!", "<eos>")

    (sample,) = TransformersGenerator(model, tokenizer).generate(completion("fr:"), ONE)

    assert sample.text == "ja\u00a0!"


def test_an_empty_text_among_others_is_no_failure(
    writes: Callable[..., Any], tokenizer: PreTrainedTokenizerFast, completion: Ask
) -> None:
    """It has no tokens, so it has no log-probability."""
    model = writes(":", "j", "<eos>")
    model.scores[tokenizer.convert_tokens_to_ids(":"), tokenizer.eos_token_id] = 0.0

    samples = TransformersGenerator(model, tokenizer).generate(
        completion("de:"), GenerationConfig(num_return_sequences=16)
    )

    assert {(sample.text, sample.log_probability is None) for sample in samples} == {("j", False), ("", True)}


def test_nothing_but_empty_texts_is_a_failure(
    writes: Callable[..., Any], tokenizer: PreTrainedTokenizerFast, completion: Ask
) -> None:
    """There is nothing to choose from."""
    with pytest.raises(GenerationFailed, match="nothing in 16 attempts"):
        TransformersGenerator(writes(":", "\n"), tokenizer).generate(completion("de:"), GenerationConfig())


def test_damaged_numbers_are_a_failure(
    llama: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, completion: Ask
) -> None:
    """Weights that are not numbers give no text at all, not a random one."""
    with torch.no_grad():
        llama.lm_head.weight[:] = float("nan")

    with pytest.raises(GenerationFailed, match="not numbers"):
        TransformersGenerator(llama, tokenizer).generate(completion("de:"), ONE)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory: you tried"),
        MemoryError(),
    ],
    ids=["graphics-card", "processor", "python"],
)
def test_memory_that_runs_out_is_told(
    writes: Callable[..., Any],
    tokenizer: PreTrainedTokenizerFast,
    completion: Ask,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    """With what to do, and not as a fault of the program."""
    model = writes(":", "j")
    monkeypatch.setattr(type(model), "__call__", lambda *_, **__: (_ for _ in ()).throw(error))

    with pytest.raises(GenerationFailed, match="memory ran out while 16 candidates were written") as caught:
        TransformersGenerator(model, tokenizer).generate(completion("de:"), GenerationConfig())

    assert "--candidates" in caught.value.hint


def test_other_faults_are_not_taken_for_a_lack_of_memory(
    writes: Callable[..., Any], tokenizer: PreTrainedTokenizerFast, completion: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of the program is to be seen."""
    model = writes(":", "j")
    monkeypatch.setattr(type(model), "__call__", lambda *_, **__: torch.zeros(2) @ torch.zeros(3))

    with pytest.raises(RuntimeError, match="inconsistent tensor size"):
        TransformersGenerator(model, tokenizer).generate(completion("de:"), ONE)


def test_a_prompt_longer_than_the_model_reads_is_refused(
    llama: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, completion: Ask
) -> None:
    """Cutting it would cut the instructions or the examples."""
    with pytest.raises(GenerationFailed, match="309 tokens, the model reads 256") as caught:
        TransformersGenerator(llama, tokenizer).generate(completion("a" * 300), ONE)

    assert "Shorten the brief" in caught.value.hint


def test_more_candidates_than_fit_into_memory_are_refused(
    llama: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, completion: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the first token: Linux would end the process in the middle, without a word."""
    generator, config = TransformersGenerator(llama, tokenizer), GenerationConfig(num_return_sequences=200)
    monkeypatch.setattr("pipeline.backends.memory.available_bytes", lambda _: 2_700_000)
    # Three layers, a key and a value, one head of eight numbers, in four bytes: 192 bytes a token.
    generator.generate(completion("de:"), config)

    with pytest.raises(GenerationFailed, match=r"200 candidates of 74 tokens need 0\.0 GB") as caught:
        generator.generate(completion("deutsch:"), config.model_copy(update={"max_new_tokens": 65}))

    assert "--candidates" in caught.value.hint


def test_a_stored_model_is_loaded_and_writes(stored: Path, card: ModelCard, shelf: Any, completion: Ask) -> None:
    """Without a network: the flags are set for the whole process."""
    generator = TransformersGenerator.from_store(shelf(stored), card)

    assert len(generator.generate(completion("de:"), GenerationConfig(num_return_sequences=2))) == 2
    assert (os.environ["HF_HUB_OFFLINE"], os.environ["TRANSFORMERS_OFFLINE"]) == ("1", "1")


def test_a_model_that_does_not_verify_is_not_even_opened(
    tmp_path: Path, card: ModelCard, shelf: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The digests come before any import or read."""
    monkeypatch.setattr("pipeline.backends.transformers_generator.load_language_model", pytest.fail)

    with pytest.raises(ModelDamaged):
        TransformersGenerator.from_store(shelf(tmp_path, damaged=True), card)


def test_a_class_that_writes_no_text_is_refused(stored: Path, card: ModelCard, shelf: Any) -> None:
    """A card cannot name any class of Transformers to be called."""
    with pytest.raises(ModelError, match="AutoModel is not a class that generates text"):
        TransformersGenerator.from_store(shelf(stored), card.model_copy(update={"auto_class": "AutoModel"}))
