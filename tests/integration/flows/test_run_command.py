"""`glocal run`, as its user sees it, with a scripted model."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.bootstrap import build
from pipeline.cli.main import run

pytestmark = [pytest.mark.prefect, pytest.mark.usefixtures("prefect_server", "scripted")]

Command = Callable[..., int]


@pytest.fixture
def command(workspace: Path, campaign_file: Path) -> Command:
    return lambda *options: run(["--workspace", str(workspace), "run", str(campaign_file), *options])


def test_it_ends_well_when_every_unit_has_a_draft(
    command: Command, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A table, what is new, and the line to type next."""
    assert 0 == command()

    told = capsys.readouterr().out
    assert 4 == told.count("in_review")
    assert "4 new drafts." in told
    assert f"Review them: glocal --workspace {workspace} review serve" == told.splitlines()[-1]


def test_a_second_run_adds_nothing_and_says_so(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    command()
    capsys.readouterr()

    assert 0 == command()

    told = capsys.readouterr()
    assert "Nothing new was drafted" in told.out
    assert "4 of 4 units need no new draft" in told.err


def test_it_ends_with_1_when_a_unit_failed(
    command: Command, scripted: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    scripted(german=["This is English, and no German at all."])

    assert 1 == command()

    told = capsys.readouterr()
    assert 2 == told.out.count("in_review")
    assert "glocal: no draft for store-line/de-DE, push/de-DE: no candidate can be used" in told.err


def test_copy_is_shown_where_it_is_asked_for(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    """Captured output tends to leave the region, so elsewhere than on a terminal it holds no copy."""
    command()
    assert "Wasser" not in capsys.readouterr().out

    command("--texts")
    assert "Wasser" in capsys.readouterr().out


def test_a_model_from_outside_the_market_is_named(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    command("--locale", "de-DE")

    assert "test/first wrote for de-DE, and was made outside" in capsys.readouterr().out


def test_options_narrow_and_shape_the_run(
    command: Command, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same options as those of `glocal draft`."""
    assert 0 == command("--locale", "fr-FR", "--candidates", "3", "--seed", "7", "--json")

    told = json.loads(capsys.readouterr().out)
    assert ["store-line/fr-FR", "push/fr-FR"] == [unit["unit"] for unit in told["units"]]
    sheet = build(workspace).record.sheet(told["units"][0]["draft_id"])
    assert 3 == sheet.provenance.generation.num_return_sequences


def test_an_edited_brief_keeps_the_drafts_that_still_hold(
    command: Command, campaign_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command()
    text = campaign_file.read_text(encoding="utf-8")
    campaign_file.write_text(text.replace("Warm day ahead.", "Cold day ahead."), encoding="utf-8")
    capsys.readouterr()

    command()

    assert "2 new drafts." in capsys.readouterr().out


def test_a_server_that_does_not_answer_ends_in_one_line(
    command: Command, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from prefect import settings

    nowhere = "http://127.0.0.1:9/api"
    monkeypatch.setenv("PREFECT_API_URL", nowhere)
    with settings.temporary_settings({settings.PREFECT_API_URL: nowhere}):
        assert 1 == command()

    told = capsys.readouterr().err
    assert "PREFECT_API_URL" in told.splitlines()[-1]
    assert "Traceback" not in told
