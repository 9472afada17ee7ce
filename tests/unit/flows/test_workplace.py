"""Where a run works, and what it keeps."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.workplace import Workplace, at_work, here, keep_details, working_in
from pipeline.bootstrap import Parts, build
from pipeline.errors import UsageError
from pipeline.workflow import Outcome


class Ear:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def planned(self, total: int, left: int) -> None:
        self.heard.append(f"{left} of {total}")

    def finished(self, outcome: Outcome) -> None:
        self.heard.append(outcome.name)

    def waiting(self, count: int) -> None:
        self.heard.append(f"waiting for {count}")


@pytest.fixture(autouse=True)
def _no_workspace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GLOCAL_WORKSPACE", raising=False)


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    return build(tmp_path)


def test_a_run_works_where_its_command_opened_a_place(parts: Parts) -> None:
    with working_in(Workplace(parts)) as place, at_work() as found:
        assert place is found is here()


def test_a_worker_works_in_the_workspace_of_its_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLOCAL_WORKSPACE", str(tmp_path))

    with at_work() as place:
        assert tmp_path == place.parts.settings.workspace
        assert place is here()


def test_a_worker_without_a_workspace_is_told_so() -> None:
    """Some folder or other would be worse: it would be filled with an empty record."""
    with pytest.raises(UsageError, match="GLOCAL_WORKSPACE"), at_work():
        pass


def test_two_runs_are_two_owners(parts: Parts) -> None:
    assert Workplace(parts).owner != Workplace(parts).owner


def test_a_busy_unit_is_not_told_as_finished(parts: Parts) -> None:
    ear = Ear()
    place = Workplace(parts, ear)

    place.note(Outcome("1", "line/de-DE", busy=True))
    place.note(Outcome("1", "line/de-DE", draft_id="7"))

    assert ["line/de-DE"] == ear.heard
    assert "7" == place.outcomes["1"].draft_id


def test_nobody_is_told_of_a_workers_run(parts: Parts, capfd: pytest.CaptureFixture[str]) -> None:
    silence = Workplace(parts).listener

    silence.planned(2, 1)
    silence.finished(Outcome("1", "line/de-DE"))
    silence.waiting(1)

    assert ("", "") == capfd.readouterr()


def test_details_are_kept_under_their_reference(parts: Parts) -> None:
    with working_in(Workplace(parts)) as place:
        first, second = keep_details(ValueError("first words")), keep_details(ValueError("second words"))

    log = place.error_log.read_text(encoding="utf-8")
    assert log.index(first) < log.index("first words") < log.index(second) < log.index("second words")
    assert "second words" == str(place.failures[second])


def test_details_that_cannot_be_written_hide_nothing(parts: Parts) -> None:
    """A full disk or a missing workspace must not replace the error that is being told."""
    with working_in(Workplace(parts)) as place:
        place.error_log.parent.parent.write_text("in the way", encoding="utf-8")
        reference = keep_details(ValueError("words"))

    assert "words" == str(place.failures[reference])
    assert keep_details(ValueError("nowhere"))
