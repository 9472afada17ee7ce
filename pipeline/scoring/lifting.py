"""Was the score bought with the brand's own words? Lines that were copied, and words that were strung together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import regex

_UNIT = regex.compile(
    r"(?P<sign>[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}])|[\p{L}\p{M}\p{N}]+",
)
"""A word; in scripts that put no space between words, a sign."""

_OWN_WORDS = 0.9
"""Share of the brand's own words from which a text has nothing to say of its own.

Of the 72 English parallel sentences, written about the same pillars by intent, none has more than 0.86.
"""

_FEWEST_WORDS = 5
"""Words that such a text has at least: a shorter one may agree by accident."""

_SHARED = 2
"""Words, or pairs of signs, that a text shares at least with a line of some length that it holds."""


@dataclass(frozen=True)
class TextWords:
    """A text, word by word: `row` is its words and signs in their order, a space around each, `count` how many.

    `words` are its words and its pairs of signs.
    """

    row: str
    count: int
    words: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Self:
        """Take a text apart, letter case and marks aside."""
        found = list(_UNIT.finditer(text.casefold()))
        words = [each.group() for each in found if not each["sign"]]
        # One sign alone occurs everywhere.
        pairs = [
            first.group() + second.group() for first, second in pairwise(found) if first["sign"] and second["sign"]
        ]
        row = "".join(f" {each.group()} " for each in found)
        return cls(row, len(found), (*words, *pairs))


@dataclass(frozen=True)
class OwnWords:
    """A brand's own lines, as rows of words, those of some length once more, and all words in them."""

    rows: frozenset[str]
    long_rows: tuple[str, ...]
    words: frozenset[str]

    @classmethod
    def of(cls, lines: Iterable[str]) -> Self:
        """Take the lines apart."""
        apart = [TextWords.of(line) for line in lines]
        return cls(
            rows=frozenset(each.row for each in apart),
            long_rows=tuple({each.row for each in apart if each.count >= _FEWEST_WORDS}),
            words=frozenset(word for each in apart for word in each.words),
        )

    def may_be_source_of(self, text: TextWords) -> bool:
        """Whether a text shares enough with the lines to be lifted or stuffed at all: a quick look before these."""
        return self._shared(text) >= _SHARED or text.row in self.rows

    def is_lifted(self, text: TextWords) -> bool:
        """Whether a text is one of the lines, or has a whole line of some length in it."""
        return text.row in self.rows or any(map(text.row.__contains__, self.long_rows))

    def is_stuffed(self, text: TextWords) -> bool:
        """Whether a text is made of words of the lines and next to nothing else, in whatever order."""
        return len(text.words) >= _FEWEST_WORDS and self._shared(text) >= _OWN_WORDS * len(text.words)

    def _shared(self, text: TextWords) -> int:
        return sum(map(self.words.__contains__, text.words))
