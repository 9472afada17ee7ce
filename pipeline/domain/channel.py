"""Where copy appears, and how much of it fits."""

from __future__ import annotations

from functools import cache

from pydantic import Field

from pipeline.domain.counting import MEASURES, CountingUnit, count_graphemes, longest_fit
from pipeline.domain.value import Identifier, Line, Value


class Channel(Value):
    """A place where copy appears; `limit` is in the channel's own unit, by default what a reader counts."""

    id: Identifier
    name: Line
    limit: int = Field(gt=0, le=10_000)
    unit: CountingUnit = CountingUnit.GRAPHEMES
    source: Line

    def measure(self, text: str) -> int:
        """How much of the limit a text takes up, in the channel's unit."""
        return MEASURES[self.unit](text)

    def fitting(self, text: str) -> str:
        """The beginning of a text that fits: all of it, or up to the first character that hangs over."""
        return longest_fit(text, MEASURES[self.unit], self.limit)

    def characters(self, sample: str) -> int:
        """How many characters of text like `sample` fit, at most: fewer in Japanese than in English for a search ad."""
        return _characters(self.unit, self.limit, sample)


@cache
def _characters(unit: CountingUnit, limit: int, sample: str) -> int:
    if unit is CountingUnit.GRAPHEMES:
        return limit
    room = limit * _MOST_CHARACTERS_A_UNIT
    return count_graphemes(longest_fit((sample * (room // len(sample) + 1))[:room], MEASURES[unit], limit))


_MOST_CHARACTERS_A_UNIT = 160
"""An SMS segment holds this many; no other unit holds more than one."""
