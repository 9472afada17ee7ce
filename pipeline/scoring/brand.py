"""Does the copy stand for what the brand stands for?

The score is a probability, and the threshold between on brand and off brand accepts a stated share of other
brands' copy. Both mean the same in every language: see `calibration`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import regex

from pipeline.domain.assessment import BrandVerdict, LanguageVerdict, Score
from pipeline.scoring.calibration import BrandCalibration, PlacedText
from pipeline.scoring.lifting import TextWords
from pipeline.scoring.profile import BrandProfile, NamedLines

__all__ = ["NAME", "BrandResult", "Evidence", "score_brand"]

NAME = "brand"

_FEWEST_WORDS = 2
_FEWEST_LETTERS = 8
_FEWEST_SIGNS = 4
"""Signs (Chinese, Japanese, Korean) that make a text long enough: each is a syllable or a word."""

_TAKEN_UP = 1.0
"""Standing of a pillar's nearest line from which a text has something to do with the pillar."""

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
    locale: str
    language: LanguageVerdict
    placed: PlacedText | None

    @cached_property
    def words(self) -> TextWords:
        """The text, word by word."""
        return TextWords.of(self.text)

    @cached_property
    def is_too_short(self) -> bool:
        """Whether the text is too short to tell what it stands for."""
        if len(_SIGN.findall(self.text)) >= _FEWEST_SIGNS:
            return False
        return len(_LETTER.findall(self.text)) < _FEWEST_LETTERS or len(_WORD.findall(self.text)) < _FEWEST_WORDS


def score_brand(
    profile: BrandProfile,
    evidence: Evidence,
    calibration: BrandCalibration | None,
    thresholds: Mapping[str, float] | None = None,
) -> BrandResult:
    """Score one text against a brand; `thresholds` are the brand's own by locale, where reviewers set some.

    Copy in another language than wanted, and copy made of the brand's own lines or words, is worth 0 and not
    judged: neither can win. A text too short to tell has a score without a verdict. An encoder without a
    calibration of its own, or not made for the language, gives no score: the number would be wrong.
    """
    if void := _void(profile, evidence):
        return _not_judged(0, void)
    if calibration is None or evidence.placed is None:
        return _not_judged(None, "There is no calibration for this encoder: its numbers would mean nothing.")
    if not calibration.holds_for(evidence.locale):
        return _not_judged(None, f"The encoder was made for {', '.join(calibration.only)}, not for {evidence.locale}.")
    pulled = _counter_pull(profile, evidence.placed)
    value = calibration.probability(evidence.placed.standing(profile.compared.vectors) - pulled)
    if evidence.is_too_short:
        return _not_judged(value, "The text is too short to tell what it stands for.")
    threshold = (thresholds or {}).get(evidence.locale, calibration.threshold)
    verdict: BrandVerdict = "on_brand" if value >= threshold else "off_brand"
    reasons = [_distance(value, threshold), _share(profile, evidence.placed), _name_nearest(profile, evidence.placed)]
    if pulled:
        reasons.append(_name_counter(profile, evidence.placed))
    if verdict == "off_brand":
        reasons.append(_name_missed(profile, evidence.placed))
    explanation = " ".join(filter(None, reasons))
    return BrandResult(Score(name=NAME, value=value, explanation=explanation), verdict)


def _void(profile: BrandProfile, evidence: Evidence) -> str | None:
    """Why a text cannot score, or None."""
    if evidence.language == "mismatch":
        return "The text is not in the language that was wanted."
    if profile.own_words.is_lifted(evidence.words):
        return "The text holds one of the brand's own lines: a score cannot be won by copying."
    if profile.own_words.is_stuffed(evidence.words):
        return "The text is strung together from the brand's own words: a score cannot be won by repeating them."
    return None


def _not_judged(value: float | None, reason: str) -> BrandResult:
    return BrandResult(Score(name=NAME, value=value, explanation=f"Not judged: {reason}"), "undetermined")


def _counter_pull(profile: BrandProfile, placed: PlacedText) -> float:
    """How much a counter-exemplar takes away, in standard deviations: what it is nearer than any line of the brand."""
    if not profile.counter_exemplars.lines:
        return 0.0
    counter = float((profile.counter_exemplars.vectors @ placed.vector).max())
    return placed.excess(counter, over=float((profile.compared.vectors @ placed.vector).max()))


def _distance(value: float, threshold: float) -> str:
    side = "over" if value >= threshold else "under"
    distance = f"{abs(value - threshold):.1%} {side} the threshold of {threshold:.1%}"
    return f"It speaks for the brand with a probability of {value:.1%}, {distance}."


def _share(profile: BrandProfile, placed: PlacedText) -> str:
    share = placed.share_further(profile.compared.vectors)
    return f"It is nearer to the brand than to {share:.0%} of {len(placed.background)} invented brands."


def _name_nearest(profile: BrandProfile, placed: PlacedText) -> str:
    """The pillar whose line is nearest, and the exemplar that is."""
    pillar = f"Nearest pillar: {profile.compared.pillars[_nearest(profile.compared, placed)]}"
    if not profile.exemplars.lines:
        return f"{pillar}."
    return f"{pillar}; nearest exemplar: “{profile.exemplars.lines[_nearest(profile.exemplars, placed)]}”."


def _name_counter(profile: BrandProfile, placed: PlacedText) -> str:
    line = profile.counter_exemplars.lines[_nearest(profile.counter_exemplars, placed)]
    return f"Pulled down: it is nearer to what the brand must not sound like, “{line}”, than to any pillar."


def _name_missed(profile: BrandProfile, placed: PlacedText) -> str:
    """The pillars that a text has nothing to do with."""
    standing: dict[str, float] = {}
    for pillar, cosine in zip(profile.compared.pillars, profile.compared.vectors @ placed.vector, strict=True):
        standing[pillar] = max(placed.deviations(float(cosine)), standing.get(pillar, -np.inf))
    missed = [pillar for pillar, value in standing.items() if value < _TAKEN_UP]
    return f"Not taken up: {', '.join(missed)}." if missed else ""


def _nearest(named: NamedLines, placed: PlacedText) -> int:
    return int((named.vectors @ placed.vector).argmax())
