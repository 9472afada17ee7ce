"""Which lines a model is shown as examples: approved ones first, then the nearest in meaning and channel."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.domain.locale_pack import LocalePack
from pipeline.domain.prompt import Example

EXAMPLES = 6
"""Pairs shown at most: more of them lengthen every prompt and, measured on the embedded model, change little."""

BUDGET = 1_500
"""Code points of all shown pairs together, sources and targets: about 500 tokens of most scripts."""

SAME_CHANNEL = 0.05
"""What being written for the same channel is worth beside likeness of meaning (cosine of e5, where texts of any two
topics already reach 0.8)."""


def examples_of(pack: LocalePack) -> tuple[Example, ...]:
    """The pairs of a locale's pack."""
    return tuple(Example(channel=pair.channel, source=pair.source, target=pair.target) for pair in pack.pairs)


def choose_examples(pool: Sequence[Example], likeness: Sequence[float], channel: str) -> tuple[Example, ...]:
    """The examples to show, best last, nearest to the source that follows them.

    `likeness` holds for each example how like its source is to the one to be written for. Approved copy goes before
    the pack's pairs; then likeness and channel decide, then the order of the pool. An example that would break the
    budget is left out, a shorter one after it is not.
    """
    scores = [
        (example.decision is not None, round(alike + SAME_CHANNEL * (example.channel == channel), 2))
        for example, alike in zip(pool, likeness, strict=True)
    ]
    chosen: list[Example] = []
    room = BUDGET
    # Sorting is stable, and rounded likeness leaves to the pool's order what another machine might turn round.
    for index in sorted(range(len(pool)), key=lambda index: scores[index], reverse=True):
        length = len(pool[index].source) + len(pool[index].target)
        if len(chosen) < EXAMPLES and length <= room:
            chosen.append(pool[index])
            room -= length
    return tuple(reversed(chosen))
