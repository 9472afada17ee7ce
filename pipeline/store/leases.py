"""Holding a claim for as long as the work takes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from pipeline.errors import LeaseLost, StoreError
from pipeline.store.record import Record
from pipeline.store.rows import Claim


@contextmanager
def holding(record: Record, claim: Claim, lease: timedelta) -> Iterator[None]:
    """Renew a claim from a thread, every third of the lease, until the block ends.

    Nothing is raised into the block when the claim is lost: `Record.commit` says so, and writes nothing.
    """
    done = threading.Event()
    keeper = threading.Thread(target=_keep, args=(record, claim, lease, done), name="lease", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        done.set()
        keeper.join()


def _keep(record: Record, claim: Claim, lease: timedelta, done: threading.Event) -> None:
    while not done.wait(lease.total_seconds() / 3):
        try:
            record.renew(claim, lease)
        except LeaseLost:
            return
        except StoreError:
            # The database may come back before the lease ends; if it does not, the commit will say so.
            continue
