"""Does the copy say what the source says?"""

from __future__ import annotations

import numpy as np

from pipeline.domain.assessment import Score
from pipeline.scoring.background import Backdrop
from pipeline.scoring.ports import Embeddings

NAME = "adequacy"

_SAME_MEANING = 1.0
_NO_ROOM = 1e-6
"""Room above unrelated copy (cosine) under which nothing can be told apart."""


def score_adequacy(source: Embeddings | None, text: Embeddings, backdrop: Backdrop) -> Score:
    """Score how near a text is to its source: 0 as near as unrelated copy of its language, 1 the same meaning.

    `source` and `text` are unit vectors, shape (dimensions,). Without a source or generic copy the value is None.
    """
    if source is None:
        return Score(name=NAME, explanation="There is no source to compare it with.")
    if not len(backdrop.near):
        return Score(name=NAME, explanation="There is no generic copy to compare it with.")
    likeness = float(source @ text)
    unrelated = float((backdrop.near @ source).mean())
    room = max(_SAME_MEANING - unrelated, _NO_ROOM)
    value = float(np.clip((likeness - unrelated) / room, 0, 1))
    return Score(name=NAME, value=value, explanation=_explain(value, likeness, unrelated, backdrop))


def _explain(value: float, likeness: float, unrelated: float, backdrop: Backdrop) -> str:
    where = "in its language" if backdrop.own else "in other languages"
    return (
        f"It covers {value:.0%} of the way from unrelated copy {where} to the meaning of the source "
        f"(likeness {likeness:.2f}; unrelated copy has {unrelated:.2f})."
    )
