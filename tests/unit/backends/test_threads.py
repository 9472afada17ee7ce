from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import torch

from pipeline.backends.threads import PAUSES, Clocks, Crew, crew, idle_seconds, let_threads_spin


class Machine:
    """Four cores, of which others hold some; a step takes a tenth of a second."""

    def __init__(self) -> None:
        self.others = 0.0
        self.wall = self.used = self.idle = 0.0
        self.crew = Crew(4, Clocks(lambda: self.wall, lambda: self.used, lambda: self.idle))

    def steps(self, number: int) -> list[int]:
        """Threads after each step."""
        seen = []
        for _ in range(number):
            with self.crew.at_work():
                had = min(self.crew.threads, 4 - self.others)
                self.pass_time(0.11, had)
            seen.append(self.crew.threads)
        return seen

    def pass_time(self, seconds: float, used: float = 0.0) -> None:
        self.wall += seconds
        self.used += seconds * used
        self.idle += seconds * (4 - self.others - used)


@pytest.fixture
def machine() -> Iterator[Machine]:
    threads = torch.get_num_threads()
    yield Machine()
    torch.set_num_threads(threads)


def test_all_cores_compute_where_nothing_else_does(machine: Machine) -> None:
    """Also when a step gets a little less than all."""
    assert machine.steps(5) == [4] * 5
    machine.others = 0.5
    assert machine.steps(5) == [4] * 5


def test_threads_are_as_many_as_the_cores_that_are_left(machine: Machine) -> None:
    """At least one, and each step is told so."""
    machine.others = 2.0
    assert machine.steps(3) == [2, 2, 2]
    with machine.crew.at_work():
        assert torch.get_num_threads() == 2
    machine.others = 3.9
    assert machine.steps(2)[-1] == 1


def test_all_cores_are_tried_again_once_others_let_go_of_them(machine: Machine) -> None:
    """Not before: what waits for an absent thread waits for long."""
    machine.others = 2.0
    assert set(machine.steps(100)) == {2}

    machine.others = 0.0
    back = machine.steps(int(2 * PAUSES[1] / 0.11))

    assert back[0] == 2
    assert back[-1] == 4


def test_without_counters_of_idle_time_all_cores_are_tried_after_ever_longer_pauses(machine: Machine) -> None:
    """Else than on Linux nobody says how idle the others are."""
    machine.crew = Crew(4, Clocks(lambda: machine.wall, lambda: machine.used, lambda: None))
    machine.others = 2.0

    tries = [place for place, threads in enumerate(machine.steps(2_000)) if threads == 4]

    assert 3 < len(tries) < 12
    gaps = [later - earlier for earlier, later in pairwise(tries)]
    assert gaps == sorted(gaps)


def test_what_does_more_than_multiply_is_not_judged(machine: Machine) -> None:
    """Most threads get nothing of its time, whoever else is there."""
    with machine.crew.at_work(judged=False):
        machine.pass_time(5.0, used=1.0)
    assert machine.crew.threads == 4


def test_a_fault_is_passed_on(machine: Machine) -> None:
    """And its time counts."""

    def fail() -> None:
        with machine.crew.at_work():
            machine.pass_time(1.0, used=2.0)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert machine.crew.threads == 2


def test_threads_spin_unless_the_user_said_how_they_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads that sleep cannot be judged by what they compute."""
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    let_threads_spin()
    assert int(os.environ.pop("GOMP_SPINCOUNT")) > 0
    monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")
    let_threads_spin()
    assert "GOMP_SPINCOUNT" not in os.environ

    crew.cache_clear()
    asleep = crew()
    crew.cache_clear()
    before = asleep.threads
    with asleep.at_work():
        sum(range(3_000_000))
    assert asleep.threads == before


def test_idle_time_is_read_from_the_systems_counters(tmp_path: Path) -> None:
    """Of all cores together, in seconds."""
    counters = tmp_path / "stat"
    assert idle_seconds(counters) is None
    counters.write_text("cpu  10 0 20 3000 5 0 0 0 0 0\ncpu0 1 2 3 4\n", encoding="ascii")
    assert idle_seconds(counters) == 3000 / os.sysconf("SC_CLK_TCK")
    counters.write_text("cpu", encoding="ascii")
    assert idle_seconds(counters) is None
