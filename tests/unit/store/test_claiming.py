"""Rules of claim, work, commit: no unit is lost, none is drafted twice."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from pipeline.domain.draft import Draft, DraftStatus
from pipeline.errors import GenerationFailed, LeaseLost, StoreError
from pipeline.store import claiming
from pipeline.store.record import Record
from pipeline.store.rows import Claim, UnitState

MINUTE = timedelta(minutes=1)
OVER = timedelta(milliseconds=-1)
"""A lease that has run out when it begins."""

_ROOT = Path(__file__).parents[3]


@pytest.fixture
def unit_id(record: Record, samples: Any) -> str:
    campaign_id = record.add_campaign(samples.brief, samples.brand, "eu")
    return record.enqueue(campaign_id, [samples.provenance()])[0].id


def test_a_claimed_unit_is_held(record: Record, unit_id: str) -> None:
    """While one run works on a unit, no other gets it, nor does the same run twice."""
    claim = record.claim(unit_id, "first", MINUTE)
    assert claim is not None
    assert (claim.attempt, record.unit(unit_id).state) == (1, UnitState.DRAFTING)
    assert record.claim(unit_id, "second", MINUTE) is None
    assert record.claim(unit_id, "first", MINUTE) is None


def test_one_of_many_threads_gets_the_unit(record: Record, unit_id: str) -> None:
    """Eight claims at the same moment, one wins."""
    together = threading.Barrier(8)

    def claim(owner: int) -> bool:
        together.wait()
        return record.claim(unit_id, str(owner), MINUTE) is not None

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(claim, range(8))) == 1


def test_one_of_many_processes_gets_the_unit(database_url: str, unit_id: str) -> None:
    """Processes share nothing but the database."""
    code = (
        "import sys; from datetime import timedelta; from pipeline.store.record import open_record\n"
        f"record = open_record({database_url!r}); sys.stdin.readline()\n"
        f"print(record.claim({unit_id!r}, str(id(sys)), timedelta(minutes=1)) is not None)"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    runs = [subprocess.Popen([sys.executable, "-c", code], cwd=_ROOT, **pipes) for _ in range(3)]  # type: ignore[call-overload]
    answers = [run.communicate("go\n", timeout=60) for run in runs]
    assert sorted(answers) == [("False\n", ""), ("False\n", ""), ("True\n", "")]


def test_an_expired_lease_is_taken_over(record: Record, samples: Any, unit_id: str) -> None:
    """The first run died, or was too slow: the second finishes, and the late one writes nothing at all."""
    late = record.claim(unit_id, "late", OVER)
    claim = record.claim(unit_id, "second", MINUTE)
    assert late is not None
    assert claim is not None
    assert claim.attempt == 2
    with pytest.raises(LeaseLost):
        record.commit(late, samples.draft(samples.provenance(), "Zu spät."))
    assert record.queue() == []
    draft_id = record.commit(claim, samples.draft(samples.provenance()))
    assert record.sheet(draft_id).text == "Kaltes Wasser."


def test_a_late_commit_after_another_runs_commit_writes_nothing(record: Record, samples: Any, unit_id: str) -> None:
    """The draft that was stored first stays the only one."""
    late = record.claim(unit_id, "late", OVER)
    claim = record.claim(unit_id, "second", MINUTE)
    assert late is not None
    assert claim is not None
    record.commit(claim, samples.draft(samples.provenance()))
    with pytest.raises(LeaseLost):
        record.commit(late, samples.draft(samples.provenance(), "Zu spät."))
    assert [entry.text for entry in record.queue()] == ["Kaltes Wasser."]


def test_an_expired_lease_that_nobody_took_still_commits(record: Record, samples: Any, unit_id: str) -> None:
    """Slow work is not thrown away when nobody else began it."""
    claim = record.claim(unit_id, "slow", OVER)
    assert claim is not None
    assert record.commit(claim, samples.draft(samples.provenance()))


def test_a_renewed_lease_is_held(record: Record, unit_id: str) -> None:
    """Renewing counts from now, by the database's clock."""
    claim = record.claim(unit_id, "first", OVER)
    assert claim is not None
    record.renew(claim, MINUTE)
    assert record.claim(unit_id, "second", MINUTE) is None


def test_a_lost_lease_is_not_renewed(record: Record, unit_id: str) -> None:
    """The one that was overtaken hears of it."""
    late = record.claim(unit_id, "late", OVER)
    record.claim(unit_id, "second", MINUTE)
    assert late is not None
    with pytest.raises(LeaseLost):
        record.renew(late, MINUTE)


