"""What a stored model consists of, file by file, so that a single changed byte is found before it is loaded."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints, ValidationError

from pipeline.domain.value import Value, digest_of
from pipeline.errors import ModelDamaged

MANIFEST_NAME = "manifest.json"


def _inside(path: str) -> str:
    if {".", ".."} & set(path.split("/")):
        raise ValueError("the path leads out of the folder")
    return path


FilePath = Annotated[str, StringConstraints(pattern=r"^[^/\\\x00]+(/[^/\\\x00]+)*$"), AfterValidator(_inside)]
"""A path below the model's folder."""


class FileRecord(Value):
    """One file's SHA-256 (hex) and its size in bytes."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size: int = Field(ge=0)


class Manifest(Value):
    """Where a stored model came from, under which licence, and the digest of each of its files.

    `files` is keyed by path relative to the model's folder, with `/` between parts. `source` names a hub and the
    model there, a package and its version, or a folder; `revision` is the 40-hex commit of the weights where it is
    known. `accepted_terms` is the digest of the card's terms where somebody had to accept them.
    """

    model_id: str
    revision: str | None
    source: str
    licence: str
    accepted_terms: str | None = None
    created_at: datetime
    files: dict[FilePath, FileRecord] = Field(min_length=1)

    @property
    def weights_digest(self) -> str:
        """SHA-256 (hex) over the digests of all files: weights, configuration, tokenizer and chat template."""
        return digest_of({path: record.sha256 for path, record in self.files.items()})

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(record.size for record in self.files.values())


def record_files(folder: Path) -> dict[str, FileRecord]:
    """Hash every file below a folder but the manifest itself."""
    return {
        path.relative_to(folder).as_posix(): FileRecord(sha256=file_digest(path), size=path.stat().st_size)
        for path in model_files(folder)
    }


def model_files(folder: Path) -> Iterator[Path]:
    """Every file below a folder in a stable order, without the manifest at its top."""
    manifest = folder / MANIFEST_NAME
    return (path for path in sorted(folder.rglob("*")) if not path.is_dir() and path != manifest)


def file_digest(path: Path) -> str:
    """SHA-256 (hex) of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """Read a model folder's manifest; raises ModelDamaged when it is missing or not a manifest."""
    path = folder / MANIFEST_NAME
    if path.is_symlink():
        raise ModelDamaged(f"{path} is a link")
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise ModelDamaged(f"{path} cannot be read as a manifest") from error


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write a model folder's manifest."""
    (folder / MANIFEST_NAME).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
