"""The shipped packs: cleaning is about real labels and real typography."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.domain.locale_pack import LocalePack
from pipeline.resources.library import Library, shipped_folder

PackOf = Callable[[str], LocalePack]


@pytest.fixture(scope="session")
def pack_of() -> PackOf:
    """The shipped pack of a tag."""
    return Library((Path(shipped_folder()),)).locale
