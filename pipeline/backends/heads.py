"""The output layers of one model, one for each locale that it writes in."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property, reduce
from itertools import groupby
from operator import itemgetter

import numpy as np
import torch
from transformers import PreTrainedModel

from pipeline.backends.file_pages import FilePages
from pipeline.backends.narrow_head import NarrowHead
from pipeline.backends.token_sets import TokenIds, TokenSets
from pipeline.domain.vocabulary import Vocabulary

OwnHead = tuple[torch.Tensor, NarrowHead]
"""The tokens that a vocabulary allows, and an output layer that has them."""


class Heads:
    """Makes output layers; the last ones are kept, since units of one locale come one after another.

    heads = Heads(model, token_sets, ends={1}, most=4)
    tokens, head = heads.of({vocabulary})[vocabulary]

    The ends of a text belong to every vocabulary. More than `most` are only kept when one call needs them.
    """

    def __init__(self, model: PreTrainedModel, token_sets: TokenSets, ends: Collection[int], *, most: int) -> None:
        self._model = model
        self._token_sets = token_sets
        self._ends = sorted(ends)
        self._most = most
        self._kept: dict[bytes, NarrowHead] = {}

    def of(self, vocabularies: Collection[Vocabulary]) -> dict[Vocabulary, OwnHead]:
        """The tokens of each vocabulary, and one output layer for all that differ in their phrases only."""
        by_locale = groupby(
            sorted(((each.of_the_locale.digest, each) for each in vocabularies), key=itemgetter(0)), key=itemgetter(0)
        )
        groups = [{each: np.union1d(self._token_sets.of(each), self._ends) for _, each in its} for _, its in by_locale]
        together = [reduce(np.union1d, sets.values()) for sets in groups]
        self._make_room({tokens.tobytes() for tokens in together})
        found: dict[Vocabulary, OwnHead] = {}
        for sets, tokens in zip(groups, together, strict=True):
            key = tokens.tobytes()
            # The last one used comes last.
            head = self._kept.pop(key) if key in self._kept else self._make(tokens)
            self._kept[key] = head
            # Those of the same tokens share them, and are drawn in one go.
            tensors = {each.tobytes(): torch.from_numpy(each).to(self._model.device) for each in sets.values()}
            found |= {each: (tensors[own.tobytes()], head) for each, own in sets.items()}
        return found

    def _make_room(self, needed: Collection[bytes]) -> None:
        """Let go of those that were not used for the longest time, before others are made."""
        others = [key for key in self._kept if key not in needed]
        for key in others[: max(0, len(others) + len(needed) - self._most)]:
            del self._kept[key]

    @cached_property
    def _pages(self) -> FilePages:
        return FilePages(self._model.get_output_embeddings().parameters())  # type: ignore[no-untyped-call]

    def _make(self, tokens: TokenIds) -> NarrowHead:
        return NarrowHead.of(self._model, torch.from_numpy(tokens), self._pages)
