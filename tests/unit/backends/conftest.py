"""Language models of a few thousand random weights, and a tokenizer of single characters."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.backends.offline import prepare_offline
from pipeline.domain.model_card import ModelCard
from pipeline.domain.prompt import Message, Prompt
from pipeline.errors import ModelDamaged

prepare_offline()

import torch  # noqa: E402  (the offline flags come first)
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors  # noqa: E402
from transformers import (  # noqa: E402
    FalconH1Config,
    FalconH1ForCausalLM,
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

CONTROLS = ["<pad>", "<eos>", "<bos>", "<turn>"]
ROLES = ["pad_token", "eos_token", "bos_token"]
NO_BREAK_SPACE = "\u00a0"
CHARACTERS = [*"abcdefghijklmnopqrstuvwxyz .:!<>/", NO_BREAK_SPACE, "\n", "\r"]
PIECES = [".\n", "</think>", "eo"]
VOCABULARY = {token: number for number, token in enumerate([*CONTROLS, *CHARACTERS, *PIECES])}

SIZES: dict[str, Any] = {
    "vocab_size": len(VOCABULARY),
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 1,
    "head_dim": 8,
    "max_position_embeddings": 256,
    "pad_token_id": 0,
    "eos_token_id": 1,
    "bos_token_id": 2,
}


@pytest.fixture
def tokenizer() -> PreTrainedTokenizerFast:
    """One token for each character, and three for more; no chat template."""
    inner = Tokenizer(models.WordLevel(VOCABULARY, unk_token="<pad>"))  # noqa: S106  (no password)
    inner.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    inner.decoder = decoders.Fuse()
    inner.post_processor = processors.TemplateProcessing(single="<bos> $A", special_tokens=[("<bos>", 2)])
    return PreTrainedTokenizerFast(
        tokenizer_object=inner, additional_special_tokens=["<turn>"], **dict(zip(ROLES, CONTROLS, strict=False))
    )


def tiny_llama() -> PreTrainedModel:
    return LlamaForCausalLM(LlamaConfig(**SIZES))


def tiny_gemma() -> PreTrainedModel:
    """With windows far shorter than the prompts, as in the real one."""
    layers = ["sliding_attention", "sliding_attention", "full_attention"]
    return Gemma3ForCausalLM(Gemma3TextConfig(**SIZES, sliding_window=8, layer_types=layers))


def tiny_falcon() -> PreTrainedModel:
    """Attention and state space side by side: its memory is more than keys and values."""
    state_space = {"mamba_d_ssm": 64, "mamba_n_heads": 4, "mamba_d_head": 16, "mamba_d_state": 8, "mamba_chunk_size": 8}
    return FalconH1ForCausalLM(FalconH1Config(**SIZES, **state_space))


TINY = {"llama": tiny_llama, "gemma": tiny_gemma, "falcon": tiny_falcon}


def with_random_weights(build: Callable[[], PreTrainedModel]) -> PreTrainedModel:
    """Weights large enough that the likeliest token is no matter of rounding."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        model = build().eval()
        for weights in model.parameters():
            if weights.dim() > 1:
                torch.nn.init.normal_(weights, std=0.3)
    return model


@pytest.fixture(params=sorted(TINY))
def model(request: pytest.FixtureRequest) -> PreTrainedModel:
    return with_random_weights(TINY[request.param])


@pytest.fixture
def llama() -> PreTrainedModel:
    return with_random_weights(tiny_llama)


class NextTokenTable:
    """Stands where a model stands, and writes what a table says: the scores of the next token for each token."""

    def __init__(self, scores: torch.Tensor) -> None:
        self.scores = scores
        self.config = LlamaConfig(**SIZES)
        self.generation_config = SimpleNamespace(eos_token_id=VOCABULARY["<eos>"])
        self.device = torch.device("cpu")
        self.rows: list[int] = []

    def __call__(self, input_ids: torch.Tensor, **_: object) -> SimpleNamespace:
        self.rows.append(len(input_ids))
        return SimpleNamespace(logits=self.scores[input_ids])


@pytest.fixture
def writes() -> Callable[..., NextTokenTable]:
    """A model that writes exactly these tokens, each after the one before; the first follows the prompt's last."""

    def build(*tokens: str) -> NextTokenTable:
        scores = torch.full((len(VOCABULARY), len(VOCABULARY)), -50.0)
        for token, following in itertools.pairwise(tokens):
            scores[VOCABULARY[token], VOCABULARY[following]] = 0.0
        return NextTokenTable(scores)

    return build


@pytest.fixture
def completion() -> Callable[[str], Prompt]:
    return lambda text: Prompt(
        style="completion", messages=(Message(role="user", content=text),), template_version="test"
    )


@pytest.fixture
def stored(tmp_path: Path, llama: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> Path:
    """A folder with the tiny model in the standard layout."""
    folder = tmp_path / "tiny"
    llama.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@dataclass
class Shelf:
    """A model store of one folder, which may not be fit to load."""

    folder: Path
    damaged: bool = False

    def verified(self, model_id: str) -> Path:
        if self.damaged:
            raise ModelDamaged(model_id)
        return self.folder

    def weights_digest(self, _model_id: str) -> str:
        return "e" * 64


@pytest.fixture
def shelf() -> type[Shelf]:
    return Shelf


@pytest.fixture
def card() -> ModelCard:
    """A card of the tiny generator; tests change what they are about."""
    return ModelCard(
        id="acme/tiny",
        name="Tiny",
        role="generator",
        developer="Acme",
        developer_country="DE",
        jurisdiction="EU",
        parameters_b=0.001,
        architecture="llama",
        auto_class="AutoModelForCausalLM",
        languages=("de",),
        context_length=256,
        licence="MIT",
        commercial_use="yes",
        commercial_reason="MIT",
        verified=True,
        sources=("made up",),
    )
