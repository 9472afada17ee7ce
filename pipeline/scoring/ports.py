"""The seam to sentence embeddings: what the library asks of an encoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Embeddings = NDArray[np.float32]
"""Shape (texts, dimensions), float32, each row of unit length."""


class TextEncoder(Protocol):
    """Something that turns texts into unit vectors whose inner product is their likeness in meaning."""

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the weights: vectors of different encoders are never compared."""
        ...

    def encode(self, texts: Sequence[str]) -> Embeddings:
        """Embed texts in any language, in the order given."""
        ...
