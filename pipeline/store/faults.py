"""Database failures in Glocal's own words.

A driver quotes values (`Key (slug)=(…) already exists`), so its message is shown only where no statement
had been sent yet: while connecting. All else is named by its code.
"""

from __future__ import annotations

import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import exc

from pipeline.errors import DiskFull, GlocalError, StoreError, StoreUnavailable

_NO_ROOM = 1 << 20
"""Bytes: with less than this free, SQLite's side files fail as I/O errors before it can say `full`."""

_MAYBE_FULL = ("SQLITE_IOERR", "SQLITE_CANTOPEN")
_ANOTHER_FILE = ("SQLITE_NOTADB", "SQLITE_CORRUPT")
_TRY_AGAIN = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_CANTOPEN", "SQLITE_IOERR")


@contextmanager
def told_plainly(file: Path | None = None) -> Iterator[None]:
    """Turn what SQLAlchemy and the drivers raise into errors of Glocal; `file` is SQLite's, if it is SQLite."""
    try:
        yield
    except exc.DBAPIError as error:
        raise _sqlite_fault(error.orig, file) if file else _server_fault(error) from None
    except sqlite3.Error as error:
        raise _sqlite_fault(error, file or Path()) from None
    except exc.TimeoutError:
        raise StoreUnavailable("every connection to the database is in use") from None
    except exc.SQLAlchemyError as error:
        raise StoreError(f"the record cannot be read or written ({type(error).__name__})") from None
    except UnicodeEncodeError:
        raise StoreError("a text holds half a character (a lone surrogate) and cannot be stored") from None
    except OSError as error:
        raise _file_fault(error) from None


def _sqlite_fault(error: BaseException | None, file: Path) -> GlocalError:
    name = str(getattr(error, "sqlite_errorname", None) or type(error).__name__)
    if name.startswith("SQLITE_FULL") or (name.startswith(_MAYBE_FULL) and _has_no_room(file)):
        return DiskFull(f"no room left for the database {file}")
    if name.startswith(_ANOTHER_FILE):
        return StoreError(
            f"{file} is damaged or no SQLite database ({name})", hint="Restore a backup, or name another."
        )
    if name.startswith("SQLITE_READONLY"):
        return StoreError(f"the database {file} cannot be written", hint="Check who owns the file and its folder.")
    if name.startswith(_TRY_AGAIN):
        return StoreUnavailable(f"the database {file} does not answer ({name})")
    return StoreError(f"the database {file} refused a statement ({name})")


def _server_fault(error: exc.DBAPIError) -> GlocalError:
    state = getattr(error.orig, "sqlstate", None)
    if state == "53100":
        return DiskFull("no room left on the database server")
    if isinstance(error, exc.OperationalError | exc.InterfaceError) or error.connection_invalidated:
        return StoreUnavailable(f"the database does not answer ({_why_no_connection(error) or state or 'lost'})")
    return StoreError(f"the database refused a statement ({state or type(error.orig).__name__})")


def _why_no_connection(error: exc.DBAPIError) -> str | None:
    lines = str(error.orig).splitlines() if error.statement is None else []
    return lines[0].strip() if lines else None


def _file_fault(error: OSError) -> GlocalError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskFull(f"no room left for the database {error.filename or ''}".rstrip())
    return StoreError(f"the database file cannot be used: {error.strerror or 'unknown'}: {error.filename or ''}")


def _has_no_room(file: Path) -> bool:
    try:
        return shutil.disk_usage(file.parent).free < _NO_ROOM
    except OSError:
        return False
