"""Locale packs, each standing on the one that it extends.

A pack names another with `extends`: `fr-CA` extends `fr`, `es-MX` extends `es-419`, which extends `es`. Fields
that it does not give come from there; of fields with named parts (`address`, `prompt`), each part does. Lists
are taken whole. A pack without a country in its tag is a base: others stand on it, nobody writes for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from pipeline.domain.locale_pack import LocalePack
from pipeline.errors import DataError
from pipeline.resources.document import Document, mistakes_in, plain, read_document

EXTENDS = "extends"

_MARKET_TAG = re.compile(r"-[A-Z]{2}$")


def is_market(tag: str) -> bool:
    """Whether a tag names a country, so that copy is written for it."""
    return _MARKET_TAG.search(tag) is not None


@dataclass(frozen=True)
class PackSource:
    """The files that a pack is made of: its own first, then those it stands on."""

    documents: tuple[Document, ...]

    def parse(self) -> LocalePack:
        """The pack; DataError with the first mistake and the number of others."""
        mistakes = list(self.mistakes())
        if mistakes:
            first, *others = mistakes
            more = f" (and {len(others)} more)" if others else ""
            raise DataError(f"{first.problem}{more}", path=first.path, line=first.line, field=first.field)
        return LocalePack.model_validate(self._merged())

    def mistakes(self) -> Iterator[DataError]:
        """Every mistake, each with the file that the wrong field stands in."""
        own = self.documents[0]
        if not isinstance(own.data, dict) or own.data.get("tag") != own.path.stem:
            yield own.error(f"it must be {own.path.stem!r}, like the file's name", "tag")
            return
        try:
            LocalePack.model_validate(self._merged())
        except ValidationError as invalid:
            yield from (self._mistake(one) for one in mistakes_in(invalid))

    def error(self, message: str, *location: str | int) -> DataError:
        """An error about one field of the pack, in the file that gives it; for the caller to raise."""
        document = next((one for one in self.documents if one.has(*location)), self.documents[0])
        return document.error(message, *location)

    def _mistake(self, details: ErrorDetails) -> DataError:
        return self.error(plain(details), *details["loc"])

    def _merged(self) -> dict[str, object]:
        merged: dict[str, object] = {}
        for document in reversed(self.documents):
            merged = _over(merged, document.data)
        merged.pop(EXTENDS, None)
        return merged


def read_pack_source(path: Path, find: Callable[[str], Path | None]) -> PackSource:
    """Read a pack's file and all it stands on; `find` gives the file of a tag. DataError for a ring or a gap."""
    documents = [read_document(path)]
    while (tag := _base_of(documents[-1])) is not None:
        below = find(tag)
        if below is None:
            raise documents[-1].error(f"there is no pack {tag!r} to extend", EXTENDS)
        if below in {document.path for document in documents}:
            raise documents[-1].error(f"{tag!r} extends this pack in turn", EXTENDS)
        documents.append(read_document(below))
    return PackSource(tuple(documents))


def _base_of(document: Document) -> str | None:
    base = document.data.get(EXTENDS) if isinstance(document.data, dict) else None
    if base is not None and not isinstance(base, str):
        raise document.error("it must be the tag of a pack", EXTENDS)
    return base


def _over(below: dict[str, object], above: object) -> dict[str, object]:
    """One mapping laid over another: mappings join, everything else is replaced."""
    joined = dict(below)
    for key, value in above.items() if isinstance(above, dict) else ():
        known = joined.get(key)
        joined[key] = _over(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return joined
