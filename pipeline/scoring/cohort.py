"""Invented brands, as lines in vector space: what a text's nearness to one brand is read against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.scoring.ports import Embeddings

NEAREST_LINES = 4
"""Lines of a brand that a text is compared with: one alone may agree by a word; good copy takes up one pillar."""


def pillar_lines(name: str, statement: str, exemplars: Sequence[str]) -> tuple[str, ...]:
    """What a pillar is compared by: its name, its statement, its exemplars in one line, and everything together.

    Exemplars go together, because a line alone may be so short that it is near to every short text.
    """
    joined = " ".join(exemplars)
    everything = " ".join(filter(None, (f"{name}.", statement, joined)))
    return (name, statement, joined, everything) if joined else (name, statement, everything)


def nearness(vectors: Embeddings, lines: Embeddings) -> Embeddings:
    """The mean cosine between each vector and the brand's nearest lines, shape (vectors,)."""
    return mean_of_highest(vectors @ lines.T)


def mean_of_highest(cosines: Embeddings) -> Embeddings:
    """The mean of the highest few along the last axis."""
    few = min(NEAREST_LINES, cosines.shape[-1])
    highest = np.partition(cosines, -few, axis=-1)[..., -few:]
    return np.asarray(highest.mean(axis=-1), dtype=np.float32)


@dataclass(frozen=True)
class Cohort:
    """The lines of all invented brands, one brand after the other.

    `lines` has shape (all lines, dimensions); `sizes`, shape (brands,), says how many lines each brand has:
    `NEAREST_LINES` at least.
    """

    names: tuple[str, ...]
    sizes: NDArray[np.int64]
    lines: Embeddings

    def of(self, brand: int) -> Embeddings:
        """The lines of one brand."""
        end = int(self.sizes[: brand + 1].sum())
        return self.lines[end - int(self.sizes[brand]) : end]

    def nearness(self, vectors: Embeddings) -> Embeddings:
        """How near each vector is to each brand, shape (vectors, brands), in one product for all."""
        cosines = np.pad(vectors @ self.lines.T, ((0, 0), (0, 1)), constant_values=-1)
        return mean_of_highest(cosines[:, self._places])

    @cached_property
    def _places(self) -> NDArray[np.int64]:
        """Columns of each brand's lines, shape (brands, most lines); brands with fewer point past the last line."""
        columns = np.arange(self.sizes.max())
        starts = np.cumsum(self.sizes) - self.sizes
        return np.where(columns < self.sizes[:, None], starts[:, None] + columns, len(self.lines))
