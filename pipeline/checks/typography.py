"""Are the marks those of the language, spaced and opened as it spaces and opens them, with digits of one kind?"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache, partial

import regex

from pipeline.checks.protected import without_protected
from pipeline.checks.subject import CheckedText
from pipeline.domain.issue import Issue, MqmDimension, Severity

_NO_BREAK = "\u00a0\u202f\u2009"
"""Spaces that typographers set before a mark. Which of them, few writing tools leave to the writer."""

_WORD_BEFORE = r"(?<=[\p{L}\p{M}\p{N}%€$)”»’\"])(?<!&#?\w{1,9})"
_MARK_ENDS = r"(?=[\s?!»”\"]|$|(?<!:)\))"

_CLOSING_RUN = regex.compile(r"[?!]+")
_SENTENCE_BREAK = regex.compile(r"[.…:\n—–•][\s\"'“”«»(]*|[?!]\s*")

_DIGITS = regex.compile(r"(?<!\p{Latin}\p{M}*[\s-]?\d*)\p{Nd}+(?![\s-]?\p{Latin})")
"""Digits that are the copy's own: those beside Latin letters belong to a name."""

_issue = partial(Issue, check="typography", dimension=MqmDimension.LOCALE_CONVENTIONS, severity=Severity.MINOR)


def check_typography(subject: CheckedText) -> Iterator[Issue]:
    """Yield an issue, with what should stand there, for each mark that is spaced, shaped or opened wrongly."""
    prose = without_protected(subject.text)
    if subject.pack:
        yield from _unspaced_marks(prose, subject.pack.typography.space_before)
    if subject.manners:
        yield from _foreign_marks(subject, prose, subject.manners.marks)
        yield from _unopened_marks(subject, prose, subject.manners.opening_marks)
    yield from _mixed_digits(prose)


def _unspaced_marks(prose: str, space_before: Mapping[str, str]) -> Iterator[Issue]:
    for mark, space in space_before.items():
        for found in _spaced_mark(mark).finditer(prose):
            if found["gap"] == "" or set(found["gap"]) - set(_NO_BREAK):
                message = f"A no-break space stands before “{mark}”."
                yield _issue(message=message, start=found.start(), end=found.end(), suggestion=space + mark)


@lru_cache(maxsize=64)
def _spaced_mark(mark: str) -> regex.Pattern[str]:
    return regex.compile(rf"{_WORD_BEFORE}(?P<gap>[ \t{_NO_BREAK}]*){regex.escape(mark)}{_MARK_ENDS}")


def _foreign_marks(subject: CheckedText, prose: str, marks: Mapping[str, str]) -> Iterator[Issue]:
    for mark, own in marks.items() if subject.scripts else ():
        for found in _mark_after(mark, subject.scripts).finditer(prose):
            message = f"Here “{mark}” is written “{own}”."
            yield _issue(message=message, start=found.start(), end=found.end(), suggestion=own)


@lru_cache(maxsize=512)
def _mark_after(mark: str, scripts: frozenset[str]) -> regex.Pattern[str]:
    """The mark right behind a letter of these scripts; not one inside a number or before an address."""
    letters = "".join(rf"\p{{Script={script}}}" for script in sorted(scripts))
    return regex.compile(rf"(?<=[{letters}]\p{{M}}*){regex.escape(mark)}(?![\p{{N}}/)(]|$(?<=:))")


def _unopened_marks(subject: CheckedText, prose: str, opening: Mapping[str, str]) -> Iterator[Issue]:
    if not opening:
        return
    last = 0
    for run in _CLOSING_RUN.finditer(prose):
        begin = _sentence_start(prose, last, run.start())
        sentence = prose[begin : run.end()]
        opened = any(mark in prose[last : run.end()] for mark in opening.values())
        last = run.end()
        if not opened and _is_prose(sentence, run.group(), subject.source):
            mark = run.group()[0]
            yield _issue(
                message=f"The sentence is opened with “{opening[mark]}”.",
                start=begin,
                end=run.end(),
                suggestion=opening[mark] + sentence,
            )


def _sentence_start(prose: str, last: int, end: int) -> int:
    breaks = [found.end() for found in _SENTENCE_BREAK.finditer(prose, last, end)]
    begin = breaks[-1] if breaks else last
    return begin + len(prose[begin:end]) - len(prose[begin:end].lstrip())


def _is_prose(sentence: str, run: str, source: str | None) -> bool:
    """Whether a sentence asks or exclaims: not a lone mark, nor a name such as `Yahoo!` that the source has."""
    words = sentence[: -len(run)].split()
    return bool(words) and words[-1][-1:].isalnum() and words[-1] + run[0] not in (source or "")


def _mixed_digits(prose: str) -> Iterator[Issue]:
    """Digits of another script than the first ones: ٢٤ beside 24."""
    runs = list(_DIGITS.finditer(prose))
    for run in runs[1:]:
        if _zero(run.group()) != _zero(runs[0].group()):
            own = "".join(chr(_zero(runs[0].group()) + unicodedata.decimal(digit)) for digit in run.group())
            yield _issue(message="Digits of two kinds.", start=run.start(), end=run.end(), suggestion=own)


def _zero(digits: str) -> int:
    return ord(digits[0]) - unicodedata.decimal(digits[0])
