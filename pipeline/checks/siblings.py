"""Is the copy the same as that of another language, so that one of the two was never written?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from pipeline.checks.kinship import are_twins
from pipeline.checks.subject import CheckedText
from pipeline.checks.tags import language_of
from pipeline.checks.words import fold
from pipeline.domain.issue import Issue, MqmDimension, Severity

_NOBODYS_OWN_WORDS = 3
_NOBODYS_OWN_LETTERS = 8
"""A line shorter than this (words; letters where words are not spaced) may be a name, the same in all languages."""

_issue = partial(Issue, check="siblings", dimension=MqmDimension.ACCURACY, severity=Severity.MAJOR)


def check_siblings(subject: CheckedText) -> Iterator[Issue]:
    """Yield an issue when a locale of another language has the same text."""
    text = fold(subject.text)
    long_enough = len(text) >= _NOBODYS_OWN_LETTERS if subject.spaceless else len(text.split()) >= _NOBODYS_OWN_WORDS
    for locale, other in subject.other_locales.items() if long_enough else ():
        if fold(other) == text and not are_twins(language_of(locale), subject.language):
            yield _issue(message=f"This is the text of {locale} as well.", start=0, end=len(subject.text))
            return
