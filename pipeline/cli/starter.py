"""The files of a new workspace."""

from __future__ import annotations

import shutil
from pathlib import Path

from pipeline.errors import NO_ROOM, DataError, DiskFull
from pipeline.resources.library import shipped_folder
from pipeline.settings import SETTINGS_FILE

SETTINGS_TEXT = """\
# Settings of this workspace. Every line can also be set in the environment: GLOCAL_REGION, GLOCAL_DATABASE_URL ...

# region = "eu"                 # where content of this workspace is stored and worked on
# database_url = "postgresql://user@host/glocal"   # default: a SQLite file in .glocal/
# candidates = 32               # texts drawn for each unit
# seed = 0                      # the same seed gives the same drafts
# lease_seconds = 60            # how long a crashed run blocks the unit it was drafting
"""


def make_workspace(folder: Path) -> None:
    """Make a workspace of an absent or empty folder: the sample brand, campaign and channels, and settings explained.

    DiskFull or DataError, and the folder is as it was before.
    """
    was_there = folder.exists()
    try:
        (folder / "locales").mkdir(parents=True)
        for name, content in _files().items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(content)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        if was_there:
            folder.mkdir(exist_ok=True)
        if error.errno in NO_ROOM:
            raise DiskFull(f"{folder}: there is no room left to write") from None
        raise DataError(f"it cannot be made: {error.strerror}", path=folder, hint="Choose another folder.") from None


def _files() -> dict[str, bytes]:
    """What a workspace starts with, by path."""
    shipped = shipped_folder()
    samples = [shipped / "channels.yaml", *shipped.glob("brand_pillars/*.yaml"), *shipped.glob("campaigns/*.yaml")]
    copied = {path.relative_to(shipped).as_posix(): path.read_bytes() for path in samples}
    return copied | {SETTINGS_FILE: SETTINGS_TEXT.encode(), ".gitignore": b".glocal/\n"}
