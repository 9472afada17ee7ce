"""The order in which a reviewer sees candidates: the best first, then good ones that differ from it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.domain.assessment import LanguageFinding
from pipeline.domain.candidate import Candidate
from pipeline.scoring.ports import Embeddings

WEIGHTS = {"adequacy": 0.27, "brand": 0.25, "language": 0.25, "issues": 0.15, "fluency": 0.08}
"""What a candidate's worth is made of; the parts sum to 1 and each lies in 0..1.

Meaning, brand and language weigh nearly the same, because copy that loses one of them is of no use. Language is how
clearly a text is in the wanted one: a text that keeps half of its source's words blocks nothing, and is like its
source in meaning. Issues that do not block come next. Fluency, the model's own log-probability, is weak evidence:
models like dull copy.
"""

_HALF_WORTH = 5
"""MQM penalty that halves the worth of `issues`: that of one major issue."""

_UNKNOWN = 0.5
"""The worth of a part that could not be told: neither an advantage nor a fault."""

Worths = NDArray[np.float64]


def rerank(candidates: Sequence[Candidate], vectors: Embeddings, *, diversity: float = 0.3) -> list[int]:
    """Order candidates, as indices into them, best first; one with a blocking issue comes after all without.

    `vectors` has shape (candidates, dimensions), unit rows. `diversity` is the weight, in 0..1, of being
    unlike the candidates before it.
    """
    if len(candidates) != len(vectors):
        raise ValueError(f"{len(candidates)} candidates, but {len(vectors)} vectors")
    worths = _worths(candidates)
    order: list[int] = []
    for blocked in (False, True):
        group = [index for index, candidate in enumerate(candidates) if candidate.assessment.blocked is blocked]
        order += (group[place] for place in mmr(worths[group], vectors[group], diversity=diversity))
    return order


def mmr(relevance: Worths, vectors: Embeddings, *, diversity: float) -> list[int]:
    """Order by maximal marginal relevance (Carbonell and Goldstein 1998), the most relevant first.

    Each next item has the highest `(1 - diversity) * relevance - diversity * likeness`, where likeness is the
    highest cosine to any item before it. Ties go to the earlier item.
    """
    likeness = np.asarray(vectors @ vectors.T, dtype=np.float64)
    left, order = list(range(len(relevance))), list[int]()
    while left:
        nearest = likeness[np.ix_(left, order)].max(axis=1) if order else np.zeros(len(left))
        marginal = (1 - diversity) * relevance[left] - diversity * nearest
        order.append(left.pop(int(marginal.argmax())))
    return order


def _worths(candidates: Sequence[Candidate]) -> Worths:
    """The weighted sum of the parts, shape (candidates,)."""
    fluency = _fluency([candidate.log_probability for candidate in candidates])
    parts = [
        {
            "adequacy": _known(candidate.assessment.score("adequacy")),
            "brand": _known(candidate.assessment.score("brand")),
            "language": _wanted(candidate.assessment.language),
            "issues": _HALF_WORTH / (_HALF_WORTH + candidate.assessment.penalty),
            "fluency": fluent,
        }
        for candidate, fluent in zip(candidates, fluency, strict=True)
    ]
    return np.array([sum(WEIGHTS[name] * part[name] for name in WEIGHTS) for part in parts], dtype=np.float64)


def _fluency(log_probabilities: Sequence[float | None]) -> list[float]:
    """Log-probabilities scaled to 0..1 over the candidates."""
    known = [value for value in log_probabilities if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    if high == low:
        return [_UNKNOWN] * len(log_probabilities)
    return [_UNKNOWN if value is None else (value - low) / (high - low) for value in log_probabilities]


def _wanted(finding: LanguageFinding) -> float:
    """How clearly a text is in the wanted language: above a half where it is, a half where nobody can tell."""
    if finding.verdict == "match":
        return (1 + finding.confidence) / 2
    return _UNKNOWN if finding.verdict == "undetermined" else 0.0


def _known(value: float | None) -> float:
    return _UNKNOWN if value is None else value
