"""Where a run works: the workspace's parts, who is told how it goes, and what became of each unit.

A run started by `glocal run` stands in the workplace that the command opened. A run started by a worker has
only its environment: GLOCAL_WORKSPACE, which is read here and nowhere else in `flows`. Knows nothing of Prefect.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from pipeline.bootstrap import Parts, build
from pipeline.errors import UsageError
from pipeline.planning import Toolkit
from pipeline.workflow import Outcome

WORKSPACE_VARIABLE = "GLOCAL_WORKSPACE"
ERROR_LOG = "errors.log"


class Listener(Protocol):
    """Someone who is told how a run goes, as it goes."""

    def planned(self, total: int, left: int) -> None:
        """Of `total` units, `left` have no draft yet."""
        ...

    def finished(self, outcome: Outcome) -> None:
        """One unit needs no more work: it has a draft, from this run or another one, or it failed."""
        ...

    def waiting(self, count: int) -> None:
        """All that is left are `count` units that another run holds."""
        ...


class Silence:
    """Nobody listens: what a worker's run does, since everything it prints would leave the workplace."""

    def planned(self, total: int, left: int) -> None:
        """Say nothing."""

    def finished(self, outcome: Outcome) -> None:
        """Say nothing."""

    def waiting(self, count: int) -> None:
        """Say nothing."""


@dataclass(frozen=True)
class Workplace:
    """One run's place; `owner` names the run in leases, `failures` holds the errors kept from Prefect."""

    parts: Parts
    listener: Listener = field(default_factory=Silence)
    owner: str = field(default_factory=lambda: uuid4().hex)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    failures: dict[str, Exception] = field(default_factory=dict)

    @property
    def tools(self) -> Toolkit:
        """What drafting into the record needs."""
        return self.parts.remembering_toolkit

    @property
    def error_log(self) -> Path:
        """The file that errors go to in full; it never leaves the workspace."""
        return self.parts.settings.private_folder / "logs" / ERROR_LOG

    def note(self, outcome: Outcome) -> Outcome:
        """Keep what became of a unit, and tell it unless the unit is still to be waited for."""
        self.outcomes[outcome.unit_id] = outcome
        if not outcome.busy:
            self.listener.finished(outcome)
        return outcome


_opened: ContextVar[Workplace | None] = ContextVar("workplace", default=None)


@contextmanager
def working_in(workplace: Workplace) -> Iterator[Workplace]:
    """Let runs started inside the block work in this workplace."""
    token = _opened.set(workplace)
    try:
        yield workplace
    finally:
        _opened.reset(token)


@contextmanager
def at_work() -> Iterator[Workplace]:
    """The workplace that a command opened, or else one for this block alone, from the environment."""
    with working_in(_opened.get() or _from_environment()) as workplace:
        yield workplace


def here() -> Workplace:
    """The workplace of the current run; UsageError when a worker was started without a workspace."""
    return _opened.get() or _from_environment()


def keep_details(error: Exception) -> str:
    """Write an error with its traceback to the workspace's own log; the reference it is kept under."""
    reference = uuid4().hex[:12]
    # A log that cannot be written must not hide what it was to tell.
    with suppress(Exception):
        place = here()
        place.failures[reference] = error
        _append(place.error_log, reference, error)
    return reference


def _from_environment() -> Workplace:
    folder = os.environ.get(WORKSPACE_VARIABLE)
    if not folder:
        raise UsageError(
            f"the worker was started without {WORKSPACE_VARIABLE}",
            hint=f"Start it as: {WORKSPACE_VARIABLE}=DIR prefect worker start --pool POOL.",
        )
    return Workplace(build(Path(folder)))


def _append(log: Path, reference: str, error: Exception) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    told = "".join(traceback.format_exception(error))
    line = f"{datetime.now(UTC).isoformat(timespec='seconds')} {reference}\n{told}\n"
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a", encoding="utf-8") as file:
        file.write(line)
