"""A real desk in a process of its own, on a record of the sample campaign, and a real browser before it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from pipeline.bootstrap import Parts, build
from pipeline.domain.candidate import Candidate, GenerationConfig
from pipeline.domain.choice import Choice
from pipeline.domain.draft import Draft, Unit
from pipeline.domain.provenance import Provenance
from pipeline.domain.value import digest_of, text_digest

CAMPAIGN = "spring-refill"
MODEL = "google/gemma-3-270m"
_COPY = yaml.safe_load(Path(__file__).with_name("copy.yaml").read_text(encoding="utf-8"))
"""Copy of the sample campaign by unit, best first, written by people: what a model writes changes with it."""

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

_SERVE = """
import sys
from pipeline.cli import main
sys.exit(main.run(sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium. Playwright keeps an event loop in this thread, which Prefect's client could not run beside."""
    program = shutil.which("chromium")
    if program is None:
        missing = "Chromium is not installed: apt-get install chromium"
        # Left out on a laptop without it, never in CI.
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(missing)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program, args=list(_FLAGS))
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def drafted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the sample campaign drafted and waiting; each test works on a copy of it."""
    folder = tmp_path_factory.mktemp("drafted")
    with pytest.MonkeyPatch.context() as patch:
        _forget_settings(patch)
        parts = build(folder)
    brief = parts.library.brief(parts.library.roots[-1] / "campaigns" / "spring.yaml")
    for unit in parts.library.units(brief, parts.library.brand(brief.brand)):
        _plant(parts, unit, _COPY[unit.name])
    parts.record.close()
    return folder


@pytest.fixture
def workspace(drafted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    _forget_settings(monkeypatch)
    return shutil.copytree(drafted, tmp_path / "workspace")


def _forget_settings(patch: pytest.MonkeyPatch) -> None:
    """Settings of whoever runs the tests; only their model store is used."""
    for name in [name for name in os.environ if name.startswith("GLOCAL_") and name != "GLOCAL_MODELS"]:
        patch.delenv(name)


def _plant(parts: Parts, unit: Unit, texts: list[str]) -> None:
    assessments = parts.assessor.assess(unit, texts).assessments
    provenance = _provenance(unit)
    [row] = parts.record.enqueue(parts.record.add_campaign(unit.brief, unit.brand, "local"), [provenance])
    claim = parts.record.claim(row.id, "e2e", timedelta(seconds=60))
    assert claim is not None
    candidates = tuple(
        Candidate(text=text, log_probability=None, assessment=assessment)
        for text, assessment in zip(texts, assessments, strict=True)
    )
    best = candidates[0]
    parts.record.commit(
        claim,
        Draft(unit=unit, text=best.text, assessment=best.assessment, candidates=candidates, provenance=provenance),
    )


def _provenance(unit: Unit) -> Provenance:
    return Provenance(
        campaign=unit.brief.id,
        segment=unit.segment.id,
        locale=unit.locale,
        channel=unit.channel.id,
        source_sha256=text_digest(unit.segment.source),
        model_id=MODEL,
        model_revision="1.0.0",
        weights_sha256=digest_of("weights"),
        prompt_sha256=digest_of(unit.name),
        template_version="1",
        generation=GenerationConfig(),
        brand_version=digest_of(unit.brand),
        locale_version=digest_of(unit.locale),
        channel_version=digest_of(unit.channel),
        choice=Choice(locale=unit.locale, model=MODEL, reasons=("its weights are in the model store",), rejected=()),
    )


@contextmanager
def serving(workspace: Path) -> Iterator[str]:
    """`glocal review serve` on a free port; its address, once it says that it listens."""
    command = [sys.executable, "-c", _SERVE, "--workspace", str(workspace), "review", "serve", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("Review desk: http://127.0.0.1:"), process.communicate(timeout=30)
        yield line.split()[2]
    finally:
        process.terminate()
        _, complaints = process.communicate(timeout=30)
    assert complaints == ""


@pytest.fixture
def desk_address(workspace: Path) -> Iterator[str]:
    with serving(workspace) as address:
        yield address


@pytest.fixture
def violations() -> list[str]:
    """What browsers complained of: content-security violations, script errors, failed loads."""
    return []


@pytest.fixture
def open_page(browser: Browser, desk_address: str, violations: list[str]) -> Iterator[Callable[..., Page]]:
    """A new person at a browser of their own, on the first page of the desk."""
    contexts: list[BrowserContext] = []

    def open_it(**options: object) -> Page:
        context = browser.new_context(base_url=desk_address, **options)  # type: ignore[arg-type]
        # The first edit loads the encoder: on a busy machine that alone can take half a minute.
        context.set_default_timeout(90_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: _note(message, violations))
        page.on("pageerror", lambda error: violations.append(str(error)))
        page.goto("/")
        return page

    yield open_it
    for context in contexts:
        context.close()


def _note(message: ConsoleMessage, violations: list[str]) -> None:
    # A page with an error status is told in the console, too: that is the browser's way of logging, no violation.
    if message.type in {"error", "warning"} and "the server responded with a status of 4" not in message.text:
        violations.append(message.text)
