"""One file of a hub: how it is listed, how it is recognised, and how it grows on this disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from pipeline.modelstore.manifest import file_digest

if TYPE_CHECKING:
    from huggingface_hub.hf_api import RepoSibling

Advance = Callable[[int], None]
"""Takes how many bytes have come in since the last call."""

CHUNK = 1024**2
"""Bytes written at once: what a cut connection costs at most. huggingface_hub's own ten million never get through a
line that is cut more often than that."""


@dataclass(frozen=True)
class HubFile:
    """One file as a hub lists it: its path, size in bytes, and its digest, of the content or as a git blob."""

    path: str
    size: int
    sha256: str | None
    git_blob: str | None

    def is_at(self, path: Path) -> bool:
        """Whether a local file is exactly this one."""
        if path.is_symlink() or not path.is_file() or path.stat().st_size != self.size:
            return False
        return file_digest(path) == self.sha256 if self.sha256 else _git_blob(path) == self.git_blob


@dataclass(frozen=True)
class Listing:
    """The files of one commit, by path, and the name under which the hub has the model."""

    repository: str
    commit: str
    files: dict[str, HubFile]

    @property
    def sizes(self) -> dict[str, int]:
        """Bytes of each file."""
        return {path: file.size for path, file in self.files.items()}


def listed_file(sibling: RepoSibling) -> HubFile:
    """A file as huggingface_hub read it from a hub's answer; raises ValueError or TypeError for a wrong one."""
    lfs = sibling.lfs
    return HubFile(
        path=str(sibling.rfilename),
        size=max(0, int((lfs.size if lfs else sibling.size) or 0)),
        sha256=str(lfs.sha256) if lfs else None,
        git_blob=None if lfs or not sibling.blob_id else str(sibling.blob_id),
    )


def usable_bytes(partial: Path, size: int) -> int:
    """How much of a file is there from an earlier attempt; what cannot be part of it is removed."""
    if partial.is_symlink() or (partial.exists() and partial.stat().st_size > size):
        partial.unlink()
    return partial.stat().st_size if partial.exists() else 0


class TooMuchError(Exception):
    """Raised while a file is written that is longer than it was listed."""


class Bounded:
    """A file that takes no more than it should; a hub could otherwise send until the disk is full."""

    def __init__(self, file: BinaryIO, size: int, advance: Advance) -> None:
        self._file = file
        self._size = size
        self._advance = advance

    def write(self, data: bytes) -> int:
        """Write all of it; raises TooMuchError before the file grows beyond its size."""
        if self._file.tell() + len(data) > self._size:
            raise TooMuchError
        self._file.write(data)
        self._file.flush()
        self._advance(len(data))
        return len(data)

    def tell(self) -> int:
        """Where the file ends."""
        return self._file.tell()

    def seek(self, offset: int) -> int:
        """Go back; what lies behind no longer counts as arrived."""
        self._advance(offset - self._file.tell())
        return self._file.seek(offset)

    def truncate(self) -> int:
        """Cut the file off here."""
        return self._file.truncate()


def _git_blob(path: Path) -> str:
    """A file's name in git: SHA-1 over its kind, its length and its content."""
    digest = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
