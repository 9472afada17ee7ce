"""What a brand looks like to an encoder: its statements and exemplars as vectors."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.domain.brand import Brand
from pipeline.domain.value import digest_of
from pipeline.scoring.calibration import BrandCalibration
from pipeline.scoring.ports import Embeddings, TextEncoder


@dataclass(frozen=True)
class BrandProfile:
    """The lines a brand is known by, row by row with their pillars and their vectors.

    `vectors` has shape (lines, dimensions), corrected by the calibration where there is one. A line is a pillar's
    statement or one of its exemplars.
    """

    brand: str
    lines: tuple[str, ...]
    pillars: tuple[str, ...]
    statements: tuple[bool, ...]
    vectors: Embeddings

    @classmethod
    def of(cls, brand: Brand, encoder: TextEncoder, calibration: BrandCalibration | None) -> BrandProfile:
        """Embed a brand; `Profiles` does so once for each version of it."""
        rows = [
            (line, pillar.name, place == 0)
            for pillar in brand.pillars
            for place, line in enumerate((pillar.statement, *pillar.exemplars))
        ]
        lines, pillars, statements = zip(*rows, strict=True)
        vectors = encoder.encode(lines)
        return cls(brand.id, lines, pillars, statements, calibration.place_lines(vectors) if calibration else vectors)


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
