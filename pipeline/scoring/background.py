"""Generic copy: what any text looks like to the encoder before it says anything of its own.

A cosine means nothing by itself: it depends on the encoder and on the language. It is read against copy
that has nothing to do with the source, written in the same language where there is some.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pipeline.scoring.ports import Embeddings, TextEncoder


@dataclass(frozen=True)
class Backdrop:
    """Generic copy as one locale sees it.

    `near` is copy of the locale itself, of its language, or of all locales, as `own` tells.
    """

    near: Embeddings
    own: bool


class Background:
    """Generic copy by locale tag, embedded at the first question, in one batch."""

    def __init__(self, encoder: TextEncoder, texts_by_locale: Mapping[str, Sequence[str]]) -> None:
        self._encoder = encoder
        self._texts = {tag: tuple(texts) for tag, texts in texts_by_locale.items() if texts}

    def of(self, locale: str) -> Backdrop:
        """The generic copy to read a text of this locale against."""
        tag = self._nearest(locale)
        near = self._all if tag is None else self._by_tag[tag]
        return Backdrop(near=near, own=tag is not None)

    def matrix(self, locale: str) -> Embeddings:
        """Embeddings of the generic copy of a locale, or of all copy when it has none."""
        return self.of(locale).near

    def _nearest(self, locale: str) -> str | None:
        """The locale itself, else one of the same language, else None."""
        if locale in self._texts:
            return locale
        language = locale.split("-", 1)[0]
        return next((tag for tag in sorted(self._texts) if tag.split("-", 1)[0] == language), None)

    @cached_property
    def _by_tag(self) -> dict[str, Embeddings]:
        vectors = self._encoder.encode([text for texts in self._texts.values() for text in texts])
        ends = np.cumsum([len(texts) for texts in self._texts.values()])
        return dict(zip(self._texts, np.split(vectors, ends[:-1]), strict=True)) if self._texts else {}

    @cached_property
    def _all(self) -> Embeddings:
        return np.concatenate([*self._by_tag.values()]) if self._by_tag else np.zeros((0, 0), np.float32)


def unit_rows(vectors: Embeddings) -> Embeddings:
    """Rows scaled to unit length; a row of zeros stays one."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, np.finfo(np.float32).tiny), dtype=np.float32)
