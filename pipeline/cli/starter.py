"""The files of a new workspace."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

from pipeline.errors import DataError, DiskFull
from pipeline.resources.library import shipped_folder
from pipeline.settings import SETTINGS_FILE

SETTINGS_TEXT = """\
# Settings of this workspace. Every line can also be set in the environment: GLOCAL_REGION, GLOCAL_DATABASE_URL ...

# region = "eu"                 # where content of this workspace is stored and worked on
# database_url = "postgresql://user@host/glocal"   # default: a SQLite file in .glocal/
# candidates = 16               # texts drawn for each unit
# seed = 0                      # the same seed gives the same drafts
# lease_seconds = 60            # how long a crashed run blocks the unit it was drafting
"""


def make_workspace(folder: Path) -> None:
    """Copy the sample brand, campaign and channels into a folder, and settings with every line explained."""
    shipped = shipped_folder()
    try:
        for name in ("brand_pillars", "campaigns"):
            shutil.copytree(shipped / name, folder / name)
        (folder / "locales").mkdir()
        shutil.copy(shipped / "channels.yaml", folder)
        (folder / SETTINGS_FILE).write_text(SETTINGS_TEXT, encoding="utf-8")
        (folder / ".gitignore").write_text(".glocal/\n", encoding="utf-8")
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        if error.errno == errno.ENOSPC:
            raise DiskFull(f"{folder}: there is no room left to write") from None
        raise DataError(f"it cannot be made: {error.strerror}", path=folder, hint="Choose another folder.") from None
