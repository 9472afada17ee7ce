"""Does the text fit its channel? Measured as the channel measures."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import regex

from pipeline.checks.subject import CheckedText
from pipeline.domain.channel import Channel
from pipeline.domain.counting import CountingUnit, outside_gsm
from pipeline.domain.issue import Issue, MqmDimension, Severity

_INVISIBLE = regex.compile(r"[\s\p{C}\p{Zl}\p{Zp}]*+")
_FEW = 3
"""Characters outside the SMS alphabet up to which an editor may do without them."""

_issue = partial(Issue, check="length", dimension=MqmDimension.DESIGN_AND_MARKUP, severity=Severity.CRITICAL)


def check_length(subject: CheckedText) -> Iterator[Issue]:
    """Yield an issue for a text with nothing to read, or for the part that hangs over the channel's limit."""
    if _INVISIBLE.fullmatch(subject.text):
        yield _issue(message="The text is empty.", start=0, end=len(subject.text))
    elif subject.channel:
        yield from _overhang(subject.text, subject.channel)


def _overhang(text: str, channel: Channel) -> Iterator[Issue]:
    over = channel.measure(text) - channel.limit
    if over > 0:
        message = f"{over} {channel.unit.words} over the limit of {channel.limit}.{_why(text, channel)}"
        yield _issue(message=message, start=len(channel.fitting(text)), end=len(text))


def _why(text: str, channel: Channel) -> str:
    """What makes a message long that looks short: a character or two outside the alphabet of SMS."""
    costly = outside_gsm(text) if channel.unit is CountingUnit.SMS_SEGMENTS else ""
    return f" Not in the SMS alphabet: {' '.join(costly)}" if 0 < len(costly) <= _FEW else ""
