"""Killed at any moment and started again, or started twice at once: one draft for each unit, the same as ever.

The real command on the real embedded models, each run in a process group of its own.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import psutil
import pytest
import yaml

pytestmark = [pytest.mark.prefect, pytest.mark.models]

ROOT = Path(__file__).parents[3]

UNITS = 4

BRIEF = {
    "id": "killed",
    "brand": "aqualis",
    "objective": "Get commuters to carry a refillable bottle.",
    "audience": "City commuters",
    "locales": ["de-DE", "fr-FR", "es-MX", "ja-JP"],
    "segments": [{"id": "line", "channel": "app_store_short", "source": "Carry less plastic. Cold water, all day."}],
}

Query = Callable[[str], list[tuple[object, ...]]]


@pytest.fixture
def campaign(tmp_path: Path) -> Path:
    """A workspace with a campaign of four units, and data of its own: an edited pack rightly makes new drafts."""
    shutil.copytree(ROOT / "brand_pillars", tmp_path / "brand_pillars")
    shutil.copytree(ROOT / "locales", tmp_path / "locales")
    shutil.copy(ROOT / "channels.yaml", tmp_path)
    (tmp_path / "brief.yaml").write_text(yaml.safe_dump(BRIEF), encoding="utf-8")
    return tmp_path


@pytest.fixture
def start(campaign: Path, embedded_models: Path) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Start `glocal run` on the campaign; what is still there at the end of the test is killed."""
    started: list[subprocess.Popen[bytes]] = []

    def run() -> subprocess.Popen[bytes]:
        own = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
        with (campaign / f"output-{len(started)}.txt").open("wb") as output:
            process = subprocess.Popen(
                [Path(sys.executable).with_name("glocal"), "--workspace", campaign, "run", campaign / "brief.yaml"],
                stdout=output,
                stderr=output,
                start_new_session=True,
                env={
                    **own,
                    "GLOCAL_MODELS": str(embedded_models),
                    "GLOCAL_CANDIDATES": "2",
                    "GLOCAL_LEASE_SECONDS": "2",
                    "OMP_NUM_THREADS": "1",
                },
            )
        started.append(process)
        return process

    yield run
    for process in started:
        _kill(process)


@pytest.fixture
def query(campaign: Path) -> Query:
    """Ask the record, which may not be there yet."""

    def ask(statement: str) -> list[tuple[object, ...]]:
        file = campaign / ".glocal" / "glocal.db"
        try:
            with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5)) as connection:
                return connection.execute(statement).fetchall()
        except sqlite3.OperationalError:
            return []

    return ask


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _count(query: Query, what: str) -> int:
    found = query(f"SELECT count(*) FROM {what}")  # noqa: S608 (the test's own words)
    return int(found[0][0]) if found else 0  # type: ignore[call-overload]


class Renewed:
    """The work has gone on for a while: the lease of one unit was seen with several ends."""

    def __init__(self, times: int) -> None:
        self._times = times
        self._seen: set[tuple[object, ...]] = set()

    def __call__(self, query: Query) -> bool:
        self._seen.update(query("SELECT id, attempt, lease_until FROM unit WHERE state = 'drafting' AND attempt > 1"))
        return len(self._seen) > self._times


TEXTS = "SELECT locale, rank, candidate.text FROM candidate JOIN draft ON draft.id = draft_id ORDER BY locale, rank"

MOMENTS: dict[str, Callable[[Query], bool]] = {
    "the campaign is stored": lambda query: _count(query, "campaign") == 1,
    "the first unit is claimed": lambda query: _count(query, "unit WHERE state = 'drafting'") == 1,
    "the first unit is worked on": Renewed(2),
    "the first draft is committed": lambda query: _count(query, "draft") >= 1,
    "all drafts but one are committed": lambda query: _count(query, "draft") >= UNITS - 1,
}


def _wait_for(moment: Callable[[], bool], process: subprocess.Popen[bytes], name: str) -> None:
    deadline = time.monotonic() + 120
    while not moment():
        if process.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"the run ended before {name!r}: {process.returncode}")
        time.sleep(0.02)


def test_killed_at_five_moments_it_loses_nothing_and_doubles_nothing(
    campaign: Path, start: Callable[[], subprocess.Popen[bytes]], query: Query
) -> None:
    """Each run is killed, with all its processes, at a later moment than the one before; the last one ends.

    What is on record then is what an undisturbed run writes, to the last candidate.
    """
    kept: dict[str, object] = {}
    for name, moment in MOMENTS.items():
        process = start()
        _wait_for(lambda moment=moment: moment(query), process, name)  # type: ignore[misc]
        _kill(process)
        committed = dict(query("SELECT id, fingerprint FROM draft"))  # type: ignore[arg-type]
        assert kept.items() <= committed.items()
        kept = committed

    assert 0 == start().wait(timeout=120)

    _assert_whole(query)
    assert kept.items() <= dict(query("SELECT id, fingerprint FROM draft")).items()  # type: ignore[arg-type]
    written = query(TEXTS)
    (campaign / ".glocal").rename(campaign / "killed")
    assert 0 == start().wait(timeout=120)
    assert written == query(TEXTS)


def test_no_server_outlives_its_run(campaign: Path, start: Callable[[], subprocess.Popen[bytes]]) -> None:
    """However a run ends: even one that is killed takes its Prefect server with it."""
    process = start()
    _wait_for(lambda: bool(_servers(campaign)), process, "the server starts")
    _kill(process)

    deadline = time.monotonic() + 60
    while _servers(campaign) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert [] == _servers(campaign)


def test_started_twice_at_once_each_unit_is_drafted_once(
    campaign: Path, start: Callable[[], subprocess.Popen[bytes]], query: Query
) -> None:
    """Both runs end well, and only when the campaign is whole."""
    first, second = start(), start()

    assert [0, 0] == [first.wait(timeout=120), second.wait(timeout=120)]

    _assert_whole(query)
    outputs = [(campaign / f"output-{number}.txt").read_text(encoding="utf-8") for number in range(2)]
    assert all(output.count("in_review") == UNITS for output in outputs)


def _servers(campaign: Path) -> list[int]:
    """The temporary servers of runs in this workspace."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get("PREFECT_HOME", "").startswith(str(campaign)):
                found += [process.pid] if "flows.temporary_server" in process.cmdline() else []
    return found


def _assert_whole(query: Query) -> None:
    drafted = query("SELECT segment_id, locale, count(*) FROM draft GROUP BY 1, 2 ORDER BY 2")
    assert [("line", tag, 1) for tag in sorted(BRIEF["locales"])] == drafted
    assert UNITS == _count(query, "unit WHERE state = 'drafted'")
    assert UNITS == _count(query, "revision") == _count(query, "draft")
