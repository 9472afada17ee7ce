"""Texts as a reviewer must see them: found spans marked, and what is invisible made visible.

A page shows pieces, never a raw string, so that no control character of a model can reorder or hide what a
person is asked to approve. Knows nothing of HTML: templates escape.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.domain.issue import Issue, Severity

_LABELS = {
    "\t": "TAB",
    "\u00a0": "NBSP",
    "\u00ad": "SHY",
    "\u034f": "CGJ",
    "\u061c": "ALM",
    "\u115f": "HCF",
    "\u1160": "HJF",
    "\u180e": "MVS",
    "\u200b": "ZWSP",
    "\u200c": "ZWNJ",
    "\u200d": "ZWJ",
    "\u200e": "LRM",
    "\u200f": "RLM",
    "\u2028": "LSEP",
    "\u2029": "PSEP",
    "\u202a": "LRE",
    "\u202b": "RLE",
    "\u202c": "PDF",
    "\u202d": "LRO",
    "\u202e": "RLO",
    "\u202f": "NNBSP",
    "\u2060": "WJ",
    "\u2066": "LRI",
    "\u2067": "RLI",
    "\u2068": "FSI",
    "\u2069": "PDI",
    "\u2800": "BLANK",
    "\u3164": "HF",
    "\ufeff": "BOM",
    "\uffa0": "HWHF",
    "\ufffd": "FFFD",
}
"""Short names of invisible characters, as Unicode's own charts abbreviate them."""

_JOINERS = "\u200c\u200d"
_SPACES = "\u00a0\u202f"
_HIDDEN_CATEGORIES = ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")

_SEVERITIES = list(Severity)


@dataclass(frozen=True)
class Piece:
    """A run of text shown in one way.

    `label` stands in place of a character that cannot be seen (`name` is its full name); `space` marks a
    no-break space, which is kept and only underlined. `issues` are the numbers (from 1) of the issues that
    cover it, `severity` is the worst of theirs, `closes` those that end with it.
    """

    text: str
    label: str = ""
    name: str = ""
    space: bool = False
    issues: tuple[int, ...] = ()
    severity: Severity | None = None
    closes: tuple[int, ...] = ()


def mark_text(text: str, issues: Sequence[Issue] = ()) -> list[Piece]:
    """The pieces of a text, in order.

    Issue spans are code-point offsets; they may overlap, and mark nothing when they are empty or end outside.
    """
    edges = {0, len(text)}
    for issue in issues:
        edges.update(place for place in (issue.start, issue.end) if place <= len(text))
    places = sorted(edges)
    pieces: list[Piece] = []
    for start, end in itertools.pairwise(places):
        run = _pieces(text, start, end, _covering(issues, start, end, len(text)))
        closes = tuple(number for number in run[-1].issues if issues[number - 1].end == end)
        pieces += [*run[:-1], replace(run[-1], closes=closes)]
    return pieces


def _covering(issues: Sequence[Issue], start: int, end: int, length: int) -> tuple[tuple[int, ...], Severity | None]:
    found = [
        (number, issue.severity)
        for number, issue in enumerate(issues, 1)
        if issue.start <= start and end <= issue.end <= length
    ]
    worst = max((severity for _, severity in found), key=_SEVERITIES.index, default=None)
    return tuple(number for number, _ in found), worst


def _pieces(text: str, start: int, end: int, covered: tuple[tuple[int, ...], Severity | None]) -> list[Piece]:
    issues, severity = covered
    pieces: list[Piece] = []
    plain = start
    for place in range(start, end):
        if not _needs_label(text, place):
            continue
        if plain < place:
            pieces.append(Piece(text[plain:place], issues=issues, severity=severity))
        pieces.append(_labelled(text[place], issues, severity))
        plain = place + 1
    if plain < end:
        pieces.append(Piece(text[plain:end], issues=issues, severity=severity))
    return pieces


def _labelled(character: str, issues: tuple[int, ...], severity: Severity | None) -> Piece:
    code = f"U+{ord(character):04X}"
    return Piece(
        text=character if character in _SPACES else "",
        label=_LABELS.get(character, code),
        name=f"{unicodedata.name(character, 'control character').lower()} ({code})",
        space=character in _SPACES,
        issues=issues,
        severity=severity,
    )


def _needs_label(text: str, place: int) -> bool:
    character = text[place]
    if character in _JOINERS:
        return not _joins(text, place)
    return character != "\n" and (character in _LABELS or unicodedata.category(character) in _HIDDEN_CATEGORIES)


def _joins(text: str, place: int) -> bool:
    """True for a joiner that shapes a script or an emoji: labelled there, it would break what it shapes."""
    before = text[place - 1] if place else " "
    return not before.isascii() and unicodedata.category(before)[0] in "LMS"
