"""Is the copy written for this segment, or does it parrot an example the writer was shown?"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from functools import lru_cache, partial

from pipeline.checks.subject import CheckedText
from pipeline.checks.words import fold
from pipeline.domain.issue import Issue, MqmDimension, Severity

_LIKENESS = 0.9
"""Share of matching characters from which two lines are one line; chosen so that one changed word passes."""

_NOBODYS_OWN_WORDS = 2
_NOBODYS_OWN_LETTERS = 6
"""A line this short (words; letters where words are not spaced), such as `Download now`, is nobody's own."""

_issue = partial(Issue, check="originality", dimension=MqmDimension.STYLE, severity=Severity.CRITICAL)


def check_originality(subject: CheckedText) -> Iterator[Issue]:
    """Yield an issue when the text is, or nearly is, an example's line for some other source."""
    text = fold(subject.text)
    if _too_short_to_own(text, spaceless=subject.spaceless):
        return
    copied = next((line for line in _examples(subject) if is_near_copy(text, _folded(line))), None)
    if copied:
        yield _issue(message=f"It parrots an example: “{copied}”", start=0, end=len(subject.text))


def is_near_copy(text: str, example: str) -> bool:
    """Whether two folded lines are the same but for a character here and there."""
    if text == example:
        return True
    shorter, longer = sorted((len(text), len(example)))
    if 2 * shorter < _LIKENESS * (shorter + longer):
        return False  # too different in length to be alike, which is cheaper to see
    matcher = SequenceMatcher(None, text, example, autojunk=False)
    # The two quick ratios are upper bounds, and spare the slow one nearly always.
    ratios = (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio)
    return all(ratio() >= _LIKENESS for ratio in ratios)


@lru_cache(maxsize=8_192)
def _folded(example: str) -> str:
    """An example, folded once for the many texts that are held against it."""
    return fold(example)


def _too_short_to_own(folded: str, *, spaceless: bool) -> bool:
    if spaceless:
        return len(folded) <= _NOBODYS_OWN_LETTERS
    return folded.count(" ") < _NOBODYS_OWN_WORDS


def _examples(subject: CheckedText) -> Iterator[str]:
    """Targets and exemplars of other sources: rendering a line that was itself an example may well agree with it."""
    source = fold(subject.source or "")
    for pair in subject.pack.pairs if subject.pack else ():
        if fold(pair.source) != source:
            yield pair.target
    for pillar in subject.brand.pillars if subject.brand else ():
        yield from (exemplar for exemplar in pillar.exemplars if fold(exemplar) != source)
