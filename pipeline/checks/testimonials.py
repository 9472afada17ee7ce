"""Does the copy put words into the mouth of a customer whom nobody asked?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import regex

from pipeline.checks.subject import CheckedText
from pipeline.checks.words import any_word
from pipeline.domain.issue import Issue, MqmDimension, Severity

_QUOTED = regex.compile(
    r"“[^“”]{6,}”|„[^„“”]{6,}[“”]|”[^“”]{6,}”|«[^«»]{6,}»|»[^«»]{6,}«|「[^「」]{6,}」|『[^『』]{6,}』|\"[^\"\n]{6,}\""
)
"""A quoted line, of six characters or more: a shorter one is a name or a word."""

_issue = partial(Issue, check="testimonials", dimension=MqmDimension.ACCURACY, severity=Severity.MAJOR)


def check_testimonials(subject: CheckedText) -> Iterator[Issue]:
    """Yield an issue for each quoted line in the first person; nothing where the source quotes someone as well."""
    if subject.manners is None or (subject.source and _QUOTED.search(subject.source)):
        return
    speaker = any_word(subject.manners.first_person, spaceless=subject.spaceless)
    for quoted in _QUOTED.finditer(subject.text):
        if speaker.search(quoted.group()):
            message = "This reads as the words of a customer, and the source quotes nobody."
            yield _issue(message=message, start=quoted.start(), end=quoted.end())
