"""Generic copy: what any text looks like to the encoder before it says anything of its own.

A cosine means nothing by itself: it depends on the encoder and on the language. It is read against copy
that has nothing to do with the source, written in the same language where there is some.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from pipeline.domain.value import digest_of
from pipeline.kept_arrays import KeptArrays
from pipeline.scoring.ports import Embeddings, TextEncoder


@dataclass(frozen=True)
class Backdrop:
    """Generic copy as one locale sees it.

    `near` is copy of the locale itself, of its language, or of all locales, as `own` tells.
    """

    near: Embeddings
    own: bool


class Background:
    """Generic copy by locale tag; that of each is embedded at the first question, and kept in `arrays`."""

    def __init__(
        self, encoder: TextEncoder, texts_by_locale: Mapping[str, Sequence[str]], arrays: KeptArrays | None = None
    ) -> None:
        self._encoder = encoder
        self._texts = {tag: tuple(texts) for tag, texts in texts_by_locale.items() if texts}
        self._arrays = arrays or KeptArrays()
        self._embedded: dict[str | None, Embeddings] = {}

    def of(self, locale: str) -> Backdrop:
        """The generic copy to read a text of this locale against."""
        tag = self._nearest(locale)
        if tag not in self._embedded:
            self._embedded[tag] = self._embed([*(chain(*self._texts.values()) if tag is None else self._texts[tag])])
        return Backdrop(near=self._embedded[tag], own=tag is not None)

    def _embed(self, texts: Sequence[str]) -> Embeddings:
        # The first vector tells one encoder from another, and one processor's arithmetic from another's.
        first = self._encoder.encode(texts[:1])
        key = digest_of(self._encoder.digest, first.tobytes().hex(), *texts)
        shape = len(texts), first.shape[1]
        return self._arrays.get(
            key,
            lambda: self._encoder.encode(texts),
            fits=lambda found: found.shape == shape and found.dtype == np.float32 and bool(np.isfinite(found).all()),
        )

    def _nearest(self, locale: str) -> str | None:
        """The locale itself, else one of the same language, else None."""
        if locale in self._texts:
            return locale
        language = locale.split("-", 1)[0]
        return next((tag for tag in sorted(self._texts) if tag.split("-", 1)[0] == language), None)


def unit_rows(vectors: Embeddings) -> Embeddings:
    """Rows scaled to unit length; a row of zeros stays one."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, np.finfo(np.float32).tiny), dtype=np.float32)
