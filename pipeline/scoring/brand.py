"""Does the copy stand for what the brand stands for?

The score is a probability, and the threshold between on brand and off brand accepts a stated share of other
brands' copy. Both mean the same in every language: see `calibration`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import regex

from pipeline.domain.assessment import BrandVerdict, LanguageVerdict, Score
from pipeline.scoring.calibration import BrandCalibration, PlacedText
from pipeline.scoring.lifting import is_lifted, is_stuffed
from pipeline.scoring.profile import BrandProfile

__all__ = ["NAME", "BrandResult", "Evidence", "score_brand"]

NAME = "brand"

_FEWEST_WORDS = 2
_FEWEST_LETTERS = 8
_FEWEST_SIGNS = 4
"""Signs (Chinese, Japanese, Korean) that make a text long enough: each is a syllable or a word."""

_LETTER = regex.compile(r"\p{L}")
_SIGN = regex.compile(r"[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]")
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+")


@dataclass(frozen=True)
class BrandResult:
    """A score named `brand` and the verdict drawn from it."""

    score: Score
    verdict: BrandVerdict


@dataclass(frozen=True)
class Evidence:
    """What is known of one text, whatever the brand; `placed` is None without a calibration for the encoder."""

    text: str
    language: LanguageVerdict
    placed: PlacedText | None


def score_brand(profile: BrandProfile, evidence: Evidence, calibration: BrandCalibration | None) -> BrandResult:
    """Score one text against a brand.

    Copy in another language than wanted, and copy made of the brand's own lines or words, is worth 0 and not
    judged: neither can win. A text too short to tell has a score without a verdict. An encoder without a
    calibration of its own gives no score: a number of another encoder would be wrong.
    """
    if void := _void(profile, evidence):
        return _not_judged(0, void)
    if calibration is None or evidence.placed is None:
        return _not_judged(None, "There is no calibration for this encoder: its numbers would mean nothing.")
    standing = evidence.placed.standing(profile.vectors)
    value = calibration.probability(standing)
    if _is_too_short(evidence.text):
        return _not_judged(value, "The text is too short to tell what it stands for.")
    verdict: BrandVerdict = "on_brand" if value >= calibration.threshold else "off_brand"
    explanation = _explain(value, profile, evidence.placed, calibration)
    return BrandResult(Score(name=NAME, value=value, explanation=explanation), verdict)


def _void(profile: BrandProfile, evidence: Evidence) -> str | None:
    """Why a text cannot score, or None."""
    if evidence.language == "mismatch":
        return "The text is not in the language that was wanted."
    if is_lifted(evidence.text, profile.lines):
        return "The text holds one of the brand's own lines: a score cannot be won by copying."
    if is_stuffed(evidence.text, profile.lines):
        return "The text is strung together from the brand's own words: a score cannot be won by repeating them."
    return None


def _is_too_short(text: str) -> bool:
    if len(_SIGN.findall(text)) >= _FEWEST_SIGNS:
        return False
    return len(_LETTER.findall(text)) < _FEWEST_LETTERS or len(_WORD.findall(text)) < _FEWEST_WORDS


def _not_judged(value: float | None, reason: str) -> BrandResult:
    return BrandResult(Score(name=NAME, value=value, explanation=f"Not judged: {reason}"), "undetermined")


def _explain(value: float, profile: BrandProfile, placed: PlacedText, calibration: BrandCalibration) -> str:
    threshold = calibration.threshold
    distance = f"{abs(value - threshold):.1%} {'over' if value >= threshold else 'under'} the threshold of"
    share = placed.share_further(profile.vectors)
    return (
        f"It speaks for the brand with a probability of {value:.1%}, {distance} {threshold:.1%}. "
        f"It is nearer to the brand than to {share:.0%} of {len(placed.background)} invented brands. "
        f"{_name_nearest(profile, placed)}"
    )


def _name_nearest(profile: BrandProfile, placed: PlacedText) -> str:
    """The pillar whose line is nearest, and the exemplar that is."""
    cosines = profile.vectors @ placed.vector
    pillar = f"Nearest pillar: {profile.pillars[int(cosines.argmax())]}"
    if all(profile.statements):
        return f"{pillar}."
    exemplar = int(np.where(profile.statements, -np.inf, cosines).argmax())
    return f"{pillar}; nearest exemplar: “{profile.lines[exemplar]}”."
