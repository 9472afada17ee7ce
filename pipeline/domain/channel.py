"""Where copy appears, and how much of it fits."""

from __future__ import annotations

import regex
from pydantic import Field

from pipeline.domain.value import Identifier, Line, Value

_CLUSTER = regex.compile(r"\X")


class Channel(Value):
    """A place where copy appears; `limit` is in grapheme clusters, what a reader counts as characters."""

    id: Identifier
    name: Line
    limit: int = Field(gt=0, le=10_000)
    source: Line


def count_graphemes(text: str) -> int:
    """Extended grapheme clusters of a text (Unicode Standard Annex 29): a flag or क्षि counts once."""
    return sum(1 for _ in _CLUSTER.finditer(text))
