"""A workspace whose model is scripted, and one real Prefect server for the session."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from flows.prefect_environment import quieten
from flows.temporary_server import temporary_server
from pipeline.backends.scripted import ScriptedEncoder, ScriptedGenerator
from pipeline.bootstrap import Parts, build
from pipeline.modelstore.manifest import FileRecord, Manifest, write_manifest
from pipeline.modelstore.store import ModelStore

MODELS = ("test/first", "test/second")

CAMPAIGN = {
    "id": "spring",
    "brand": "aqualis",
    "objective": "Get commuters to carry a refillable bottle.",
    "audience": "City commuters",
    "locales": ["de-DE", "fr-FR"],
    "segments": [
        {"id": "store-line", "channel": "app_store_short", "source": "Carry less plastic. Cold water, all day."},
        {"id": "push", "channel": "push_body", "source": "Warm day ahead. Refill your bottle before you go."},
    ],
}

GERMAN = ("Weniger Plastik, mehr kaltes Wasser für dich.", "Kaltes Wasser den ganzen Tag, ohne Plastik.")
FRENCH = ("Moins de plastique, de l’eau fraîche toute la journée.", "Votre eau reste fraîche, sans plastique.")


@pytest.fixture(scope="session")
def make_workspace() -> Callable[[Path], dict[str, str]]:
    """Make `workspace` and `models` in a folder; gives the environment that a run there needs.

    The campaign has two segments and two locales, and each locale has a model of its own.
    """

    def make(folder: Path) -> dict[str, str]:
        workspace = folder / "workspace"
        (workspace / "campaigns").mkdir(parents=True)
        (workspace / "campaigns" / "spring.yaml").write_text(yaml.safe_dump(CAMPAIGN), encoding="utf-8")
        cards = [_card(MODELS[0], "de"), _card(MODELS[1], "fr")]
        (workspace / "models.yaml").write_text(yaml.safe_dump({"models": cards}), encoding="utf-8")
        for model in MODELS:
            _put_into_store(folder / "models", model)
        return {"GLOCAL_MODELS": str(folder / "models"), "GLOCAL_CANDIDATES": "2"}

    return make


@pytest.fixture
def workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_workspace: Callable[[Path], dict[str, str]]
) -> Path:
    for name, value in make_workspace(tmp_path).items():
        monkeypatch.setenv(name, value)
    return tmp_path / "workspace"


@pytest.fixture
def campaign_file(workspace: Path) -> Path:
    return workspace / "campaigns" / "spring.yaml"


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Let a script write instead of a model. The loads are counted in `scripted.loads`."""

    def use(german: object = GERMAN, french: object = FRENCH) -> None:
        scripts = {MODELS[0]: german, MODELS[1]: french}

        def load(_parts: Parts, card: object, _endpoint: object) -> ScriptedGenerator:
            use.loads.append(card.id)  # type: ignore[attr-defined]
            return ScriptedGenerator(scripts[card.id])  # type: ignore[attr-defined]

        monkeypatch.setattr(Parts, "_load_generator", load)

    use.loads = []  # type: ignore[attr-defined]
    monkeypatch.setattr(Parts, "_load_encoder", lambda _parts: ScriptedEncoder())
    use()
    return use


@pytest.fixture
def parts(workspace: Path, scripted: Callable[..., None]) -> Iterator[Parts]:  # noqa: ARG001 (no real model is loaded)
    built = build(workspace)
    yield built
    built.record.close()


@pytest.fixture
def campaign_id(parts: Parts, campaign_file: Path) -> str:
    brief = parts.library.brief(campaign_file)
    return parts.record.add_campaign(brief, parts.library.brand(brief.brand), parts.settings.region)


@pytest.fixture(scope="session")
def prefect_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("prefect")


@pytest.fixture(scope="session")
def _prefect_server(prefect_home: Path) -> Iterator[dict[str, str]]:
    with pytest.MonkeyPatch.context() as patch:
        environment: dict[str, str] = {}
        quieten(environment)
        for name, value in environment.items():
            patch.setenv(name, value)
        with temporary_server(prefect_home, prefect_home / "server.log") as address:
            yield address


@pytest.fixture
def prefect_server(_prefect_server: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of the session's server, which this test's runs report to."""
    from prefect import settings
    from prefect.events.worker import EventsWorker

    for name, value in _prefect_server.items():
        monkeypatch.setenv(name, value)
    quiet: dict[str, str] = {}
    quieten(quiet)
    wanted = {getattr(settings, name): value for name, value in (quiet | _prefect_server).items() if name[:3] == "PRE"}
    # Prefect can be imported long before this fixture; the heartbeat costs every flow a second (it joins a thread).
    with settings.temporary_settings(wanted | {settings.PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        yield _prefect_server["PREFECT_API_URL"]
        EventsWorker.drain_all()


def _card(model: str, language: str) -> dict[str, object]:
    return {
        "id": model,
        "name": model,
        "role": "generator",
        "developer": "Nobody",
        "developer_country": "US",
        "jurisdiction": "US",
        "parameters_b": 0.1,
        "architecture": "Script",
        "auto_class": "AutoModelForCausalLM",
        "languages": [language],
        "context_length": 2048,
        "licence": "Apache-2.0",
        "commercial_use": "yes",
        "commercial_reason": "Apache-2.0",
        "verified": True,
        "sources": ["https://example.com/card"],
    }


def _put_into_store(root: Path, model: str) -> None:
    folder = ModelStore(root).path_for(model)
    folder.mkdir(parents=True)
    record = FileRecord(sha256=hashlib.sha256(model.encode()).hexdigest(), size=1)
    manifest = Manifest(
        model_id=model,
        revision="0" * 40,
        source="a test",
        licence="Apache-2.0",
        created_at=datetime.now(UTC),
        files={"model.safetensors": record},
    )
    write_manifest(folder, manifest)


@pytest.fixture
def fast_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries at once, and as many as there are."""
    from flows.localize import draft_batch, plan_campaign

    for task in (draft_batch, plan_campaign):
        monkeypatch.setattr(task, "retry_delay_seconds", 0.1)
