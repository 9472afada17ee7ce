"""What a campaign asks for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from pipeline.domain.value import VISIBLE, Identifier, Line, LocaleTag, Value

SourceText = Annotated[str, StringConstraints(min_length=1, max_length=4_000, pattern=VISIBLE)]
"""Source copy of one segment: 4,000 characters at most, the longest field of any store listing."""


class Segment(Value):
    """One piece of source copy and the channel that it is written for.

    Segments with one `group` are the fields of one asset, such as headline, body and call to action.
    """

    id: Identifier
    channel: Identifier
    source: SourceText
    group: Identifier | None = None


class Brief(Value):
    """A campaign: one objective, one audience, the segments to write and the locales to write them for.

    `sectors` are what is sold, in the words of the rules (`food`, `cosmetics`): some duties are for a sector only.
    `audience_group` (`business`, `youth`) asks each market for the form of address that it keeps for that group.
    """

    id: Identifier
    brand: Identifier
    objective: Line
    audience: Line
    audience_group: Identifier | None = None
    locales: tuple[LocaleTag, ...] = Field(min_length=1)
    segments: tuple[Segment, ...] = Field(min_length=1)
    sectors: tuple[Identifier, ...] = ()

    @model_validator(mode="after")
    def _nothing_is_listed_twice(self) -> Self:
        for kind, names in (("segment", (s.id for s in self.segments)), ("locale", self.locales)):
            twice = _first_repeated(names)
            if twice:
                raise ValueError(f"the {kind} {twice!r} is listed twice")
        return self

    def segment(self, segment_id: str) -> Segment:
        """The segment of that id; KeyError when the brief has none."""
        for segment in self.segments:
            if segment.id == segment_id:
                return segment
        raise KeyError(segment_id)

    def siblings(self, segment: Segment) -> tuple[Segment, ...]:
        """The other fields of a segment's asset, in the brief's order; none where it stands alone."""
        if segment.group is None:
            return ()
        return tuple(other for other in self.segments if other.group == segment.group and other.id != segment.id)


def _first_repeated(names: Iterable[str]) -> str | None:
    return next((name for name, count in Counter(names).items() if count > 1), None)
