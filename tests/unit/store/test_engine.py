"""Rules of the database URL and of the engine made from it."""

from __future__ import annotations

import sqlite3
import sys
import traceback
from pathlib import Path

import pytest

from pipeline.errors import DiskFull, GlocalError, MissingExtra, StoreError, StoreUnavailable
from pipeline.store import engine
from pipeline.store.record import Record, open_record


def test_a_database_is_made_with_its_folder(database_url: str) -> None:
    """Opening a record that is not there makes it; opening it again changes nothing."""
    for _ in range(2):
        with open_record(database_url) as record:
            assert record.counts() == {}


def test_sqlite_makes_missing_folders(tmp_path: Path) -> None:
    """The folder of a SQLite file need not exist."""
    file = tmp_path / "a" / "b" / "glocal.db"
    open_record(f"sqlite:///{file}").close()
    assert file.is_file()


def test_sqlite_logs_ahead_and_keeps_foreign_keys(tmp_path: Path) -> None:
    """Readers do not wait for the writer (WAL), and a row never points to nothing."""
    with open_record(f"sqlite:///{tmp_path / 'glocal.db'}") as record, record._reading() as connection:
        modes = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "foreign_keys", "busy_timeout")
        ]
    assert modes == ["wal", 1, engine.BUSY_SECONDS * 1000]


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_postgresql_means_psycopg(scheme: str) -> None:
    """Users write plain `postgresql://`; the driver is Glocal's business."""
    parsed = engine.parse_url(f"{scheme}://me@here/glocal")
    assert parsed.drivername == "postgresql+psycopg"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mysql://root:s3cret@here/x", "mysql is not a database that Glocal knows"),
        ("s3cret", "the database URL cannot be read"),
        ("sqlite://", "the record must be a file"),
        ("sqlite:///:memory:", "the record must be a file"),
    ],
)
def test_an_unfit_url_is_refused_without_quoting_it(url: str, message: str) -> None:
    """The message says what is wrong and the hint shows a good URL; a password is never shown."""
    with pytest.raises(StoreError, match=message) as refused:
        open_record(url)
    assert "s3cret" not in str(refused.value)
    assert "sqlite:///" in refused.value.hint


def test_postgresql_without_its_driver_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver is an optional extra; its absence says how to get it."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtra, match="psycopg is not installed") as missing:
        open_record("postgresql://me@here/glocal")
    assert "glocal[postgres]" in missing.value.hint


@pytest.mark.postgres
def test_an_unreachable_server_is_unavailable(tmp_path: Path) -> None:
    """A server that does not answer is worth another try; neither password nor driver's traceback is shown."""
    url = f"postgresql://me:s3cret@/glocal?host={tmp_path}&connect_timeout=3"
    with pytest.raises(StoreUnavailable, match="the database does not answer") as unavailable:
        open_record(url)
    shown = "".join(traceback.format_exception(unavailable.value))
    assert unavailable.value.retryable
    assert "s3cret" not in shown
    assert "sqlalchemy.exc" not in shown


@pytest.mark.postgres
def test_a_server_that_was_restarted_is_used_again(postgres_url: str) -> None:
    """Connections that the server closed meanwhile are noticed and replaced before they are used."""
    import psycopg

    with open_record(postgres_url) as record, psycopg.connect(postgres_url, autocommit=True) as administrator:
        record.counts()
        administrator.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        assert record.counts() == {}


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """A text file in the database's place is named, and not touched."""
    file = tmp_path / "glocal.db"
    file.write_text("not a database at all, but long enough to have a header of sixteen bytes")
    with pytest.raises(StoreError, match=r"glocal\.db is damaged or no SQLite database"):
        open_record(f"sqlite:///{file}")
    assert file.read_text().startswith("not a database")


def test_a_folder_that_cannot_be_made_is_an_error_of_the_store(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "taken").write_text("")
    with pytest.raises(StoreError, match="the database file cannot be used") as refused:
        open_record(f"sqlite:///{tmp_path / 'taken' / 'glocal.db'}")
    assert not isinstance(refused.value, DiskFull)


def test_a_folder_in_the_place_of_the_file_is_unavailable(tmp_path: Path) -> None:
    """SQLite cannot open a folder."""
    with pytest.raises(StoreUnavailable, match="SQLITE_CANTOPEN"):
        open_record(f"sqlite:///{tmp_path}")


def test_a_file_that_another_program_keeps_locked_is_unavailable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer waits; when the wait is over it says that the database is busy, and that trying again may help."""
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0)
    file = tmp_path / "glocal.db"
    with open_record(f"sqlite:///{file}") as record:
        _hold_write_lock_while(file, record)


def _hold_write_lock_while(file: Path, record: Record) -> None:
    other = sqlite3.connect(file, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="SQLITE_BUSY") as busy, record._writing():
            pass
        assert busy.value.retryable
    finally:
        other.close()


def test_switching_to_wal_waits_for_another_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite does not wait by itself when the journal mode changes; two first starts at once must both work."""
    tries: list[bool] = []
    switch = engine._switched

    def busy_twice(connection: sqlite3.Connection, *, last_try: bool) -> bool:
        tries.append(last_try)
        return len(tries) > 2 and switch(connection, last_try=last_try)

    monkeypatch.setattr(engine, "_switched", busy_twice)
    open_record(f"sqlite:///{tmp_path / 'glocal.db'}").close()
    assert tries == [False, False, False]


def test_a_connection_that_reads_delays_the_switch_and_no_more(tmp_path: Path) -> None:
    """A busy file is told apart from one that cannot be switched at all."""
    file = tmp_path / "glocal.db"
    other, own = (sqlite3.connect(file, isolation_level=None, timeout=0) for _ in range(2))
    try:
        other.execute("CREATE TABLE something (id)")
        other.execute("BEGIN EXCLUSIVE")
        assert not engine._switched(own, last_try=False)
        other.execute("COMMIT")
        assert engine._switched(own, last_try=False)
    finally:
        other.close()
        own.close()


def test_a_lock_on_a_new_file_ends_the_wait_in_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The switch to WAL gives up when the time is over."""
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0)
    file = tmp_path / "glocal.db"
    other = sqlite3.connect(file, isolation_level=None)
    try:
        other.execute("CREATE TABLE something (id)")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(GlocalError, match="SQLITE_BUSY"):
            open_record(f"sqlite:///{file}")
    finally:
        other.close()
