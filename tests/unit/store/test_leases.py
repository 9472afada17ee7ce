"""Rules of holding: a claim is renewed for as long as the work takes, and no longer."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import LeaseLost, StoreUnavailable
from pipeline.store.leases import holding
from pipeline.store.record import Record, open_record
from pipeline.store.rows import Claim

SHORT = timedelta(milliseconds=60)
CLAIM = Claim("unit", "run", 1, "fingerprint")


class ScriptedRecord:
    """A record whose every renewal does what the script says; `done` is set when the script is at its end."""

    def __init__(self, *script: Exception | None) -> None:
        self.script = list(script)
        self.done = threading.Event()

    def renew(self, _claim: Claim, _lease: timedelta) -> None:
        step = self.script.pop(0) if self.script else None
        if not self.script:
            self.done.set()
        if step is not None:
            raise step


def test_a_claim_is_held_for_longer_than_its_lease(tmp_path: Path, samples: Any) -> None:
    """Nobody overtakes a run that is alive, however long it takes; afterwards the lease runs out."""
    with open_record(f"sqlite:///{tmp_path / 'glocal.db'}") as record:
        campaign_id = record.add_campaign(samples.brief, samples.brand, "eu")
        unit_id = record.enqueue(campaign_id, [samples.provenance()])[0].id
        lease = timedelta(milliseconds=600)
        claim = record.claim(unit_id, "run", lease)
        assert claim is not None
        with holding(record, claim, lease):
            threading.Event().wait(0.9)
            assert record.claim(unit_id, "other", lease) is None


def test_an_unavailable_database_is_asked_again() -> None:
    """It may come back before the lease ends."""
    record = ScriptedRecord(StoreUnavailable("down"), None)
    with holding(_as_record(record), CLAIM, SHORT):
        assert record.done.wait(5)


def test_a_lost_claim_is_not_asked_for_again() -> None:
    """The commit will say that it is lost; renewing has no more to do."""
    record = ScriptedRecord(LeaseLost("gone"))
    with holding(_as_record(record), CLAIM, SHORT):
        assert record.done.wait(5)
        for keeper in _keepers():
            keeper.join(5)
        assert _keepers() == []


def test_the_thread_ends_with_the_work() -> None:
    """Also when the work fails."""
    with pytest.raises(ZeroDivisionError), holding(_as_record(ScriptedRecord()), CLAIM, timedelta(minutes=1)):
        raise ZeroDivisionError
    assert _keepers() == []


def _keepers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "lease"]


def _as_record(scripted: ScriptedRecord) -> Record:
    return scripted  # type: ignore[return-value]
