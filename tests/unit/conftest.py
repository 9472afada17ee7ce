"""A workspace with a scripted model, for tests of what stands above the backends."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.backends.scripted import Script, ScriptedEncoder, ScriptedGenerator
from pipeline.bootstrap import Parts, build
from pipeline.domain.brand import Brand
from pipeline.domain.brief import Brief
from pipeline.domain.draft import Unit
from pipeline.domain.model_card import ModelCard
from pipeline.modelstore.manifest import Manifest, record_files, write_manifest
from pipeline.resources.library import shipped_folder

WRITER = "acme/writer"

CARD: dict[str, Any] = {
    "id": WRITER,
    "name": "Writer",
    "role": "generator",
    "developer": "Acme",
    "developer_country": "DE",
    "jurisdiction": "EU",
    "parameters_b": 1,
    "architecture": "AcmeForCausalLM",
    "auto_class": "AutoModelForCausalLM",
    "languages": ["de", "mul"],
    "context_length": 2048,
    "licence": "Apache-2.0",
    "commercial_use": "yes",
    "commercial_reason": "the licence says so",
    "verified": True,
    "sources": ["https://acme.example/writer"],
}

GERMAN = (
    "Weniger Plastik tragen, den ganzen Tag kaltes Wasser trinken.",
    "Kaltes Wasser für den ganzen Tag, und viel weniger Plastik.",
    "Nimm weniger Plastik mit. Dein Wasser bleibt den ganzen Tag kalt.",
)


@pytest.fixture
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of this machine say nothing here."""
    for name in list(os.environ):
        if name.startswith("GLOCAL_"):
            monkeypatch.delenv(name)


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_settings: None) -> Workplace:  # noqa: ARG001 (it acts)
    """A workspace whose only model is a scripted one that writes German."""
    place = Workplace(tmp_path / "work", tmp_path / "models", ScriptedGenerator(GERMAN))
    monkeypatch.setenv("GLOCAL_MODELS", str(place.models))
    monkeypatch.setattr(Parts, "_load_encoder", lambda _: ScriptedEncoder())
    monkeypatch.setattr(Parts, "_load_generator", lambda _, card, _endpoint: place.load(card))
    place.write_card()
    place.store()
    return place


@dataclass
class Workplace:
    """A workspace folder, a model store, and the double that writes."""

    folder: Path
    models: Path
    generator: ScriptedGenerator
    loaded: int = 0

    def load(self, card: ModelCard) -> ScriptedGenerator:
        """What stands for loading the weights of a card."""
        assert card.id == WRITER
        self.loaded += 1
        return self.generator

    def says(self, script: Script) -> None:
        """Let the model write something else."""
        self.generator = ScriptedGenerator(script)

    def card(self, **facts: Any) -> dict[str, Any]:
        """The model's card, with other facts where given."""
        return CARD | facts

    def write_card(self, **facts: Any) -> None:
        """Put the model's card, with other facts where given, into the workspace."""
        self.put("models.yaml", {"models": [self.card(**facts)]})

    def put(self, name: str, content: object) -> Path:
        """Write a file of the workspace: text, or data as YAML."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
        path.write_text(text, encoding="utf-8")
        return path

    def store(self, weights: bytes = b"weights") -> None:
        """Put the model's weights, such as they are, into the store."""
        self.store_as(WRITER, weights)

    def store_as(self, model_id: str, weights: bytes = b"weights") -> None:
        """Put weights, such as they are, into the store under the id of a model."""
        folder = self.models / model_id.replace("/", "--")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "model.safetensors").write_bytes((2).to_bytes(8, "little") + b"{}" + weights)
        manifest = Manifest(
            model_id=model_id,
            revision=None,
            source="test",
            licence="Apache-2.0",
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
            files=record_files(folder),
        )
        write_manifest(folder, manifest)

    def parts(self) -> Parts:
        """Everything, built anew: what another process would see."""
        return build(self.folder)

    def brief(self, **facts: Any) -> Path:
        """A brief of one segment for one locale, with other facts where given."""
        content = {
            "id": "launch",
            "brand": "aqualis",
            "objective": "Sell bottles.",
            "audience": "Commuters",
            "locales": ["de-DE"],
            "segments": [
                {"id": "line", "channel": "app_store_short", "source": "Carry less plastic. Cold water, all day."}
            ],
        }
        return self.put("campaigns/launch.yaml", content | facts)

    def unit(self, **facts: Any) -> Unit:
        """The first unit of that brief."""
        library = self.parts().library
        brief: Brief = library.brief(self.brief(**facts))
        brand: Brand = library.brand(brief.brand)
        return library.units(brief, brand)[0]

    def brand_data(self) -> dict[str, Any]:
        """The sample brand's file as data, to be changed and put into the workspace."""
        text = (shipped_folder() / "brand_pillars/aqualis.yaml").read_text(encoding="utf-8")
        return dict(yaml.safe_load(text))

    def pack_data(self, tag: str = "de-DE") -> dict[str, Any]:
        """A shipped pack's file as data, to be changed and put into the workspace."""
        return dict(yaml.safe_load((shipped_folder() / f"locales/{tag}.yaml").read_text(encoding="utf-8")))
