"""Where reviewers draw the line: a brand's threshold in one locale, from what they approved and rejected.

A reviewer approves what stands above a line of their own, not without noise. Both the line and the noise are weighed
on a grid, beginning with the belief that the line is where it ships: thin evidence moves it little. Knows nothing of
texts and records.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["FEWEST_DECISIONS", "Judged", "Line", "fit_line"]

FEWEST_DECISIONS = 8
"""Decisions of a locale from which its line may move."""

FEWEST_OF_A_KIND = 2
"""Approvals, and rejections, that it takes: without both there is nothing between which the line could lie."""

_SURE = 0.9
"""Share of the belief that the interval holds."""

_BELIEF = 1.5
"""How far, in standings, the line of a brand may well lie from the shipped one: a standard deviation."""

_REACH = 6.0
_STEPS = 601
_SHARPNESS = (0.5, 1.0, 2.0, 4.0, 8.0)
"""How fast a reviewer's approval rises with the standing; which of them holds is not known before."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Judged:
    """The standing of one text, and whether a reviewer approved it."""

    standing: float
    approved: bool


@dataclass(frozen=True)
class Line:
    """A line in standings, and the interval that holds it nine times in ten."""

    value: float
    low: float
    high: float


def fit_line(judged: Sequence[Judged], shipped: float) -> Line | None:
    """Where the reviewers' line lies; None where there are too few decisions to move the shipped one."""
    approved = sum(each.approved for each in judged)
    if len(judged) < FEWEST_DECISIONS or min(approved, len(judged) - approved) < FEWEST_OF_A_KIND:
        return None
    lines = shipped + np.linspace(-_REACH, _REACH, _STEPS)
    belief = _beliefs(lines, judged) - (lines - shipped) ** 2 / (2 * _BELIEF**2)
    share = np.exp(belief - belief.max())
    share /= share.sum()
    below = np.cumsum(share)
    low, high = (float(lines[np.searchsorted(below, at)]) for at in ((1 - _SURE) / 2, (1 + _SURE) / 2))
    return Line(float(share @ lines), low, high)


def _beliefs(lines: Numbers, judged: Sequence[Judged]) -> Numbers:
    """Logarithm of how likely the decisions are for each line, whatever the sharpness."""
    sides = np.array([1.0 if each.approved else -1.0 for each in judged])
    above = sides * (np.array([each.standing for each in judged]) - lines[:, np.newaxis])
    each = [-np.logaddexp(0, -sharpness * above).sum(axis=1) for sharpness in _SHARPNESS]
    return np.asarray(np.logaddexp.reduce(each, axis=0))