def test_a_commit_puts_everything_into_review(record: Record, samples: Any, unit_id: str) -> None:
    """Draft, first revision, other candidates and provenance, in one transaction; the unit is drafted."""
    claim = record.claim(unit_id, "run", MINUTE)
    assert claim is not None
    made = samples.draft(samples.provenance())
    sheet = record.sheet(record.commit(claim, made))
    assert (sheet.status, sheet.version, sheet.revision.number) == (DraftStatus.IN_REVIEW, 1, 1)
    assert (sheet.text, sheet.assessment, sheet.provenance) == (made.text, made.assessment, made.provenance)
    assert (sheet.revision.author, sheet.candidates) == ("model:acme/writer", made.candidates)
    unit = record.unit(unit_id)
    assert (unit.state, unit.draft_id) == (UnitState.DRAFTED, sheet.id)
    assert record.claim(unit_id, "again", MINUTE) is None


def test_a_repeated_commit_makes_no_second_draft(record: Record, samples: Any, unit_id: str) -> None:
    """The answer to the first commit was lost on the way: the same run asks again and gets the same draft."""
    claim = record.claim(unit_id, "run", MINUTE)
    assert claim is not None
    draft_id = record.commit(claim, samples.draft(samples.provenance()))
    assert record.commit(claim, samples.draft(samples.provenance(), "Anderer Text.")) == draft_id
    assert [entry.text for entry in record.queue()] == ["Kaltes Wasser."]


def test_a_draft_without_other_candidates_is_stored(record: Record, samples: Any, unit_id: str) -> None:
    """One candidate may be all there is."""
    claim = record.claim(unit_id, "run", MINUTE)
    assert claim is not None
    alone = samples.draft(samples.provenance()).model_copy(update={"candidates": ()})
    assert record.sheet(record.commit(claim, alone)).candidates == ()


def test_a_draft_of_other_inputs_is_refused(record: Record, samples: Any, unit_id: str) -> None:
    """The fingerprint that was claimed is the one that is committed."""
    claim = record.claim(unit_id, "run", MINUTE)
    assert claim is not None
    with pytest.raises(StoreError, match="other inputs"):
        record.commit(claim, samples.draft(samples.provenance(seed=7)))
    assert record.unit(unit_id).state is UnitState.DRAFTING


def test_a_failed_unit_says_why_and_can_be_claimed_again(record: Record, samples: Any, unit_id: str) -> None:
    """A failure is not the end: the next run tries again, and success clears the reason."""
    claim = record.claim(unit_id, "run", MINUTE)
    assert claim is not None
    record.fail(claim, GenerationFailed("the model gave nothing"))
    failed = record.unit(unit_id)
    assert (failed.state, failed.error_code) == (UnitState.FAILED, "GenerationFailed")
    assert (failed.error_message, failed.error_hint) == ("the model gave nothing", GenerationFailed.hint)
    again = record.claim(unit_id, "next", MINUTE)
    assert again is not None
    record.commit(again, samples.draft(samples.provenance()))
    assert record.unit(unit_id).error_code is None


def test_a_failure_of_a_lost_claim_is_not_noted(record: Record, unit_id: str) -> None:
    """The run that took over decides what is said of the unit."""
    late = record.claim(unit_id, "late", OVER)
    record.claim(unit_id, "second", MINUTE)
    assert late is not None
    record.fail(late, GenerationFailed("the model gave nothing"))
    assert record.unit(unit_id).state is UnitState.DRAFTING


def test_a_commit_that_is_cut_off_never_happened(record: Record, samples: Any, unit_id: str) -> None:
    """Not even half of it: the next run claims the unit and drafts it, once."""
    claim = record.claim(unit_id, "cut off", OVER)
    assert claim is not None
    with pytest.raises(KeyboardInterrupt), record._writing() as connection:
        _commit_and_die(connection, claim, samples.draft(samples.provenance(), "Nie gespeichert."))
    again = record.claim(unit_id, "next", MINUTE)
    assert again is not None
    record.commit(again, samples.draft(samples.provenance()))
    assert [entry.text for entry in record.queue()] == ["Kaltes Wasser."]


def _commit_and_die(connection: Connection, claim: Claim, draft: Draft) -> None:
    claiming.commit(connection, claim, draft)
    raise KeyboardInterrupt
