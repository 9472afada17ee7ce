"""What a brand looks like to an encoder: its pillars as vectors."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from pipeline.domain.brand import Brand
from pipeline.domain.value import digest_of
from pipeline.scoring.calibration import BrandCalibration
from pipeline.scoring.cohort import pillar_lines
from pipeline.scoring.lifting import OwnWords
from pipeline.scoring.ports import Embeddings, TextEncoder


@dataclass(frozen=True)
class NamedLines:
    """Lines, each with the name of its pillar or trait, and which rows of the profile's vectors are theirs."""

    lines: tuple[str, ...]
    names: tuple[str, ...]
    rows: slice


@dataclass(frozen=True)
class BrandProfile:
    """What a brand is compared by: `vectors`, shape (lines, dimensions), corrected where there is a calibration.

    `compared` is what nearness is measured to (see `pillar_lines`), `exemplars` and `counter_exemplars` are told in
    explanations, as are `traits` of its voice and those `avoided`; `own_words` are its pillars, word by word.
    """

    brand: str
    vectors: Embeddings
    compared: NamedLines
    exemplars: NamedLines
    counter_exemplars: NamedLines
    traits: NamedLines
    avoided: NamedLines
    own_words: OwnWords

    @cached_property
    def pillars(self) -> tuple[str, ...]:
        """The pillars' names."""
        return tuple(dict.fromkeys(self.compared.names))

    @classmethod
    def of(cls, brand: Brand, encoder: TextEncoder, calibration: BrandCalibration | None) -> BrandProfile:
        """Embed a brand; `Profiles` does so once for each version of it."""
        groups = [
            [(line, p.name) for p in brand.pillars for line in pillar_lines(p.name, p.statement, p.exemplars)],
            [(line, p.name) for p in brand.pillars for line in p.exemplars],
            [(line, p.name) for p in brand.pillars for line in p.counter_exemplars],
            [(_heard(trait), trait) for trait in brand.voice.traits],
            [(_heard(trait), trait) for trait in brand.voice.avoid],
        ]
        vectors = encoder.encode([line for group in groups for line, _ in group])
        placed = calibration.place_lines(vectors) if calibration else vectors
        ends = list(accumulate(len(group) for group in groups))
        compared, exemplars, counter, traits, avoided = (
            NamedLines(tuple(line for line, _ in group), tuple(name for _, name in group), slice(end - len(group), end))
            for group, end in zip(groups, ends, strict=True)
        )
        own = [line for p in brand.pillars for line in (p.name, p.statement, *p.exemplars)]
        return cls(brand.id, placed, compared, exemplars, counter, traits, avoided, OwnWords.of(own))


def _heard(trait: str) -> str:
    """A trait as a sentence: alone, a word such as "dry" is near to what it is about, not to how it sounds."""
    return f"This text sounds like {trait}."


class Profiles:
    """The profiles of brands with one encoder and its calibration, each made once for each version of the brand."""

    def __init__(self, encoder: TextEncoder, calibration: BrandCalibration | None) -> None:
        self._encoder = encoder
        self._calibration = calibration
        self._made: dict[str, BrandProfile] = {}

    def of(self, brand: Brand) -> BrandProfile:
        """The profile of exactly this content of a brand."""
        key = digest_of(brand)
        if key not in self._made:
            self._made[key] = BrandProfile.of(brand, self._encoder, self._calibration)
        return self._made[key]
