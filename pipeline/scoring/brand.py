"""Does the copy stand for what the brand stands for?

The score is a probability, and the threshold between on brand and off brand accepts a stated share of other
brands' copy. Both mean the same in every language: see `calibration`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import compress
from typing import NamedTuple, Self

import numpy as np
import regex
from numpy.typing import NDArray

from pipeline.domain.assessment import BrandReading, BrandVerdict, LanguageVerdict, Score
from pipeline.scoring.calibration import BrandCalibration, PlacedTexts
from pipeline.scoring.cohort import mean_of_highest
from pipeline.scoring.lifting import TextWords
from pipeline.scoring.ports import Embeddings
from pipeline.scoring.profile import BrandProfile

__all__ = ["NAME", "BrandResult", "Evidence", "score_brand"]

NAME = "brand"

_FEWEST_WORDS = 2
_FEWEST_LETTERS = 8
_FEWEST_SIGNS = 4
"""Signs (Chinese, Japanese, Korean) that make a text long enough: each is a syllable or a word."""

_TAKEN_UP = 1.0
"""Standing of a pillar's nearest line from which a text has something to do with the pillar."""

_AGAINST_VOICE = 1.0
"""Standard deviations by which copy is nearer to a trait that the brand avoids than to any it has, before it is told.

Of 14 sentences that sound like what the sample brand avoids 43 % are told, of 21 in its own voice 5 %.
"""

_COUNTER = "Pulled down: it is nearer to what the brand must not sound like, “{}”, than to any pillar."
_VOICE = "Another voice: it sounds more like “{}”, which the brand avoids, than like any trait it has."

_LETTER = regex.compile(r"\p{L}")
_SIGN = regex.compile(r"[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]")
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+")


class BrandResult(NamedTuple):
    """The score of one text, the verdict drawn from it, and the line between the verdicts, where there is one.

    A text that is not judged has a `reason`; of another the `readings` have more to say, at its place.
    """

    value: float | None
    verdict: BrandVerdict
    threshold: float | None
    reason: str
    readings: _Readings | None = None
    place: int = 0

    @property
    def score(self) -> Score:
        """The score named `brand`; its explanation is put into words when it is asked for."""
        if self.readings is None:
            told = BrandReading(verdict=self.verdict, threshold=self.threshold, pulled_down=(self.reason,))
            return Score(name=NAME, value=self.value, explanation=f"Not judged: {self.reason}", reading=told)
        reading = self.readings.at(self.place)
        pulled = (reading.counter, reading.voice, reading.missed if self.verdict == "off_brand" else "")
        told = BrandReading(
            verdict=self.verdict,
            threshold=self.threshold,
            pillar=reading.pillar,
            exemplar=reading.exemplar,
            pulled_down=tuple(filter(None, pulled)),
        )
        sentences = (_distance(self.value or 0, self.threshold or 0), reading.share, _nearest(told), *told.pulled_down)
        return Score(name=NAME, value=self.value, explanation=" ".join(sentences), reading=told)


@dataclass(frozen=True)
class Evidence:
    """What is known of one text, whatever the brand."""

    text: str
    locale: str
    language: LanguageVerdict

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
    evidence: Sequence[Evidence],
    placed: PlacedTexts | None,
    calibration: BrandCalibration | None,
    thresholds: Mapping[str, float] | None = None,
) -> list[BrandResult]:
    """Score texts against a brand; `placed` are the same texts as the calibration sees them, None without one.

    `thresholds` are the brand's own by locale, where reviewers set some. Copy in another language than wanted, and copy
    made of the brand's own lines or words, is worth 0 and not judged: neither can win. A text too short to tell has a
    score without a verdict. An encoder without a calibration of its own, or not made for the language, gives no score:
    the number would be wrong.
    """
    if calibration is None or placed is None:
        voids = [_void(profile, each) for each in evidence]
        reason = "There is no calibration for this encoder: its numbers would mean nothing."
        return [BrandResult(0 if void else None, "undetermined", None, void or reason) for void in voids]
    bench = _Bench(profile, calibration, thresholds or {}, _Readings.of(profile, placed))
    values = calibration.probabilities(bench.readings.standings).tolist()
    return [bench.judge(each, place, value) for place, (each, value) in enumerate(zip(evidence, values, strict=True))]


@dataclass(frozen=True)
class _Bench:
    """Where one brand's copy is judged."""

    profile: BrandProfile
    calibration: BrandCalibration
    thresholds: Mapping[str, float]
    readings: _Readings

    def judge(self, evidence: Evidence, place: int, value: float) -> BrandResult:
        """The score and the verdict of the text at a place."""
        threshold = self.thresholds.get(evidence.locale, self.calibration.threshold)
        if void := _void(self.profile, evidence):
            return BrandResult(0, "undetermined", threshold, void)
        if not self.calibration.holds_for(evidence.locale):
            only = ", ".join(self.calibration.only)
            reason = f"The encoder was made for {only}, not for {evidence.locale}."
            return BrandResult(None, "undetermined", None, reason)
        if evidence.is_too_short:
            return BrandResult(value, "undetermined", threshold, "The text is too short to tell what it stands for.")
        verdict: BrandVerdict = "on_brand" if value >= threshold else "off_brand"
        return BrandResult(value, verdict, threshold, "", self.readings, place)


