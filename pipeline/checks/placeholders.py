"""Are placeholders, tags and addresses of the source still there, letter for letter, and no new ones?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial

import regex

from pipeline.checks.protected import ADDRESS, MARKUP, PLACEHOLDER, blank, find_addresses
from pipeline.checks.subject import CheckedText
from pipeline.domain.issue import Issue, MqmDimension, Severity

_SPACE = regex.compile(r"\s+")
_issue = partial(Issue, check="placeholders", dimension=MqmDimension.ACCURACY, severity=Severity.CRITICAL)


def check_placeholders(subject: CheckedText) -> Iterator[Issue]:
    """Yield an issue for each protected part that was lost, invented or changed; nothing without a source."""
    if subject.source is None:
        return
    yield from _compare("placeholder", _placeholders(subject.source), _placeholders(subject.text))
    yield from _compare("address", [*find_addresses(subject.source)], [*find_addresses(subject.text)])


def _placeholders(text: str) -> list[tuple[str, int]]:
    """Placeholders and tags with their offsets; those inside an address belong to the address."""
    prose = ADDRESS.sub(blank, MARKUP.sub(blank, text))
    tags = [(_SPACE.sub(" ", found.group()), found.start()) for found in MARKUP.finditer(text)]
    return tags + [(_SPACE.sub("", found.group()), found.start()) for found in PLACEHOLDER.finditer(prose)]


def _compare(kind: str, wanted: Sequence[tuple[str, int]], given: Sequence[tuple[str, int]]) -> Iterator[Issue]:
    left = Counter(part for part, _ in wanted)
    for part, start in given:
        if left[part] > 0:
            left[part] -= 1
        else:
            yield _issue(message=f"The {kind} {part} is not in the source.", start=start, end=start + len(part))
    for part in left.elements():
        yield _issue(message=f"The {kind} {part} of the source is missing.", start=0, end=0)
