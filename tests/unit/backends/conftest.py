"""Language models of a few thousand random weights, and a tokenizer of single characters."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from runpy import run_path
from types import SimpleNamespace

import pytest

from pipeline.backends.offline import prepare_offline
from pipeline.backends.threads import Crew
from pipeline.domain.model_card import ModelCard
from pipeline.domain.prompt import Message, Prompt
from pipeline.errors import ModelDamaged

prepare_offline()

import torch  # noqa: E402  (the offline flags come first)
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors  # noqa: E402
from transformers import LlamaConfig, PreTrainedModel, PreTrainedTokenizerFast  # noqa: E402

# Test folders are no packages: what the tests with trained models use too is read from its path.
tiny = SimpleNamespace(**run_path(str(Path(__file__).with_name("tiny.py"))))

CONTROLS = ["<pad>", "<eos>", "<bos>", "<turn>"]
ROLES = ["pad_token", "eos_token", "bos_token"]
NO_BREAK_SPACE = "\u00a0"
CHARACTERS = [*"abcdefghijklmnopqrstuvwxyz .:!<>/", NO_BREAK_SPACE, "\n", "\r"]
PIECES = [".\n", "</think>", "eo"]
VOCABULARY = {token: number for number, token in enumerate([*CONTROLS, *CHARACTERS, *PIECES])}


@pytest.fixture(autouse=True)
def _always_as_many_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever else this machine does: in float32 the last digits depend on how many there are."""
    monkeypatch.setattr("pipeline.backends.prompt_memory.crew", lambda: Crew(torch.get_num_threads(), None))


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


@pytest.fixture(params=tiny.TINY)
def model(request: pytest.FixtureRequest) -> PreTrainedModel:
    return tiny.with_random_weights(request.param, len(VOCABULARY))


@pytest.fixture
def tiny_model() -> Callable[[str], PreTrainedModel]:
    """A model of one of the classes, by name."""
    return lambda name: tiny.with_random_weights(name, len(VOCABULARY))


@pytest.fixture
def llama() -> PreTrainedModel:
    return tiny.with_random_weights("llama", len(VOCABULARY))


class NextTokenTable:
    """Stands where a model stands, and writes what a table says: the scores of the next token for each token."""

    def __init__(self, scores: torch.Tensor) -> None:
        self.scores = scores
        self.config = LlamaConfig(**tiny.SIZES, vocab_size=len(VOCABULARY))
        self.generation_config = SimpleNamespace(eos_token_id=VOCABULARY["<eos>"])
        self.device, self.dtype = torch.device("cpu"), torch.float32
        self.rows: list[int] = []

    def __call__(self, input_ids: torch.Tensor, **_: object) -> SimpleNamespace:
        self.rows.append(len(input_ids))
        return SimpleNamespace(logits=self.scores[input_ids])

    forward = __call__


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
