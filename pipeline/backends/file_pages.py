"""Memory of weights that lie in a file: given back once they were looked at.

Weights are mapped from their file, and each page of it stays in memory from the first look on. A layer that was put
into another order is never looked at again, and the whole output layer only when the next locale's is made of it: of
Gemma 3 270M these are 500 MB.
"""

from __future__ import annotations

import ctypes
import mmap
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import torch

_DONTNEED = getattr(mmap, "MADV_DONTNEED", None)
_MAPPING = re.compile(r"([0-9a-f]+)-([0-9a-f]+) \S+ \S+ \S+ (\d+)")


class FilePages:
    """The pages of some weights that lie in a file; none of weights that do not, and none elsewhere than on Linux.

    A mapping that was written to since it was read is left alone: what was written would be lost.
    """

    def __init__(self, weights: Iterable[torch.Tensor], mappings: Path = Path("/proc/self/smaps")) -> None:
        unchanged = [] if _DONTNEED is None else list(_unchanged(mappings))
        spans = (_whole_pages(tensor) for tensor in weights)
        self._spans = [
            (first, end)
            for first, end in spans
            if first < end and any(start <= first and end <= stop for start, stop in unchanged)
        ]

    def give_back(self) -> None:
        """Let the system have their memory; it reads them again when they are looked at."""
        for first, end in self._spans:
            # What cannot be given back stays: no fault.
            ctypes.CDLL(None).madvise(
                ctypes.c_void_p(first), ctypes.c_size_t(end - first), ctypes.c_int(_DONTNEED or 0)
            )


def _whole_pages(tensor: torch.Tensor) -> tuple[int, int]:
    first = -(-tensor.data_ptr() // mmap.PAGESIZE) * mmap.PAGESIZE
    return first, (tensor.data_ptr() + tensor.nbytes) // mmap.PAGESIZE * mmap.PAGESIZE


def _unchanged(mappings: Path) -> Iterator[tuple[int, int]]:
    """Addresses of what is mapped from files and has no page that was written to."""
    try:
        lines = mappings.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    span, inode = (0, 0), 0
    for line in lines:
        if found := _MAPPING.match(line):
            span, inode = (int(found[1], 16), int(found[2], 16)), int(found[3])
        # A page that was written to is no longer the file's.
        elif inode and line.startswith("Anonymous:") and line.split()[1] == "0":
            yield span
