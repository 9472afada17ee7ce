"""Are brackets and quotation marks closed, and is there nothing that a reader cannot see?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import regex

from pipeline.checks.protected import without_protected
from pipeline.checks.subject import CheckedText
from pipeline.checks.unseen import find_unseen
from pipeline.domain.issue import Issue, MqmDimension, Severity

_PAIRS = {")": "(", "]": "[", "}": "{", "）": "（", "］": "［", "」": "「", "』": "『", "】": "【", "》": "《"}

_QUOTES = ("“”„‟", "«»", "‹›", '"')
"""Marks of one group close each other in some language („…“, ”…”, »…«), so that only their number can be odd."""

_LONE = regex.compile(
    r"(?:^|(?<=\s))(?:\p{N}{1,3}|\p{L}|[ivx]{2,4})[.]?\)"  # a list item: 1) a)
    r"|[:;=8xX]['’]?-?[()\[\]]+|[()]+-?[:;=]"  # :-) and its kin
    r"|\((?:\s?[^\s\p{L}\p{N}()]\p{M}*){1,9}\s?\)",  # (^_^)
    regex.MULTILINE,
)
"""Brackets that never had a partner."""

_NOT_QUOTING = regex.compile(r'(?<=\d)"|(?<=\p{L}\p{M}*)"(?=\p{L})')
"""A straight mark for inches, and the gershayim inside a Hebrew abbreviation."""

_issue = partial(Issue, check="marks")


def check_marks(subject: CheckedText) -> Iterator[Issue]:
    """Yield an issue for each kind of mark left open, unless the source leaves it open too, and for hidden ones."""
    open_in_source = set(_unclosed(without_protected(subject.source or "")))
    for mark in _unclosed(without_protected(subject.text)):
        if mark not in open_in_source:
            yield _unbalanced(mark, subject.text.rfind(mark))
    yield from map(_hidden, find_unseen(subject.text, subject.scripts))


def _unclosed(text: str) -> Iterator[str]:
    """Yield each mark that is without its partner, once."""
    plain = _LONE.sub("", text)
    yield from dict.fromkeys(_open_brackets(plain))
    quoted = _NOT_QUOTING.sub("", plain)
    for group in _QUOTES:
        if sum(map(quoted.count, group)) % 2:
            yield next(mark for mark in group if mark in quoted)


def _open_brackets(text: str) -> Iterator[str]:
    waiting: list[str] = []
    for character in text:
        if character in _PAIRS.values():
            waiting.append(character)
        elif character in _PAIRS:
            if waiting and waiting[-1] == _PAIRS[character]:
                waiting.pop()
            else:
                yield character
    yield from waiting


def _unbalanced(mark: str, place: int) -> Issue:
    return _issue(
        dimension=MqmDimension.LINGUISTIC_CONVENTIONS,
        severity=Severity.MINOR,
        message=f"“{mark}” has no partner.",
        start=place,
        end=place + 1,
    )


def _hidden(found: regex.Match[str]) -> Issue:
    names = ", ".join(dict.fromkeys(f"U+{ord(character):04X}" for character in found.group()))
    return _issue(
        dimension=MqmDimension.DESIGN_AND_MARKUP,
        # The replacement character stands where bytes were lost: such a text is not what its writer wrote.
        severity=Severity.CRITICAL if "\ufffd" in found.group() else Severity.MAJOR,
        message=f"A character that nobody sees: {names}.",
        start=found.start(),
        end=found.end(),
    )
