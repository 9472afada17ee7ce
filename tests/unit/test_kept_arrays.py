from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.kept_arrays import KeptArrays

KEPT = np.array([1.0, 2.0], dtype=np.float32)


def of_two(found: Any) -> bool:
    return bool(found.shape == (2,))


def test_an_array_is_computed_once(tmp_path: Path) -> None:
    """By any number of processes; the folder is for its owner's eyes."""
    folder = tmp_path / "cache" / "arrays"
    assert (KeptArrays(folder).get("a", lambda: KEPT, fits=of_two) == KEPT).all()

    found = KeptArrays(folder).get("a", lambda: pytest.fail("it is known"), fits=of_two)

    assert (found == KEPT).all()
    assert [path.name for path in folder.iterdir()] == ["a.npy"]
    assert folder.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("damage", [b"", b"no array", b"\x93NUMPY\x01\x00"], ids=["empty", "text", "cut"])
def test_a_damaged_array_is_computed_anew(tmp_path: Path, damage: bytes) -> None:
    """And mended on disk."""
    (tmp_path / "a.npy").write_bytes(damage)
    assert (KeptArrays(tmp_path).get("a", lambda: KEPT, fits=of_two) == KEPT).all()
    assert (np.load(tmp_path / "a.npy") == KEPT).all()


def test_an_array_that_does_not_fit_is_computed_anew(tmp_path: Path) -> None:
    """As one of another shape."""
    np.save(tmp_path / "a.npy", np.zeros(3))
    assert (KeptArrays(tmp_path).get("a", lambda: KEPT, fits=of_two) == KEPT).all()


def test_objects_are_never_read(tmp_path: Path) -> None:
    """They could run code."""
    np.save(tmp_path / "a.npy", np.array([{}, {}], dtype=object), allow_pickle=True)
    assert (KeptArrays(tmp_path).get("a", lambda: KEPT, fits=of_two) == KEPT).all()


def test_where_nothing_can_be_kept_it_is_computed(tmp_path: Path) -> None:
    """Without a folder, or with one that is a file."""
    (tmp_path / "file").write_bytes(b"")
    for folder in (None, tmp_path / "file"):
        assert (KeptArrays(folder).get("a", lambda: KEPT, fits=of_two) == KEPT).all()
