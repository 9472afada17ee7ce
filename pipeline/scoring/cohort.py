"""Many invented brands, as lines in vector space: what a text's nearness to one brand is read against."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.scoring.ports import Embeddings

NEAREST_LINES = 3
"""Lines of a brand that a text is compared with: one alone may agree by a word; good copy takes up one pillar."""


def nearness(vectors: Embeddings, lines: Embeddings) -> Embeddings:
    """The mean cosine between each vector and the brand's nearest lines, shape (vectors,)."""
    return _mean_of_highest(vectors @ lines.T)


def _mean_of_highest(cosines: Embeddings) -> Embeddings:
    """The mean of the highest few along the last axis."""
    return np.asarray(np.sort(cosines, axis=-1)[..., -NEAREST_LINES:].mean(axis=-1), dtype=np.float32)


@dataclass(frozen=True)
class Cohort:
    """The lines of all invented brands, one brand after the other.

    `lines` has shape (all lines, dimensions); `sizes`, shape (brands,), says how many lines each brand has: three
    at least.
    """

    names: tuple[str, ...]
    sizes: NDArray[np.int64]
    lines: Embeddings

    def nearness(self, vectors: Embeddings) -> Embeddings:
        """How near each vector is to each brand, shape (vectors, brands), in one product for all."""
        cosines = np.pad(vectors @ self.lines.T, ((0, 0), (0, 1)), constant_values=-1)
        return _mean_of_highest(cosines[:, self._places])

    @cached_property
    def _places(self) -> NDArray[np.int64]:
        """Columns of each brand's lines, shape (brands, most lines); brands with fewer point past the last line."""
        columns = np.arange(self.sizes.max())
        starts = np.cumsum(self.sizes) - self.sizes
        return np.where(columns < self.sizes[:, None], starts[:, None] + columns, len(self.lines))
