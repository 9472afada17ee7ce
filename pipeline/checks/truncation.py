"""Does the copy break off before it is finished?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache, partial

import regex

from pipeline.checks.protected import without_protected
from pipeline.checks.subject import CheckedText
from pipeline.checks.words import any_word
from pipeline.domain.issue import Issue, MqmDimension, Severity

_ELLIPSIS = regex.compile(r"(?:…|\.{3,}|。{3,})[\s\"'”’»)）」』]*$")
_GOES_ON = regex.compile(r"[,،、，;；:：\p{Ps}\p{Pi}/&+–—-]\s*$")
"""Marks that something follows; the Greek question mark, which looks like one of them, is taken out before."""
_GREEK_QUESTION = regex.compile(r"(?<=\p{Greek})[;\u037e]\s*$")
_LAST_WORD = regex.compile(r"[\p{L}\p{M}\p{N}'’]+\s*$")
_CLOSED = regex.compile(r"[.!?…。！？।॥؟۔][\s\"'”’»)）」』]*$")

_issue = partial(Issue, check="truncation", dimension=MqmDimension.LINGUISTIC_CONVENTIONS, severity=Severity.MINOR)


def check_truncation(subject: CheckedText) -> Iterator[Issue]:
    """Yield an issue for an end that is none, unless the source ends in the same way."""
    text, source = without_protected(subject.text), subject.source or ""
    if text[-1:].isspace() and not subject.text[-1:].isspace():
        return  # it ends in an address or a placeholder
    for pattern, message in _broken_ends(subject):
        found = pattern.search(text)
        if found and not pattern.search(source):
            yield _issue(message=message, start=found.start(), end=found.end())
            return


def _broken_ends(subject: CheckedText) -> Iterator[tuple[regex.Pattern[str], str]]:
    yield _ELLIPSIS, "It trails off, and the source does not."
    if not _GREEK_QUESTION.search(subject.text):
        yield _GOES_ON, "It ends in a mark that something follows."
    if subject.manners and subject.manners.unfinished and not subject.spaceless:
        yield _unfinished(subject.manners.unfinished), "No sentence ends with this word."
    if _fills_its_channel(subject):
        yield _LAST_WORD, "It fills the channel to the last character and has no end: it may have been cut."


@lru_cache(maxsize=64)
def _unfinished(words: tuple[str, ...]) -> regex.Pattern[str]:
    return regex.compile(rf"(?:{any_word(words, exact=True).pattern})[\s.。]*$")


def _fills_its_channel(subject: CheckedText) -> bool:
    """Whether the text takes all the room there is, and lost the end mark that the source has."""
    if subject.channel is None or subject.source is None or not _CLOSED.search(subject.source):
        return False
    return subject.channel.measure(subject.text) == subject.channel.limit > subject.channel.measure(subject.source)
