"""What a brand looks like to an encoder: its pillars as vectors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.domain.brand import Brand
from pipeline.domain.value import digest_of
from pipeline.scoring.calibration import BrandCalibration
from pipeline.scoring.cohort import pillar_lines
from pipeline.scoring.lifting import OwnWords
from pipeline.scoring.ports import Embeddings, TextEncoder


@dataclass(frozen=True)
class NamedLines:
    """Lines, each with the name of its pillar, and their vectors, shape (lines, dimensions)."""

    lines: tuple[str, ...]
    pillars: tuple[str, ...]
    vectors: Embeddings


@dataclass(frozen=True)
class BrandProfile:
    """What a brand is compared by, all of it corrected by the calibration where there is one.

    `compared` is what nearness is measured to (see `pillar_lines`), `exemplars` and `counter_exemplars` are told in
    explanations, and `own_words` are its pillars, word by word.
    """

    brand: str
    compared: NamedLines
    exemplars: NamedLines
    counter_exemplars: NamedLines
    own_words: OwnWords

    @classmethod
    def of(cls, brand: Brand, encoder: TextEncoder, calibration: BrandCalibration | None) -> BrandProfile:
        """Embed a brand; `Profiles` does so once for each version of it."""
        groups = [
            [(line, p.name) for p in brand.pillars for line in pillar_lines(p.name, p.statement, p.exemplars)],
            [(line, p.name) for p in brand.pillars for line in p.exemplars],
            [(line, p.name) for p in brand.pillars for line in p.counter_exemplars],
        ]
        vectors = encoder.encode([line for group in groups for line, _ in group])
        placed = calibration.place_lines(vectors) if calibration else vectors
        parts = np.split(placed, np.cumsum([len(group) for group in groups])[:-1])
        compared, exemplars, counter = (
            NamedLines(tuple(line for line, _ in group), tuple(name for _, name in group), part)
            for group, part in zip(groups, parts, strict=True)
        )
        own = [line for p in brand.pillars for line in (p.name, p.statement, *p.exemplars)]
        return cls(brand.id, compared, exemplars, counter, OwnWords.of(own))


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
