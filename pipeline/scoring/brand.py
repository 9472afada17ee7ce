"""Does the copy stand for what the brand stands for?

The score is a probability, and the threshold between on brand and off brand accepts a stated share of other
brands' copy. Both mean the same in every language: see `calibration`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import regex

from pipeline.domain.assessment import BrandVerdict, LanguageVerdict, Score
from pipeline.scoring.calibration import BrandCalibration, PlacedText
from pipeline.scoring.cohort import mean_of_highest
from pipeline.scoring.lifting import TextWords
from pipeline.scoring.ports import Embeddings
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
    reading = _Reading(profile, evidence.placed)
    value = calibration.probability(evidence.placed.deviations(reading.near) - reading.pulled)
    if evidence.is_too_short:
        return _not_judged(value, "The text is too short to tell what it stands for.")
    threshold = (thresholds or {}).get(evidence.locale, calibration.threshold)
    verdict: BrandVerdict = "on_brand" if value >= threshold else "off_brand"
    reasons = [_distance(value, threshold), reading.share, reading.nearest]
    if reading.pulled:
        reasons.append(reading.counter)
    if verdict == "off_brand":
        reasons.append(reading.missed)
    return BrandResult(Score(name=NAME, value=value, explanation=" ".join(filter(None, reasons))), verdict)


@dataclass(frozen=True)
class _Reading:
    """One text beside one brand, and what there is to say about it."""

    profile: BrandProfile
    placed: PlacedText

    @cached_property
    def cosines(self) -> Embeddings:
        """To each line that is compared."""
        return self.profile.compared.vectors @ self.placed.vector

    @cached_property
    def near(self) -> float:
        """Nearness to the brand."""
        return float(mean_of_highest(self.cosines))

    @cached_property
    def pulled(self) -> float:
        """What a counter-exemplar takes away, in standard deviations: what it is nearer than any line of the brand."""
        if not self.profile.counter_exemplars.lines:
            return 0.0
        counter = float((self.profile.counter_exemplars.vectors @ self.placed.vector).max())
        return self.placed.excess(counter, over=float(self.cosines.max()))

    @property
    def share(self) -> str:
        """How many of the invented brands it is further from."""
        share = self.placed.share_further(self.near)
        return f"It is nearer to the brand than to {share:.0%} of {len(self.placed.background)} invented brands."

    @property
    def nearest(self) -> str:
        """The pillar whose line is nearest, and the exemplar that is."""
        pillar = f"Nearest pillar: {self.profile.compared.pillars[int(self.cosines.argmax())]}"
        if not self.profile.exemplars.lines:
            return f"{pillar}."
        return f"{pillar}; nearest exemplar: “{self._line_nearest(self.profile.exemplars)}”."

    @property
    def counter(self) -> str:
        """The counter-exemplar that pulled it down."""
        line = self._line_nearest(self.profile.counter_exemplars)
        return f"Pulled down: it is nearer to what the brand must not sound like, “{line}”, than to any pillar."

    @property
    def missed(self) -> str:
        """The pillars that it has nothing to do with."""
        highest: dict[str, float] = {}
        for pillar, cosine in zip(self.profile.compared.pillars, self.cosines.tolist(), strict=True):
            highest[pillar] = max(cosine, highest.get(pillar, -1.0))
        missed = [pillar for pillar, cosine in highest.items() if self.placed.deviations(cosine) < _TAKEN_UP]
        return f"Not taken up: {', '.join(missed)}." if missed else ""

    def _line_nearest(self, named: NamedLines) -> str:
        return named.lines[int((named.vectors @ self.placed.vector).argmax())]


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


def _distance(value: float, threshold: float) -> str:
    side = "over" if value >= threshold else "under"
    distance = f"{abs(value - threshold):.1%} {side} the threshold of {threshold:.1%}"
    return f"It speaks for the brand with a probability of {value:.1%}, {distance}."
