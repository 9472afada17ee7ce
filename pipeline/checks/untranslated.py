"""Was part of the copy left as it was: source words standing in a row, or letters of a script not asked for?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache, partial

import regex

from pipeline.checks.protected import without_protected
from pipeline.checks.subject import CheckedText
from pipeline.domain.brand import TermRule
from pipeline.domain.issue import Issue, MqmDimension, Severity

_WORD = regex.compile(r"(?<![\w/\\.-])[\p{L}\p{M}]+(?:['’]\p{L}+)?(?![\w/\\]|[.:-]\w)")
"""A word of prose: parts of a path, an identifier or a compound are technical names or one word with their whole."""

_SUSPECT_WORDS = 2
_BLOCKING_WORDS = 3
"""Source words in a row that no name explains: two may be a loan (`all inclusive`), three are a remnant."""

_MAJORITY = 2
"""A foreign script blocks when it has more than one letter in this many."""

_issue = partial(Issue, check="untranslated", dimension=MqmDimension.ACCURACY)


def check_untranslated(subject: CheckedText) -> Iterator[Issue]:
    """Yield an issue for the longest run of source words left in place, and for letters of a foreign script."""
    prose = without_protected(subject.text)
    if subject.source and subject.language != subject.source_language:
        yield from _left_in_place(subject, prose, without_protected(subject.source))
    yield from _foreign_letters(subject, prose)


def _left_in_place(subject: CheckedText, prose: str, source: str) -> Iterator[Issue]:
    words, source_words = list(_WORD.finditer(prose)), _source_words(subject, source)
    start, length = _longest_common_run([word.group().casefold() for word in words], source_words)
    if length >= _SUSPECT_WORDS:
        first, last = words[start], words[start + length - 1]
        severity = Severity.CRITICAL if length >= _BLOCKING_WORDS else Severity.MAJOR
        message = f"{length} words in a row are those of the source"
        yield _issue(severity=severity, message=message, start=first.start(), end=last.end())


def _source_words(subject: CheckedText, source: str) -> list[str]:
    """The source's words, folded; those that may stay as they are, names and kept terms, are blanked out."""
    kept = {part.casefold() for name in _kept_names(subject) for part in _WORD.findall(name)}
    words = list(_WORD.finditer(source))
    return [
        "" if word.group().casefold() in kept or _is_name(word, source) else word.group().casefold() for word in words
    ]


def _kept_names(subject: CheckedText) -> Sequence[str]:
    names = [term.source for term in subject.terms(TermRule.DO_NOT_TRANSLATE)]
    return [*names, subject.brand.name] if subject.brand else names


def _is_name(word: regex.Match[str], source: str) -> bool:
    """A capital inside a sentence marks a name, one at its beginning does not; capitals throughout always do."""
    before, text = source[: word.start()].rstrip(), word.group()
    if len(text) > 1 and text.isupper():
        return True
    return text[0].isupper() and bool(before) and before[-1] not in ".!?…:"


def _longest_common_run(words: Sequence[str], others: Sequence[str]) -> tuple[int, int]:
    """Where in `words` the longest run that also stands in `others` begins, and its length; '' matches nothing."""
    best_start, best_length = 0, 0
    ends = [0] * (len(others) + 1)
    for place, word in enumerate(words):
        above = ends
        ends = [0] * (len(others) + 1)
        for column, other in enumerate(others, start=1):
            if word == other:
                ends[column] = above[column - 1] + 1
                if ends[column] > best_length:
                    best_start, best_length = place - ends[column] + 1, ends[column]
    return best_start, best_length


def _foreign_letters(subject: CheckedText, prose: str) -> Iterator[Issue]:
    """Letters outside the locale's scripts. Latin is at home everywhere: names and units are written in it."""
    if not subject.scripts:
        return
    letters = sum(1 for character in prose if character.isalpha())
    for run in _strange_to(subject.scripts).finditer(prose):
        if run.group() in (subject.source or "") or (subject.brand and run.group() in subject.brand.name):
            continue
        severity = Severity.CRITICAL if len(run.group()) * _MAJORITY > letters else Severity.MAJOR
        yield _issue(
            severity=severity,
            message="these letters belong to a script that the locale does not use",
            start=run.start(),
            end=run.end(),
        )


@lru_cache(maxsize=256)
def _strange_to(scripts: frozenset[str]) -> regex.Pattern[str]:
    """Runs of letters outside these scripts and Latin."""
    home = "".join(rf"\p{{Script={script}}}" for script in sorted(scripts | {"Latn", "Zyyy", "Zinh"}))
    return regex.compile(rf"[\p{{L}}--[{home}]]+", regex.VERSION1)
