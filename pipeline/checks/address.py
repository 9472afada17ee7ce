"""Is the reader spoken to as the locale asks: du or Sie, tu or vous, polite or plain?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache, partial

import regex

from pipeline.checks.protected import without_protected
from pipeline.checks.subject import CheckedText
from pipeline.checks.words import any_word
from pipeline.domain.issue import Issue, MqmDimension, Severity
from pipeline.domain.locale_pack import LocalePack

_CLOSERS = r"\s\"'”’“»›)）」』】"
_ENDS = r".!?…。！？।॥؟۔"
_SENTENCE_START = regex.compile(rf"(?:^|[{_ENDS}:\n])[\s\"'“„«»‹¿¡(（「『•*–-]*$")

_issue = partial(Issue, check="address", dimension=MqmDimension.AUDIENCE_APPROPRIATENESS, severity=Severity.MAJOR)


def check_address(subject: CheckedText) -> Iterator[Issue]:
    """Yield an issue for each word or ending that belongs to a form of address which the pack does not want."""
    if subject.pack is None or subject.pack.address.for_audience(subject.audience_group):
        return  # what gives the house form's opposite away says nothing of a form kept for one audience
    prose = without_protected(subject.text)
    told = set()
    for found in (*_unwanted_words(subject, subject.pack, prose), *_endings(subject.pack).finditer(prose)):
        if found.group() not in told:
            told.add(found.group())
            message = f"“{found.group()}” is not how readers are spoken to here: {subject.pack.address.form}."
            yield _issue(message=message, start=found.start(), end=found.end())


def _unwanted_words(subject: CheckedText, pack: LocalePack, prose: str) -> Iterator[regex.Match[str]]:
    words = pack.address.unwanted.words
    pattern = any_word(words, spaceless=subject.spaceless, exact=True)
    for found in pattern.finditer(prose):
        if not _may_be_another_word(found, words) and not (subject.source and pattern.search(subject.source)):
            yield found


def _may_be_another_word(found: regex.Match[str], words: tuple[str, ...]) -> bool:
    """Whether a capital says nothing here: German `Sie` begins a sentence as `you` and as `they`."""
    word = found.group()
    small = word[0].lower() + word[1:]
    if word[0] == small[0] or small in words:
        return False
    # One that is unwanted by itself, such as `Anda` or `Descubra`, has no other meaning in small letters.
    return len(word) <= _SHORT_WORD and _SENTENCE_START.search(found.string[: found.start()]) is not None


_SHORT_WORD = 5
"""Letters up to which a capitalised word may be a pronoun of two meanings; longer ones are verbs and titles."""


def _endings(pack: LocalePack) -> regex.Pattern[str]:
    return _at_the_end_of_a_sentence(pack.address.unwanted.endings)


@lru_cache(maxsize=256)
def _at_the_end_of_a_sentence(endings: tuple[str, ...]) -> regex.Pattern[str]:
    body = "|".join(map(regex.escape, sorted(endings, key=len, reverse=True)))
    return regex.compile(
        rf"(?<=\p{{L}}\p{{M}}*|\s)(?:{body})(?=[{_CLOSERS}]*(?:[{_ENDS}\n]|$))" if endings else r"(?!)"
    )
