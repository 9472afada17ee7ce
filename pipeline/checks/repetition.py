"""Does the copy loop, as a language model does when it has lost its thread?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

import regex

from pipeline.checks.subject import CheckedText
from pipeline.domain.issue import Issue, MqmDimension, Severity

_WORD = regex.compile(r"[\p{L}\p{N}][\p{L}\p{M}\p{N}'’\u200c\u200d]*")
_LETTER = regex.compile(r"[\p{L}\p{N}]\p{M}*")

_LONGEST_PERIOD = 40
_FEWEST_WORDS = 3
_FEWEST_LETTERS = 6
_SAME_WORD_TIMES = 3
_EMPHASIS_TIMES = 3
"""One word three times over (`Go, go, go!`) is odd but may be meant; only a longer run can block."""

_issue = partial(Issue, check="repetition", dimension=MqmDimension.STYLE)


class _Loop(NamedTuple):
    """Tokens `first` to `last` (exclusive) repeat with a period of `period` tokens."""

    first: int
    last: int
    period: int

    @property
    def times(self) -> int:
        return (self.last - self.first) // self.period


def check_repetition(subject: CheckedText) -> Iterator[Issue]:
    """Yield an issue for the longest immediate repetition that the source does not have as well."""
    tokens = _tokens(subject.text, spaceless=subject.spaceless)
    loop = _longest_loop([found.group().casefold() for found in tokens], spaceless=subject.spaceless)
    if loop and not _source_loops(subject):
        start, end = tokens[loop.first].start(), tokens[loop.last - 1].end()
        yield _issue(severity=_severity(loop, len(tokens)), message=_message(loop), start=start, end=end)


def _tokens(text: str, *, spaceless: bool) -> list[regex.Match[str]]:
    return list((_LETTER if spaceless else _WORD).finditer(text))


def _source_loops(subject: CheckedText) -> bool:
    words = [found.group().casefold() for found in _tokens(subject.source or "", spaceless=False)]
    return _longest_loop(words, spaceless=False) is not None


def _longest_loop(tokens: Sequence[str], *, spaceless: bool) -> _Loop | None:
    shortest = _FEWEST_LETTERS if spaceless else _FEWEST_WORDS
    loops = [] if spaceless else [loop for loop in _loops(tokens, 1) if loop.times >= _SAME_WORD_TIMES]
    for period in range(shortest, min(len(tokens) // 2, _LONGEST_PERIOD) + 1):
        loops += _loops(tokens, period)
    return max(loops, key=lambda loop: loop.last - loop.first, default=None)


def _loops(tokens: Sequence[str], period: int) -> Iterator[_Loop]:
    """Yield every stretch in which each token equals the one a period before, for a period or longer."""
    run = 0
    for place in range(period, len(tokens) + 1):
        if place < len(tokens) and tokens[place] == tokens[place - period]:
            run += 1
            continue
        if run >= period:
            yield _Loop(place - run - period, place, period)
        run = 0


def _severity(loop: _Loop, tokens: int) -> Severity:
    whole = 2 * (loop.last - loop.first) > tokens
    meant = loop.period == 1 and loop.times <= _EMPHASIS_TIMES
    return Severity.CRITICAL if whole and not meant else Severity.MAJOR


def _message(loop: _Loop) -> str:
    return f"The same {'word' if loop.period == 1 else 'words'} {loop.times} times in a row."
