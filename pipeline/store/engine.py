"""One engine for a database URL: SQLite in WAL mode, or PostgreSQL through psycopg 3."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, exc, make_url
from sqlalchemy.pool import ConnectionPoolEntry

from pipeline.errors import MissingExtra, StoreError

BUSY_SECONDS = 30
"""How long a SQLite writer waits for another one."""

CONNECT_SECONDS = 10
"""How long PostgreSQL may take to let a connection in, where the URL names no time."""

_DRIVERS = {
    "sqlite": "sqlite",
    "sqlite+pysqlite": "sqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
_HINT = "Write sqlite:///path/to/glocal.db or postgresql://user@host/name."


def parse_url(url: str) -> URL:
    """The URL with the driver that Glocal uses; StoreError when it is of another kind."""
    try:
        parsed = make_url(url)
    except exc.ArgumentError:
        raise StoreError("the database URL cannot be read", hint=_HINT) from None
    if parsed.drivername not in _DRIVERS:
        raise StoreError(f"{parsed.drivername} is not a database that Glocal knows", hint=_HINT)
    return parsed.set(drivername=_DRIVERS[parsed.drivername])


def sqlite_file(url: URL) -> Path | None:
    """The file of a SQLite URL, None for PostgreSQL; StoreError for a database in memory, which keeps nothing."""
    if url.drivername != "sqlite":
        return None
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise StoreError("the record must be a file: a database in memory is lost with the process", hint=_HINT)
    return Path(url.database)


def make_engine(url: URL) -> Engine:
    """An engine that hides parameters; for SQLite its folder is made and the file is put into WAL mode."""
    encode: Callable[[object], str] = partial(json.dumps, ensure_ascii=False)
    file = sqlite_file(url)
    if file is None:
        return _postgres_engine(url, encode)
    file.parent.mkdir(parents=True, exist_ok=True)
    _use_write_ahead_log(file)
    engine = create_engine(url, hide_parameters=True, json_serializer=encode, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _postgres_engine(url: URL, encode: Callable[[object], str]) -> Engine:
    try:
        return create_engine(
            url,
            hide_parameters=True,
            json_serializer=encode,
            pool_pre_ping=True,
            connect_args={} if "connect_timeout" in url.query else {"connect_timeout": CONNECT_SECONDS},
        )
    except ModuleNotFoundError:
        raise MissingExtra("psycopg", "postgres") from None


def _prepare_sqlite(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    # Autocommit: transactions are begun in `_begin_sqlite`, not guessed by the driver.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: Connection) -> None:
    # A reader that turns into a writer fails at once when another wrote meanwhile, whatever the timeout;
    # a transaction that will write therefore takes the write lock first, and waits for it.
    writing = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _use_write_ahead_log(file: Path) -> None:
    """Write-ahead logging is a property of the file; the switch does not wait for locks, so it is tried again."""
    deadline = time.monotonic() + BUSY_SECONDS
    connection = sqlite3.connect(file, timeout=BUSY_SECONDS)
    try:
        while not _switched(connection, last_try=time.monotonic() > deadline):
            time.sleep(0.02)
    finally:
        connection.close()


def _switched(connection: sqlite3.Connection, *, last_try: bool) -> bool:
    try:
        connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as error:
        if last_try or error.sqlite_errorname != "SQLITE_BUSY":
            raise
        return False
    return True
