"""The input lines of `check` and `score`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

T = TypeVar("T")


def canonical_tag(tag: str) -> str:
    """A BCP 47 tag in its usual case: `zh_hans_cn` becomes `zh-Hans-CN` (RFC 5646, 2.1.1)."""
    language, *rest = tag.replace("_", "-").split("-")
    cased = [part.title() if len(part) == 4 else part.upper() if len(part) < 4 else part.lower() for part in rest]  # noqa: PLR2004
    return "-".join([language.lower(), *cased])


class CopyLine(BaseModel):
    """One copy to look at. Fields that Glocal does not know are passed over: the lines are the user's own."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str | int
    locale: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$"), AfterValidator(canonical_tag)]
    text: Annotated[str, Field(max_length=20_000)]
    source: Annotated[str, Field(max_length=20_000)] | None = None


def in_batches(lines: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of at most `size` lines."""
    iterator = iter(lines)
    while batch := list(islice(iterator, size)):
        yield batch
