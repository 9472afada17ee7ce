"""Content stays in its region: nothing of it is found in what Prefect stores, logs or prints."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.prefect

OBJECTIVE, AUDIENCE, SOURCE, PILLAR, VOICE = (
    f"Kanari{name}quarz" for name in ("ziel", "leser", "quell", "satz", "ton")
)
DRAFT, FAULT, ERROR = (f"Kanari{name}quarz" for name in ("text", "panne", "fehler"))
CANARY = b"kanari"

SCRIPTED = Path(__file__).with_name("scripted_glocal.py")


@dataclass(frozen=True)
class Ran:
    """A workspace after a run, and what the run printed."""

    workspace: Path
    output: bytes

    @property
    def record(self) -> bytes:
        folder = self.workspace / ".glocal"
        return b"".join(path.read_bytes() for path in folder.glob("glocal.db*"))

    @property
    def log(self) -> Path:
        return self.workspace / ".glocal" / "logs" / "errors.log"


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory, make_workspace: Callable[[Path], dict[str, str]]) -> Ran:
    """A campaign with a canary in every field that people write, run with Prefect telling all it can.

    German gets drafts with a canary in them; French meets a fault of the program, then an error of ours. A second
    run fails as a whole.
    """
    folder = tmp_path_factory.mktemp("canary")
    environment = make_workspace(folder)
    workspace = folder / "workspace"
    _write_canaries(workspace)
    script: dict[str, object] = {
        "test/first": [[f"Weniger Plastik und mehr kaltes Wasser für dich: {DRAFT}."]],
        "test/second": [{"raises": ["RuntimeError", f"at {FAULT}"]}, {"raises": ["GenerationFailed", f"at {ERROR}"]}],
    }
    output = _run(workspace, script, environment)
    output += _run(workspace, script | {"record": {"raises": ["RuntimeError", f"at {FAULT}"]}}, environment)
    return Ran(workspace, output)


def _write_canaries(workspace: Path) -> None:
    brand = {
        "id": "canary",
        "name": "Aqualis",
        "source_locale": "en-US",
        "voice": {"traits": [VOICE]},
        "pillars": [{"id": "one", "name": PILLAR, "statement": f"We stand for {PILLAR}.", "exemplars": [PILLAR]}],
    }
    brief = {
        "id": "spring",
        "brand": "canary",
        "objective": f"Sell {OBJECTIVE}.",
        "audience": AUDIENCE,
        "locales": ["de-DE", "fr-FR"],
        "segments": [
            {"id": name, "channel": "push_body", "source": f"Carry less {SOURCE}, all {name}."}
            for name in ("day", "night")
        ],
    }
    (workspace / "brand_pillars").mkdir()
    (workspace / "brand_pillars" / "canary.yaml").write_text(yaml.safe_dump(brand), encoding="utf-8")
    (workspace / "campaigns" / "spring.yaml").write_text(yaml.safe_dump(brief), encoding="utf-8")


def _run(workspace: Path, script: dict[str, object], environment: dict[str, str]) -> bytes:
    brief = workspace / "campaigns" / "spring.yaml"
    own = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    done = subprocess.run(
        [sys.executable, SCRIPTED, json.dumps(script), "--workspace", workspace, "run", brief],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        env={**own, **environment, "PREFECT_LOGGING_LEVEL": "DEBUG"},
    )
    assert 1 == done.returncode, done.stdout.decode()
    return done.stdout


def stored_by_prefect(workspace: Path) -> bytes:
    """All of Prefect's own files, and every value of every column of its database."""
    home = workspace / ".glocal" / "prefect"
    files = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    logs = (workspace / ".glocal" / "logs" / "prefect-server.log").read_bytes()
    with closing(sqlite3.connect(home / "prefect.db")) as connection:
        return files + logs + "\n".join(_values(connection)).encode()


def _values(connection: sqlite3.Connection) -> Iterator[str]:
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    for (table,) in tables:
        for row in connection.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 (a name of Prefect's own)
            yield from map(str, row)


def test_prefect_stores_and_logs_no_content(ran: Ran) -> None:
    """Not in its database, not in its files, not in its server's log: nothing of brief, brand, draft or error."""
    assert CANARY not in stored_by_prefect(ran.workspace).lower()


def test_the_flow_prints_no_content(ran: Ran) -> None:
    """Not on standard output or error, although Prefect logged at DEBUG and the output was no terminal."""
    assert b"Finished in state" in ran.output
    assert CANARY not in ran.output.lower()


def test_a_canary_would_have_been_found(ran: Ran) -> None:
    """The campaign went through Prefect (its id is there), and the canaries went through the campaign."""
    with closing(sqlite3.connect(ran.workspace / ".glocal" / "glocal.db")) as connection:
        (campaign_id,) = connection.execute("SELECT id FROM campaign").fetchone()
    assert campaign_id.encode() in stored_by_prefect(ran.workspace)
    for canary in (OBJECTIVE, AUDIENCE, SOURCE, PILLAR, VOICE, DRAFT):
        assert canary.encode() in ran.record


def test_an_error_keeps_its_details_in_the_workspace(ran: Ran) -> None:
    """What Prefect is not told, the region's own people can read, and nobody else."""
    assert FAULT in ran.log.read_text(encoding="utf-8")
    assert 0o600 == ran.log.stat().st_mode & 0o777
    assert ERROR.encode() in ran.record
    assert b"no draft for day/fr-FR: it stopped on RuntimeError" in ran.output
    assert b"no draft for night/fr-FR: GenerationFailed" in ran.output
