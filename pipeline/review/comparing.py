"""Two texts side by side, with the words that differ marked."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

import regex

from pipeline.review.marking import Piece, mark_text

_TOKEN = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]\p{M}*|[\p{L}\p{M}\p{N}_]+|\s+|.", regex.S
)
"""A word; a single character where a script writes no spaces; a run of spaces; a mark."""

_MOST = 4_000_000
"""Token pairs up to which words are aligned: beyond it a hostile text would hold the desk for minutes."""


@dataclass(frozen=True)
class Run:
    """A stretch of one text; `changed` when the other text has something else there."""

    pieces: list[Piece]
    changed: bool


@dataclass(frozen=True)
class Comparison:
    """The stretches of both texts, in order."""

    theirs: list[Run]
    mine: list[Run]


def compare_words(theirs: str, mine: str) -> Comparison:
    """Align two texts word by word."""
    left, right = _TOKEN.findall(theirs), _TOKEN.findall(mine)
    if len(left) * len(right) > _MOST:
        return Comparison([_run(left, changed=True)], [_run(right, changed=True)])
    comparison = Comparison([], [])
    for kind, i, j, k, m in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        for side, words in ((comparison.theirs, left[i:j]), (comparison.mine, right[k:m])):
            if words:
                side.append(_run(words, changed=kind != "equal"))
    return comparison


def _run(words: list[str], *, changed: bool) -> Run:
    return Run(mark_text("".join(words)), changed)
