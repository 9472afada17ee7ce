"""One campaign run as a flow in this process: Prefect made quiet, a server for as long as it takes, progress shown."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from flows.prefect_environment import names_a_server, quieten, stay_at_home
from flows.temporary_server import temporary_server
from flows.workplace import Workplace, keep_details, working_in
from pipeline.bootstrap import Parts
from pipeline.cli.console import Advance, progress, say
from pipeline.errors import GlocalError
from pipeline.workflow import Outcome

if TYPE_CHECKING:
    from flows.safety import SafeError


def run_campaign(parts: Parts, campaign_id: str, locales: tuple[str, ...]) -> Workplace:
    """Run the flow until every unit has a draft or has failed; the workplace knows what became of each.

    GlocalError when the run as a whole could not be done.
    """
    quieten()
    stay_at_home(parts.settings)
    with ExitStack() as stack:
        stack.enter_context(_server(parts))
        listener = stack.enter_context(_told_on_screen())
        workplace = stack.enter_context(working_in(Workplace(parts, listener)))
        _run_flow(workplace, campaign_id, locales)
    return workplace


def _run_flow(workplace: Workplace, campaign_id: str, locales: tuple[str, ...]) -> None:
    from flows.localize import localize
    from flows.safety import SafeError

    region = workplace.parts.settings.region
    try:
        state = localize(UUID(campaign_id), region, locales, return_state=True)
        ended = state.result(raise_on_failure=False)
    except Exception as error:  # noqa: BLE001 (Prefect raises whatever its own client met)
        ended = error
    finally:
        _drain()
    if isinstance(ended, SafeError):
        raise _as_it_was(workplace, ended)
    if isinstance(ended, Exception):
        raise GlocalError(
            f"Prefect could not run the flow ({type(ended).__name__}, {keep_details(ended)})",
            hint=f"If PREFECT_API_URL is set, check that its server answers. Details: {workplace.error_log}.",
        )


def _drain() -> None:
    """Let Prefect send what it still holds, before its server goes."""
    from prefect.events.worker import EventsWorker

    EventsWorker.drain_all()


def _as_it_was(workplace: Workplace, error: SafeError) -> GlocalError:
    """The error that was kept from Prefect, for the person who typed the command."""
    original = workplace.failures.get(error.reference)
    if isinstance(original, GlocalError):
        return original
    return GlocalError(f"the run stopped on {error}", hint=f"{workplace.error_log} has the details.")


@contextmanager
def _server(parts: Parts) -> Iterator[None]:
    """The user's own server where PREFECT_API_URL names one, else one for this run."""
    if names_a_server():
        yield
        return
    home = Path(os.environ["PREFECT_HOME"]).expanduser()
    log = parts.settings.private_folder / "logs" / "prefect-server.log"
    say("starting a Prefect server for this run")
    with temporary_server(home, log) as address:
        os.environ.update(address)
        try:
            yield
        finally:
            for name in address:
                del os.environ[name]


class _Screen:
    """Progress by unit, on standard error."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._advance: Advance | None = None

    def planned(self, total: int, left: int) -> None:
        """Say what is there already, and start counting what is not."""
        if total > left:
            say(f"{total - left} of {total} units need no new draft")
        if left:
            self._advance = self._stack.enter_context(progress("drafting", left))

    def finished(self, outcome: Outcome) -> None:
        """One step."""
        if self._advance:
            self._advance(outcome.name)

    def waiting(self, count: int) -> None:
        """Said once: the wait may be as long as a lease."""
        units = "unit" if count == 1 else "units"
        say(f"waiting for {count} {units} that another run is drafting")


@contextmanager
def _told_on_screen() -> Iterator[_Screen]:
    with ExitStack() as stack:
        yield _Screen(stack)
