"""The brand score as a small picture: where a text stands between 0 and 1, and where the threshold is."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.domain.assessment import BrandVerdict, Score
from pipeline.review.marking import Piece, mark_text
from pipeline.review.wording import words_of

WIDTH = 200
"""Units of the picture from 0 to 1."""


@dataclass(frozen=True)
class Line:
    """What is said below the picture, under a heading."""

    heading: str
    text: list[Piece]


@dataclass(frozen=True)
class Scale:
    """Places on the scale in 0..WIDTH; None where there is no score, or no threshold."""

    verdict: BrandVerdict
    verdict_words: str
    mark: float | None
    threshold: float | None
    told: str
    lines: list[Line]


def view_scale(score: Score) -> Scale | None:
    """The picture of a brand score; None for other scores, and for those stored before readings were."""
    reading = score.reading
    if reading is None:
        return None
    found = [("Nearest pillar", reading.pillar), ("Nearest exemplar", reading.exemplar)]
    heading = "Not judged" if reading.verdict == "undetermined" else "Against it"
    against = [(heading, sentence) for sentence in reading.pulled_down]
    return Scale(
        verdict=reading.verdict,
        verdict_words=words_of(reading.verdict),
        mark=_place(score.value),
        threshold=_place(reading.threshold),
        told=_told(score.value, reading.threshold),
        lines=[Line(heading, mark_text(text)) for heading, text in (*found, *against) if text],
    )


def _place(value: float | None) -> float | None:
    return None if value is None else round(WIDTH * value, 1)


def _told(value: float | None, threshold: float | None) -> str:
    """The picture in words, for whoever does not see it."""
    score = "No score can be told" if value is None else f"The score is {value:.2f}"
    return f"{score}." if threshold is None else f"{score}; the threshold is {threshold:.2f}."
