"""Databases for tests: each test that asks for `database_url` runs on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import make_url

_UNPRIVILEGED = ["runuser", "-u", "postgres", "--"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
"""PostgreSQL refuses to run as root; Debian's package brings the user that it runs as."""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of this test's own."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'glocal.db'}"
    return request.getfixturevalue("postgres_url")


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """A fresh PostgreSQL database, dropped after the test."""
    import psycopg

    name = f"glocal_{uuid4().hex}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
        yield make_url(postgres_server).set(database=name).render_as_string(hide_password=False)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a server: GLOCAL_TEST_POSTGRES_URL, or one that is started for the session."""
    given = os.environ.get("GLOCAL_TEST_POSTGRES_URL")
    if given:
        yield given.replace("postgresql+psycopg://", "postgresql://")
        return
    programs = _find_postgres()
    if programs is None:
        missing = "PostgreSQL is not installed: apt-get install postgresql, or set GLOCAL_TEST_POSTGRES_URL"
        # Left out on a laptop without PostgreSQL, never in CI.
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(missing)
    with tempfile.TemporaryDirectory(prefix="glocal-pg-", ignore_cleanup_errors=True) as folder:
        if _UNPRIVILEGED:
            shutil.chown(folder, "postgres", "postgres")
        yield from _serve(programs, Path(folder))


def _find_postgres() -> Path | None:
    """The folder with `initdb` and `postgres`, newest version first."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    found = debian[-1] if debian else Path(on_path).resolve() if on_path else None
    return found.parent if found else None


def _serve(programs: Path, folder: Path) -> Iterator[str]:
    data, log = folder / "data", folder / "server.log"
    make = [programs / "initdb", "-D", data, "-U", "glocal", "--auth=trust", "--encoding=UTF8", "--no-sync"]
    subprocess.run([*_UNPRIVILEGED, *make], check=True, capture_output=True, cwd=folder)
    # Only a socket in the private folder: no port to collide with, nothing to reach from elsewhere.
    options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={folder}", "-c", "fsync=off"]
    with log.open("wb") as output:
        server = subprocess.Popen(
            [*_UNPRIVILEGED, programs / "postgres", "-D", data, *options], stdout=output, stderr=output, cwd=folder
        )
    url = f"postgresql://glocal@/postgres?host={folder}"
    try:
        _wait_until_ready(url, server, log)
        yield url
    finally:
        # Through pg_ctl: `runuser` stands between this process and the server.
        stop = [programs / "pg_ctl", "stop", "-D", data, "-m", "immediate", "-w"]
        subprocess.run([*_UNPRIVILEGED, *stop], check=False, capture_output=True, cwd=folder)
        server.wait(timeout=30)


def _wait_until_ready(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    import psycopg

    deadline = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(url, connect_timeout=5).close()
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}")
            time.sleep(0.1)
        else:
            return
