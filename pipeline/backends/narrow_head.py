"""A model's output layer with only the tokens that may be drawn: smaller, and the others are out of the question.

The scores of the tokens that it keeps are those of the whole layer, so drawing from them is drawing from the whole
with all others ruled out. Whatever the model does with its scores afterwards (scaling, capping) stays as it is, and
so do its input embeddings, also where both are the same weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch.nn.functional import pad
from transformers import PreTrainedModel

from pipeline.backends.file_pages import FilePages
from pipeline.backends.packed_linear import PackedLinear, can_pack

PART = 8_192
"""Tokens whose weights are taken out at once."""


@dataclass(frozen=True)
class NarrowHead:
    """The tokens that may be drawn, ascending, and the output layer for them."""

    tokens: torch.Tensor
    layer: torch.nn.Module

    @classmethod
    def of(cls, model: PreTrainedModel, tokens: torch.Tensor, pages: FilePages | None = None) -> NarrowHead:
        """Take these tokens' weights out of the model's output layer; the model stays as it is.

        `pages` are those of the whole layer: they are given back as the tokens are taken out.
        """
        whole = model.get_output_embeddings()  # type: ignore[no-untyped-call]
        with torch.device("meta"):
            layer = torch.nn.Linear(whole.weight.shape[1], len(tokens), bias=whole.bias is not None)
        for name, weights in whole.named_parameters(recurse=False):
            rows = weights.new_empty((len(tokens), *weights.shape[1:]), requires_grad=False)
            for part, into in zip(tokens.to(weights.device).split(PART), rows.split(PART), strict=True):  # type: ignore[no-untyped-call]
                torch.index_select(weights.detach(), 0, part, out=into)
                if pages:
                    pages.give_back()
            setattr(layer, name, torch.nn.Parameter(rows, requires_grad=False))
        return cls(tokens.to(whole.weight.device), PackedLinear(layer) if can_pack(layer.weight) else layer)

    def places_of(self, tokens: torch.Tensor) -> torch.Tensor | None:
        """Where in the layer's scores these of its tokens stand; None when they are all that it has."""
        return None if len(tokens) == len(self.tokens) else torch.searchsorted(self.tokens, tokens)


class HeadsByRow(torch.nn.Module):
    """Several output layers: the first rows go through the first, and so on; their scores stand `beside` each other."""

    def __init__(self, layers: Sequence[tuple[int, torch.nn.Module]]) -> None:
        super().__init__()
        self._counts = [count for count, _ in layers]
        self._layers = [layer for _, layer in layers]

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """Multiply states of shape (rows, tokens, hidden)."""
        parts = zip(self._layers, states.split(self._counts), strict=True)  # type: ignore[no-untyped-call]
        return beside([layer(part) for layer, part in parts])


def beside(parts: Sequence[torch.Tensor]) -> torch.Tensor:
    """Rows of scores of several output layers as one tensor; what stands beyond a layer's own tokens means nothing."""
    widest = max(part.shape[-1] for part in parts)
    return torch.cat([pad(part, (0, widest - part.shape[-1])) for part in parts])


@contextmanager
def narrowed(model: PreTrainedModel, layer: torch.nn.Module | None) -> Iterator[None]:
    """Let the model have this output layer for as long as the block runs; None leaves it its own."""
    if layer is None:
        yield
        return
    whole = model.get_output_embeddings()  # type: ignore[no-untyped-call]
    model.set_output_embeddings(layer)  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        model.set_output_embeddings(whole)  # type: ignore[no-untyped-call]
