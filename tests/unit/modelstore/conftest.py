"""Model folders of a few bytes: right in form, with nothing in them to run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.domain.model_card import ModelCard
from pipeline.modelstore.store import ModelStore

EMPTY_SAFETENSORS = (2).to_bytes(8, "little") + b"{}"


def write_model(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.safetensors").write_bytes(EMPTY_SAFETENSORS)
    (folder / "config.json").write_text('{"model_type": "llama"}', encoding="utf-8")
    (folder / "tokenizer.json").write_text('{"model": {"vocab": {"auto_map": 1}}}', encoding="utf-8")


@pytest.fixture
def card() -> ModelCard:
    return ModelCard(
        id="acme/tiny-1",
        name="Tiny",
        role="generator",
        developer="Acme",
        developer_country="DE",
        jurisdiction="EU",
        parameters_b=0.000001,
        architecture="llama",
        auto_class="AutoModelForCausalLM",
        languages=("de",),
        context_length=128,
        licence="Apache-2.0",
        licence_url="https://example.org/licence",
        commercial_use="yes",
        commercial_reason="Apache-2.0",
        package="tiny-weights",
        verified=True,
        sources=("made up",),
    )


@pytest.fixture
def model_folder(tmp_path: Path) -> Path:
    """A safe folder as somebody might have downloaded it."""
    folder = tmp_path / "downloaded"
    write_model(folder)
    return folder


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "store")


@pytest.fixture
def unpack() -> Callable[[ModelCard, Path], str]:
    """An unpacker as `backends.packaged` is one."""

    def unpack(card: ModelCard, folder: Path) -> str:
        write_model(folder)
        return f"pypi:{card.package}==1.0.0"

    return unpack
