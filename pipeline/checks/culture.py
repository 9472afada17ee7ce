"""Does the copy use words that this market's cultural notes say to avoid?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from pipeline.checks.subject import CheckedText
from pipeline.checks.words import any_word
from pipeline.domain.issue import Issue, MqmDimension

_issue = partial(Issue, check="culture", dimension=MqmDimension.AUDIENCE_APPROPRIATENESS)


def check_culture(subject: CheckedText) -> Iterator[Issue]:
    """Yield an issue, as grave as the note, for the first word of each note that the text uses."""
    for note in subject.pack.cultural_notes if subject.pack else ():
        pattern = any_word(note.words, spaceless=subject.spaceless)
        found = pattern.search(subject.text) if note.kind == "avoid" else None
        if found:
            message = f"“{found.group()}”: {note.reason} Ask {note.confirm}."
            yield _issue(severity=note.severity, message=message, start=found.start(), end=found.end())