class _Reading(NamedTuple):
    """What there is to say about one text beside one brand."""

    share: str
    pillar: str
    exemplar: str
    counter: str
    voice: str
    missed: str


@dataclass(frozen=True)
class _Readings:
    """Many texts beside one brand, in numbers: all that can be is reckoned for all texts at once.

    `pulled` is what a counter-exemplar takes away, `against` how much nearer a text is to a trait avoided than to any
    of the brand's own, both in standard deviations; `missed`, shape (texts, pillars), which pillars it leaves out.
    """

    profile: BrandProfile
    standings: NDArray[np.float64]
    shares: NDArray[np.float64]
    brands: int
    lines: NDArray[np.intp]
    exemplars: NDArray[np.intp]
    counters: NDArray[np.intp]
    pulled: NDArray[np.float64]
    avoided: NDArray[np.intp]
    against: NDArray[np.float64]
    missed: NDArray[np.bool_]

    @classmethod
    def of(cls, profile: BrandProfile, placed: PlacedTexts) -> Self:
        """Hold texts against every line of a brand."""
        # One product for all lines: many small ones cost more than they reckon.
        everything = placed.vectors @ profile.vectors.T
        cosines = everything[:, profile.compared.rows]
        near = mean_of_highest(cosines)
        exemplars, counters, heard, avoided = (
            _Nearest.of(everything[:, named.rows])
            for named in (profile.exemplars, profile.counter_exemplars, profile.traits, profile.avoided)
        )
        pulled = placed.excess(counters.cosines, cosines.max(axis=1))
        return cls(
            profile=profile,
            standings=placed.deviations(near) - pulled,
            shares=placed.share_further(near),
            brands=placed.backgrounds.shape[1],
            lines=cosines.argmax(axis=1),
            exemplars=exemplars.places,
            counters=counters.places,
            pulled=pulled,
            avoided=avoided.places,
            against=placed.excess(avoided.cosines, heard.cosines) * bool(profile.traits.lines),
            missed=placed.deviations(_highest_by_pillar(profile, cosines)) < _TAKEN_UP,
        )

    def at(self, place: int) -> _Reading:
        """What there is to say about one text."""
        profile = self.profile
        missed = ", ".join(compress(profile.pillars, self.missed[place].tolist()))
        counter = _COUNTER.format(profile.counter_exemplars.lines[self.counters[place]]) if self.pulled[place] else ""
        against = self.against[place] >= _AGAINST_VOICE
        return _Reading(
            share=f"It is nearer to the brand than to {self.shares[place]:.0%} of {self.brands} invented brands.",
            pillar=profile.compared.names[self.lines[place]],
            exemplar=profile.exemplars.lines[self.exemplars[place]] if profile.exemplars.lines else "",
            counter=counter,
            voice=_VOICE.format(profile.avoided.names[self.avoided[place]]) if against else "",
            missed=f"Not taken up: {missed}." if missed else "",
        )


def _highest_by_pillar(profile: BrandProfile, cosines: Embeddings) -> Embeddings:
    """The highest cosine to a line of each pillar, shape (texts, pillars)."""
    names = profile.compared.names
    lines = [[place for place, name in enumerate(names) if name == pillar] for pillar in profile.pillars]
    return np.stack([cosines[:, places].max(axis=1) for places in lines], axis=1)


@dataclass(frozen=True)
class _Nearest:
    """The line that each text is nearest to, as its place, and how near: -1, and place 0, where there are no lines."""

    places: NDArray[np.intp]
    cosines: Embeddings

    @classmethod
    def of(cls, cosines: Embeddings) -> Self:
        if not cosines.shape[1]:
            return cls(np.zeros(len(cosines), dtype=np.intp), np.full(len(cosines), -1.0, dtype=np.float32))
        return cls(cosines.argmax(axis=1), cosines.max(axis=1))


def _void(profile: BrandProfile, evidence: Evidence) -> str | None:
    """Why a text cannot score, or None."""
    if evidence.language == "mismatch":
        return "The text is not in the language that was wanted."
    if not profile.own_words.may_be_source_of(evidence.words):
        return None
    if profile.own_words.is_lifted(evidence.words):
        return "The text holds one of the brand's own lines: a score cannot be won by copying."
    if profile.own_words.is_stuffed(evidence.words):
        return "The text is strung together from the brand's own words: a score cannot be won by repeating them."
    return None


def _distance(value: float, threshold: float) -> str:
    side = "over" if value >= threshold else "under"
    distance = f"{100 * abs(value - threshold):.1f} points {side} the threshold of {threshold:.1%}"
    return f"It speaks for the brand with a probability of {value:.1%}, {distance}."


def _nearest(told: BrandReading) -> str:
    """The pillar whose line is nearest, and the exemplar that is."""
    exemplar = f"; nearest exemplar: “{told.exemplar}”" if told.exemplar else ""
    return f"Nearest pillar: {told.pillar}{exemplar}."
