"""What a brand looks like to an encoder: its statements and exemplars as vectors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.domain.brand import Brand
from pipeline.domain.value import digest_of
from pipeline.scoring.ports import Embeddings, TextEncoder


@dataclass(frozen=True)
class BrandProfile:
    """The lines a brand is known by, row by row with their pillars and their vectors.

    `vectors` has shape (lines, dimensions). A line is a pillar's statement or one of its exemplars.
    """

    brand: str
    lines: tuple[str, ...]
    pillars: tuple[str, ...]
    statements: tuple[bool, ...]
    vectors: Embeddings

    @classmethod
    def of(cls, brand: Brand, encoder: TextEncoder) -> BrandProfile:
        """Embed a brand; `Profiles` does so once for each version of it."""
        rows = [
            (line, pillar.name, place == 0)
            for pillar in brand.pillars
            for place, line in enumerate((pillar.statement, *pillar.exemplars))
        ]
        lines, pillars, statements = zip(*rows, strict=True)
        return cls(brand.id, lines, pillars, statements, encoder.encode(lines))

    def nearness(self, vectors: Embeddings) -> Embeddings:
        """The mean of the two highest cosines between each vector and the brand's lines, shape (vectors,).

        Two lines, because one alone may agree by a word; not all, because good copy takes up one pillar.
        """
        cosines = np.sort(vectors @ self.vectors.T, axis=1)
        return np.asarray(cosines[:, -2:].mean(axis=1), dtype=np.float32)


class Profiles:
    """The profiles of brands with one encoder, each made once for each version of the brand."""

    def __init__(self, encoder: TextEncoder) -> None:
        self._encoder = encoder
        self._made: dict[tuple[str, str], BrandProfile] = {}

    def of(self, brand: Brand) -> BrandProfile:
        """The profile of exactly this content of a brand."""
        key = (digest_of(brand), self._encoder.digest)
        if key not in self._made:
            self._made[key] = BrandProfile.of(brand, self._encoder)
        return self._made[key]
