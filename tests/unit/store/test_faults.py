"""Rules of failure: in Glocal's own words, without the content that a statement carried."""

from __future__ import annotations

import errno
import traceback
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import exc, insert, text

from pipeline.errors import DiskFull, GlocalError, StoreError, StoreUnavailable
from pipeline.store import faults, tables
from pipeline.store.faults import told_plainly
from pipeline.store.record import Record, open_record

CANARY = "canary-3f9c"


def test_a_broken_constraint_quotes_nothing(record: Record) -> None:
    """Drivers quote the values that collide; the error does not, nor does its traceback."""
    row = {"id": "1", "campaign_id": CANARY, "edition": 1, "unit_id": CANARY}
    with pytest.raises(StoreError, match="refused a statement") as refused, record._writing() as connection:
        connection.execute(insert(tables.plan), row)
    assert CANARY not in "".join(traceback.format_exception(refused.value))


def test_a_wrong_statement_quotes_nothing(record: Record) -> None:
    """A table that is not there is no reason to show what was to be written into it."""
    with pytest.raises(StoreError) as refused, record._writing() as connection:
        connection.execute(text("INSERT INTO nowhere VALUES (:value)"), {"value": CANARY})
    assert CANARY not in "".join(traceback.format_exception(refused.value))


def test_half_a_character_is_refused(record: Record) -> None:
    """A lone surrogate has no UTF-8: the store says so before anything is written."""
    with pytest.raises(StoreError, match="lone surrogate"):
        record.find_campaign("half \ud83d", "eu")


def test_a_sqlite_database_that_may_not_grow_is_full(tmp_path: Path) -> None:
    """SQLite's own "full" is a full disk for the user."""
    with open_record(f"sqlite:///{tmp_path / 'glocal.db'}") as record:
        with record._engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1")
        with pytest.raises(DiskFull, match="no room left"), record._writing() as connection:
            connection.exec_driver_sql("CREATE TABLE big AS SELECT zeroblob(1000000) AS content")
        assert record.counts() == {}


@pytest.mark.parametrize("name", ["SQLITE_IOERR_SHMSIZE", "SQLITE_CANTOPEN"])
@pytest.mark.parametrize(("free", "expected"), [(0, DiskFull), (1 << 40, StoreUnavailable)])
def test_an_io_error_on_a_full_disk_is_the_full_disk(
    name: str, free: int, expected: type[GlocalError], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite's side files fail with other codes before it can say that the disk is full."""
    monkeypatch.setattr(faults.shutil, "disk_usage", lambda _folder: SimpleNamespace(free=free))
    with pytest.raises(expected), told_plainly(tmp_path / "glocal.db"):
        raise _sqlite_error(name)


def test_a_folder_that_is_gone_is_not_a_full_disk(tmp_path: Path) -> None:
    """Free space that cannot be read is no evidence."""
    with pytest.raises(StoreUnavailable), told_plainly(tmp_path / "gone" / "glocal.db"):
        raise _sqlite_error("SQLITE_CANTOPEN")


def test_a_file_that_cannot_be_written_says_whose_business_it_is(tmp_path: Path) -> None:
    """Another try would not help."""
    with pytest.raises(StoreError, match="cannot be written") as refused, told_plainly(tmp_path / "glocal.db"):
        raise _sqlite_error("SQLITE_READONLY")
    assert not refused.value.retryable


@pytest.mark.parametrize(
    ("state", "expected"), [("53100", DiskFull), ("57P01", StoreUnavailable), ("40P01", StoreUnavailable)]
)
def test_a_server_that_gives_up_is_told_by_its_code(state: str, expected: type[GlocalError]) -> None:
    """53100: disk full; 57P01: shut down by its administrator; 40P01: deadlock."""
    driver_error = Exception(CANARY)
    driver_error.sqlstate = state  # type: ignore[attr-defined]
    with pytest.raises(expected) as told, told_plainly():
        raise exc.OperationalError("INSERT ...", None, driver_error)
    assert CANARY not in str(told.value)


def test_a_pool_without_a_free_connection_is_unavailable() -> None:
    """Too many at once: another try may help."""
    with pytest.raises(StoreUnavailable, match="every connection"), told_plainly():
        raise exc.TimeoutError


def test_other_errors_of_sqlalchemy_stay_inside() -> None:
    """The package lets none of them out."""
    with pytest.raises(StoreError, match="NoResultFound"), told_plainly():
        raise exc.NoResultFound(CANARY)


def test_a_full_disk_while_making_the_folder_is_a_full_disk() -> None:
    """The operating system's own word for it."""
    with pytest.raises(DiskFull, match="no room left"), told_plainly():
        raise OSError(errno.ENOSPC, "No space left on device", "/somewhere")


def _sqlite_error(name: str) -> exc.OperationalError:
    driver_error = Exception("told by its name")
    driver_error.sqlite_errorname = name  # type: ignore[attr-defined]
    return exc.OperationalError("INSERT ...", None, driver_error)
