"""Does the copy stand for what the brand stands for?

The score is a share: how much generic copy stands further from the brand than this text does. It means the
same in every language, because nearness is read against generic copy of that language.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import regex

from pipeline.domain.assessment import BrandVerdict, LanguageVerdict, Score
from pipeline.scoring.background import Backdrop
from pipeline.scoring.ports import Embeddings
from pipeline.scoring.profile import BrandProfile, Profiles

__all__ = ["NAME", "ON_BRAND", "BrandProfile", "BrandResult", "Profiles", "score_brand"]

NAME = "brand"

ON_BRAND = 0.95
"""Score from which copy is on brand: one generic text in twenty is accepted by mistake."""

_FEWEST_BACKGROUND_TEXTS = 8
_FEWEST_WORDS = 2
_FEWEST_LETTERS = 8
_FEWEST_SIGNS = 4
"""Signs (Chinese, Japanese, Korean) that make a text long enough: each is a syllable or a word."""

_LETTER = regex.compile(r"\p{L}")
_SIGN = regex.compile(r"[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]")
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+")
_SEPARATORS = regex.compile(r"[^\p{L}\p{M}\p{N}]+")


@dataclass(frozen=True)
class BrandResult:
    """A score named `brand` and the verdict drawn from it."""

    score: Score
    verdict: BrandVerdict


def score_brand(
    profile: BrandProfile,
    vector: Embeddings,
    backdrop: Backdrop,
    language: LanguageVerdict,
    text: str,
) -> BrandResult:
    """Score one text, with its unit vector of shape (dimensions,), against a brand.

    Copy in another language than wanted, and copy lifted from the brand's own lines, is worth 0 and not
    judged: neither can win. A text too short to tell has a score without a verdict. Without enough generic
    copy there is no score.
    """
    if language == "mismatch":
        return _not_judged(0, "The text is not in the language that was wanted.")
    if _is_lifted(text, profile):
        return _not_judged(0, "The text is one of the brand's own lines: a score cannot be won by copying.")
    if len(backdrop.near) < _FEWEST_BACKGROUND_TEXTS:
        return _not_judged(None, "There is too little generic copy to compare it with.")
    value = _share_further_away(profile, vector, backdrop)
    if _is_too_short(text):
        return _not_judged(value, "The text is too short to tell what it stands for.")
    verdict: BrandVerdict = "on_brand" if value >= ON_BRAND else "off_brand"
    return BrandResult(Score(name=NAME, value=value, explanation=_explain(value, profile, vector)), verdict)


def _share_further_away(profile: BrandProfile, vector: Embeddings, backdrop: Backdrop) -> float:
    """The normal share of generic copy that is further from the brand.

    The mean is that of copy near the text. The spread is that of all copy: a dozen texts tell a mean, but
    hardly a spread.
    """
    here = float(profile.nearness(backdrop.centred(vector[np.newaxis]))[0])
    generic = float(profile.nearness(backdrop.centred(backdrop.near)).mean())
    spread = float(profile.nearness(backdrop.centred(backdrop.all)).std())
    return _normal_share((here - generic) / max(spread, 1e-6))


def _normal_share(z: float) -> float:
    """The cumulative distribution function of the standard normal distribution."""
    return (1 + math.erf(z / math.sqrt(2))) / 2


def _is_lifted(text: str, profile: BrandProfile) -> bool:
    folded = _fold(text)
    return any(folded == _fold(line) for line in profile.lines)


def _fold(text: str) -> str:
    return _SEPARATORS.sub(" ", text.casefold()).strip()


def _is_too_short(text: str) -> bool:
    if len(_SIGN.findall(text)) >= _FEWEST_SIGNS:
        return False
    return len(_LETTER.findall(text)) < _FEWEST_LETTERS or len(_WORD.findall(text)) < _FEWEST_WORDS


def _not_judged(value: float | None, reason: str) -> BrandResult:
    return BrandResult(Score(name=NAME, value=value, explanation=f"Not judged: {reason}"), "undetermined")


def _explain(value: float, profile: BrandProfile, vector: Embeddings) -> str:
    cosines = profile.vectors @ vector
    nearest = int(cosines.argmax())
    kind = "statement" if profile.statements[nearest] else "exemplar"
    distance = f"{abs(value - ON_BRAND):.1%} {'over' if value >= ON_BRAND else 'under'} the threshold of {ON_BRAND:.0%}"
    return (
        f"Nearer to the brand than {value:.1%} of generic copy, {distance}. "
        f"Nearest pillar: {profile.pillars[nearest]}; nearest {kind}: “{profile.lines[nearest]}”."
    )
