"""Does the copy state the figures of the source, all of them and no others, in the same units or converted ones?"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

import regex

from pipeline.checks.protected import without_protected
from pipeline.checks.subject import CheckedText
from pipeline.checks.units import Measure, find_measures, same_size
from pipeline.domain.issue import Issue, MqmDimension, Severity

_FIGURE = regex.compile(
    r"(?P<before>[%٪％]\s?)?"
    r"(?P<digits>\p{Nd}+(?:(?:[.٫'’\u00a0\u2009\u202f ]\p{Nd}{3}|[,٬]\p{Nd}{2,3})(?!\p{Nd}))*+(?:[.,٫]\p{Nd}+)?)"
    r"(?P<after>\s?[%٪％﹪])?(?P<scale>\s?[\p{L}\p{M}]+)?",
)
_SPELLED_OUT_UP_TO = 12
"""House styles write numbers up to here as words, in either text."""

_LONGEST_WORD = 3

_issue = partial(Issue, check="numbers", dimension=MqmDimension.ACCURACY)


class _Figure(NamedTuple):
    """A number as its digits alone, because `1.5` and `1,5` are one number and `1.000` and `1,000` another."""

    digits: str
    percent: bool
    scaled: bool
    start: int
    end: int

    @property
    def significant(self) -> str:
        return self.digits.strip("0") or "0"

    @property
    def may_be_a_word(self) -> bool:
        return not self.percent and len(self.digits) < _LONGEST_WORD and int(self.digits) <= _SPELLED_OUT_UP_TO


def check_numbers(subject: CheckedText) -> Iterator[Issue]:
    """Yield an issue for each figure of the source that is gone and each that is new; nothing without a source."""
    if subject.source is None:
        return
    wanted, given = list(_figures(subject.source)), list(_figures(subject.text))
    if not wanted and not given:
        return
    lost, new = _differences(wanted, given)
    asked = _measures(subject.source, subject.source_locale)
    stated = _measures(subject.text, subject.locale)
    lost, new = _without_conversions(lost, new, asked, stated)
    yield from _changed_units(asked, stated, subject)
    for figure in lost:
        yield _issue(severity=_severity(figure), message=f"{figure.digits} of the source is missing.", start=0, end=0)
    for figure in new:
        message = f"{figure.digits} is not in the source."
        yield _issue(severity=_severity(figure), message=message, start=figure.start, end=figure.end)


def _figures(text: str) -> Iterator[_Figure]:
    for found in _FIGURE.finditer(without_protected(text)):
        digits = "".join(str(unicodedata.decimal(c)) for c in found["digits"] if unicodedata.category(c) == "Nd")
        percent = bool(found["before"] or found["after"])
        if digits:
            yield _Figure(digits, percent, found["scale"] is not None, *found.span("digits"))


def _differences(wanted: Sequence[_Figure], given: Sequence[_Figure]) -> tuple[list[_Figure], list[_Figure]]:
    """The wanted figures that are not given, and the given ones that were not wanted."""
    new = list(given)
    lost = []
    for figure in wanted:
        match = next((other for other in new if _same(figure, other)), None)
        if match is None:
            lost.append(figure)
        else:
            new.remove(match)
    return lost, new


def _measures(text: str, locale: str) -> list[Measure]:
    return list(find_measures(without_protected(text), locale))


def _without_conversions(
    lost: Sequence[_Figure], new: Sequence[_Figure], asked: Sequence[Measure], stated: Sequence[Measure]
) -> tuple[list[_Figure], list[_Figure]]:
    """Figures that are not one quantity in two units, such as 10 miles and 16 km."""
    pairs = [(one, other) for one in asked for other in stated if same_size(one, other)]
    kept, converted = {one.start for one, _ in pairs}, {other.start for _, other in pairs}
    return [one for one in lost if one.start not in kept], [one for one in new if one.start not in converted]


def _changed_units(asked: Sequence[Measure], stated: Sequence[Measure], subject: CheckedText) -> Iterator[Issue]:
    """A number that is the source's in a unit that is not: 5 MB for 5 GB."""
    for one in asked:
        if any(same_size(one, other) for other in stated):
            continue
        wrong = next((other for other in stated if other.value == one.value), None)
        if wrong and not any(same_size(other, wrong) for other in asked):
            source, given = (subject.source or "")[one.start : one.end], subject.text[wrong.start : wrong.end]
            message = f"“{source}” of the source has become “{given}”."
            yield _issue(severity=Severity.MAJOR, message=message, start=wrong.start, end=wrong.end)


def _same(one: _Figure, other: _Figure) -> bool:
    if one.digits == other.digits:
        return True
    # 10,000 may be written as 10K, 10 thousand or 1万: then only the significant digits agree.
    return (one.scaled or other.scaled) and one.significant == other.significant


def _severity(figure: _Figure) -> Severity:
    return Severity.MINOR if figure.may_be_a_word else Severity.MAJOR
