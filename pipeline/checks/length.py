"""Does the text fit its channel? Counted as a reader counts: in grapheme clusters."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import islice

import regex

from pipeline.checks.subject import CheckedText
from pipeline.domain.channel import count_graphemes
from pipeline.domain.issue import Issue, MqmDimension, Severity

_CLUSTER = regex.compile(r"\X")
_INVISIBLE = regex.compile(r"[\s\p{C}\p{Zl}\p{Zp}]*+")
_issue = partial(Issue, check="length", dimension=MqmDimension.DESIGN_AND_MARKUP, severity=Severity.CRITICAL)


def check_length(subject: CheckedText) -> Iterator[Issue]:
    """Yield an issue for a text with nothing to read, or for the part that hangs over the channel's limit."""
    if _INVISIBLE.fullmatch(subject.text):
        yield _issue(message="The text is empty.", start=0, end=len(subject.text))
    elif subject.channel and len(subject.text) > subject.channel.limit:
        yield from _overhang(subject.text, subject.channel.limit)


def _overhang(text: str, limit: int) -> Iterator[Issue]:
    first_over = next(islice(_CLUSTER.finditer(text), limit, None), None)
    if first_over:
        over = count_graphemes(text) - limit
        yield _issue(message=f"{over} characters over the limit of {limit}.", start=first_over.start(), end=len(text))
