"""The input lines of `check` and `score`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

T = TypeVar("T")

_TAG = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*")


def canonical_tag(tag: str) -> str:
    """A BCP 47 tag in its usual case: `zh_hans_cn` becomes `zh-Hans-CN` (RFC 5646, 2.1.1)."""
    if not _TAG.fullmatch(tag):
        raise ValueError("it must be a locale tag such as de-DE")
    parts = tag.replace("_", "-").lower().split("-")
    # What follows a single letter, an extension or private use, is written small.
    own = next((place for place, part in enumerate(parts) if len(part) == 1), len(parts))
    return "-".join([parts[0], *map(_cased, parts[1:own]), *parts[own:]])


def _cased(part: str) -> str:
    return {2: part.upper(), 4: part.title()}.get(len(part), part)


class CopyLine(BaseModel):
    """One copy to look at. Fields that Glocal does not know are passed over: the lines are the user's own."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str | int
    locale: Annotated[str, AfterValidator(canonical_tag)]
    text: Annotated[str, Field(max_length=20_000)]
    source: Annotated[str, Field(max_length=20_000)] | None = None
    other_locales: dict[str, str] = Field(default_factory=dict)


def in_batches(lines: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of at most `size` lines."""
    iterator = iter(lines)
    while batch := list(islice(iterator, size)):
        yield batch
