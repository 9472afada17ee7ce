"""Arrays that take long to compute and are the same every time, kept in a folder that may be deleted at any time."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

Array = TypeVar("Array", bound=npt.NDArray[Any])


@dataclass(frozen=True)
class KeptArrays:
    """A folder of arrays by digest; without a folder nothing is kept.

    tokens = KeptArrays(cache / "vocabularies").get(digest, compute, fits=is_ascending)
    """

    folder: Path | None = None

    def get(self, digest: str, compute: Callable[[], Array], *, fits: Callable[[Array], bool]) -> Array:
        """The array of this digest, computed where there is none, or a damaged one that does not fit."""
        if self.folder is None:
            return compute()
        path = self.folder / f"{digest}.npy"
        found: Array | None = _read(path)
        if found is not None and fits(found):
            return found
        made = compute()
        _write(path, made)
        return made


def _read(path: Path) -> Any | None:  # noqa: ANN401  (what it holds is for the caller to judge)
    try:
        return np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None


def _write(path: Path, array: npt.NDArray[Any]) -> None:
    # What cannot be kept is computed again: no reason to stop.
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
            np.save(file, array)
        Path(file.name).replace(path)
