"""How many threads compute: as many as there are cores that nothing else works on.

The threads of one step wait for each other hundreds of times. On cores of their own they had better spin meanwhile:
12 units took 31 s so, and 42 s with threads that sleep. When another program wants one of the cores, all wait for the
thread that was put aside, and the same work took more than 170 s. So they spin, and are fewer while others work.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from time import perf_counter, process_time

SPINS = 100_000
"""Turns that a thread of GNU's OpenMP waits before it sleeps: about a millisecond, more than there is between steps."""

OWN = 0.8
"""Share of its cores' time that a program with spinning threads gets, at least, where nothing else wants them."""

WINDOW = 0.1
"""Seconds of computing that a judgement is made from."""

PAUSES = (1.0, 60.0)
"""Seconds before all cores are tried again: the first time, and at most."""


def let_threads_spin() -> None:
    """Unless the user decided otherwise; must run before the first import of torch."""
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", str(SPINS))


@dataclass(frozen=True)
class Clocks:
    """Seconds that went by, that this program computed on all cores, and that all cores idled (None: not known)."""

    wall: Callable[[], float]
    used: Callable[[], float]
    idle: Callable[[], float | None]


class Crew:
    """The threads of this program's models.

    with crew().at_work():
        model(...)

    How many there are changes no text in practice: in bfloat16 a row's numbers are the same, in float32 to rounding.
    Without clocks there are always as many as there are cores.
    """

    def __init__(self, cores: int, clocks: Clocks | None) -> None:
        self.threads = cores
        self._cores = cores
        self._clocks = clocks
        self._wall = self._used = 0.0
        self._pause = PAUSES[0]
        self._since: tuple[float, float | None] = (0.0, None)

    @contextmanager
    def at_work(self, *, judged: bool = True) -> Iterator[None]:
        """Compute with as many threads as there are cores to spare, and look how much of them was to be had.

        Not `judged` is what does more than multiply: of its time, most threads get nothing.
        """
        import torch

        if torch.get_num_threads() != self.threads:
            torch.set_num_threads(self.threads)
        clocks = self._clocks
        if clocks is None or not judged:
            yield
            return
        wall, used = clocks.wall(), clocks.used()
        try:
            yield
        finally:
            self._note(clocks, clocks.wall() - wall, clocks.used() - used)

    def _note(self, clocks: Clocks, wall: float, used: float) -> None:
        self._wall, self._used = self._wall + wall, self._used + used
        if self._wall < WINDOW:
            return
        got, self._wall, self._used = self._used / self._wall, 0.0, 0.0
        if self.threads > 1 and got < OWN * self.threads:
            self.threads = max(1, int(got))
            self._since = (clocks.wall(), clocks.idle())
        elif self.threads < self._cores:
            self._try_again(clocks)
        else:
            self._pause = PAUSES[0]

    def _try_again(self, clocks: Clocks) -> None:
        """All cores, once a pause has gone by in which the others were idle."""
        then, idle_then = self._since
        now, idle = clocks.wall(), clocks.idle()
        if now - then < self._pause:
            return
        others = self._cores - self.threads
        spare = others if idle is None or idle_then is None else (idle - idle_then) / (now - then)
        if spare >= OWN * others:
            self.threads = self._cores
        self._since, self._pause = (now, idle), min(2 * self._pause, PAUSES[1])


@cache
def crew() -> Crew:
    """The one of this program."""
    import torch

    # Of threads that sleep while they wait, nothing can be told from how much they compute.
    sleep = os.environ.get("OMP_WAIT_POLICY", "").lower() == "passive"
    return Crew(torch.get_num_threads(), None if sleep else Clocks(perf_counter, process_time, idle_seconds))


def idle_seconds(counters: Path = Path("/proc/stat")) -> float | None:
    """Seconds that this machine's cores were idle since it started, all together; None where Linux does not say so."""
    try:
        first = counters.read_text(encoding="ascii").split("\n", 1)[0].split()
        return int(first[4]) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return None
