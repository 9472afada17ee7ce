"""Does the copy keep the brand's words: those never translated, those preferred, those forbidden?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import regex

from pipeline.checks.subject import CheckedText
from pipeline.checks.words import english_word, find_form, holds_form
from pipeline.domain.brand import Term, TermRule
from pipeline.domain.issue import Issue, MqmDimension, Severity

_issue = partial(Issue, check="terms", dimension=MqmDimension.TERMINOLOGY)


def check_terms(subject: CheckedText) -> Iterator[Issue]:
    """Yield an issue for each term of the brand that the text breaks."""
    yield from _lost_names(subject)
    yield from _missing_preferred(subject)
    yield from _used_forbidden(subject)


def _lost_names(subject: CheckedText) -> Iterator[Issue]:
    for term in subject.terms(TermRule.DO_NOT_TRANSLATE):
        kept = (term.source, *subject.forms_of(term))
        if _stands_in(term.source, subject.source) and not any(form in subject.text for form in kept):
            message = f"“{term.source}” must stay as it is in the source."
            yield _issue(severity=Severity.CRITICAL, message=message, start=0, end=0)


def _missing_preferred(subject: CheckedText) -> Iterator[Issue]:
    for term in subject.terms(TermRule.PREFERRED):
        forms = subject.forms_of(term)
        asked = subject.source is not None and english_word(term.source).search(subject.source)
        if asked and forms and not any(_holds(subject, form) for form in forms):
            message = f"“{term.source}” is to be rendered as “{forms[0]}” here."
            yield _issue(severity=Severity.MAJOR, message=message, start=0, end=0, suggestion=forms[0])


def _used_forbidden(subject: CheckedText) -> Iterator[Issue]:
    for term in subject.terms(TermRule.FORBIDDEN):
        found = _first_forbidden(subject, term)
        if found:
            message = f"The brand never says “{found.group()}”."
            yield _issue(severity=Severity.CRITICAL, message=message, start=found.start(), end=found.end())


def _first_forbidden(subject: CheckedText, term: Term) -> regex.Match[str] | None:
    forms = (*subject.forms_of(term), term.source)
    places = (find_form(form, subject.text, subject.scripts, spaceless=subject.spaceless) for form in forms)
    return next((place for place in places if place), None)


def _holds(subject: CheckedText, form: str) -> bool:
    return holds_form(form, subject.text, subject.scripts, spaceless=subject.spaceless)


def _stands_in(name: str, source: str | None) -> bool:
    """Whether the source uses the name, in exactly that case, as a word of its own."""
    pattern = rf"(?<![\p{{L}}\p{{N}}]){regex.escape(name)}(?![\p{{L}}\p{{N}}])"
    return source is not None and regex.search(pattern, source) is not None
