"""What a model remembers of a prompt: read once, in blocks, and shared by all continuations of the prompt.

A prompt that begins as the one before it is read from where they part. Blocks always begin at the same places, so
that a prompt's memory is the same to the last bit, whatever was read before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from copy import deepcopy
from typing import Any, cast

import torch
from transformers import Cache, DynamicCache, PreTrainedModel
from transformers.cache_utils import CacheLayerMixin, DynamicLayer, DynamicSlidingWindowLayer

BLOCK = 128
"""Tokens that are read at once, and the steps in which the beginning of a prompt is used again."""

Windows = list[int | None]
"""By layer: how many tokens back it attends, None for all."""


class PromptLayer(DynamicLayer):  # type: ignore[no-untyped-call]
    """One layer's memory of a prompt, of all its tokens also where the layer attends to the last ones only.

    `attended` tells that the layer's attention was handed this very memory: only then can it be shared.
    """

    def __init__(self, keys: torch.Tensor | None = None, values: torch.Tensor | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.attended = False
        if keys is not None and values is not None:
            self.lazy_initialization(keys, values)
            self.keys, self.values = keys, values

    def first(self, tokens: int) -> PromptLayer:
        """The memory of the first tokens alone."""
        if self.keys is None or self.values is None:
            return PromptLayer()
        return PromptLayer(self.keys[:, :, :tokens], self.values[:, :, :tokens])


class SharedLayer(CacheLayerMixin):  # type: ignore[no-untyped-call]
    """One layer's memory of many continuations: of their prompt once, and of what each added to it.

    `window` is how many tokens back the layer attends, `room` how many each continuation may add.
    """

    is_sliding = False

    def __init__(self, prompt: PromptLayer, window: int | None, rows: int, room: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        if prompt.keys is None or prompt.values is None:
            raise ValueError("the prompt was not read")
        self.prompt_keys, self.prompt_values = prompt.keys, prompt.values
        self.window = window
        self.added = 0
        self._rows, self._room = rows, room

    def lazy_initialization(self, key_states: torch.Tensor, value_states: torch.Tensor) -> None:
        """Make room for what the continuations will add."""
        self.keys, self.values = (
            states.new_empty(self._rows, states.shape[1], self._room, states.shape[3])
            for states in (key_states, value_states)
        )
        self.is_initialized = True

    def update(
        self,
        key_states: torch.Tensor,
        value_states: torch.Tensor,
        *_: Any,  # noqa: ANN401  (what only other layers need)
        **__: Any,  # noqa: ANN401
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Take one token more of each continuation; gives what they added, without the prompt."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        if self.keys is None or self.values is None:
            raise ValueError("no room was made")
        self.keys[:, :, self.added] = key_states[:, :, 0]
        self.values[:, :, self.added] = value_states[:, :, 0]
        self.added += 1
        first = 0 if self.window is None else max(0, self.added - self.window)
        return self.keys[:, :, first : self.added], self.values[:, :, first : self.added]

    def visible_prompt(self) -> tuple[torch.Tensor, torch.Tensor]:
        """The part of the prompt that the newest token attends to."""
        tokens = self.prompt_keys.shape[2]
        first = 0 if self.window is None else min(max(0, tokens + self.added - self.window), tokens)
        return self.prompt_keys[:, :, first:], self.prompt_values[:, :, first:]

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        """Nothing of what `attend` looks at is masked."""
        return query_length, 0

    def get_seq_length(self) -> int:
        """Tokens of the prompt and of a continuation."""
        return self.prompt_keys.shape[2] + self.added

    def get_max_length(self) -> int:
        """There is no limit of the layer's own."""
        return -1


class PromptReader:
    """Reads prompts with one model, and remembers the last one."""

    def __init__(self, model: PreTrainedModel) -> None:
        self.model = model
        self._tokens: list[int] = []
        self._layers: list[PromptLayer] = []
        self.windows = _windows(model)

    def read(self, prompt: torch.Tensor) -> tuple[Cache, torch.Tensor]:
        """The memory of a prompt of shape (1, tokens), and the scores of the token after it, shape (1, vocabulary).

        The memory is the reader's own: continue it through `continued`.
        """
        if self.windows is None:
            # A state that sums up all tokens cannot be taken back to where two prompts part.
            cache: Cache = DynamicCache(config=self.model.config)
            return cache, next_scores(self.model, prompt, cache)
        tokens = prompt[0].tolist()
        known = self._known(tokens)
        layers = [layer.first(known) for layer in self._layers] if known else [PromptLayer() for _ in self.windows]
        attended = [layer.attended for layer in self._layers] if known else [True] * len(layers)
        self.forget()
        cache = Cache(layers=[*layers])
        for start in range(known, len(tokens), BLOCK):
            scores = next_scores(self.model, prompt[:, start : start + BLOCK], cache)
        for layer, before in zip(layers, attended, strict=True):
            layer.attended = layer.attended and before
        self._tokens, self._layers = tokens, layers
        return cache, scores

    def forget(self) -> None:
        """Let go of the last prompt."""
        self._tokens, self._layers = [], []

    def _known(self, tokens: list[int]) -> int:
        """Tokens of the last prompt that begin this one, too, in whole blocks; its last token is always read."""
        most = min(len(self._tokens), len(tokens) - 1)
        same = next((place for place in range(most) if self._tokens[place] != tokens[place]), most)
        return same - same % BLOCK


def continued(cache: Cache, windows: Windows | None, rows: int, room: int) -> Cache:
    """The memory of a prompt for so many continuations: shared where every layer allows it, else repeated.

    The prompt's own memory stays as it is.
    """
    if windows is None:
        repeated = deepcopy(cache)
    else:
        layers = cast("list[PromptLayer]", cache.layers)
        if all(layer.attended for layer in layers):
            return Cache(layers=[SharedLayer(*each, rows, room) for each in zip(layers, windows, strict=True)])
        repeated = Cache(layers=[layer.first(layer.get_seq_length()) for layer in layers])
    keep_rows(repeated, torch.zeros(rows, dtype=torch.long))
    return repeated


def keep_rows(cache: Cache, rows: torch.Tensor) -> None:
    """Let the cache hold these of its rows, in this order, each as often as it is named.

    `reorder_cache` does so for the recurrent states of hybrid models (Falcon-H1) too, as the cache's
    own `batch_repeat_interleave` and `batch_select_indices` do not.
    """
    cache.reorder_cache(cast("torch.LongTensor", rows))


def next_scores(model: PreTrainedModel, tokens: torch.Tensor, cache: Cache) -> torch.Tensor:
    """Scores of the token after these, shape (rows, vocabulary), in float32; the cache takes the tokens over."""
    with _reading(cache):
        read = model(input_ids=tokens, past_key_values=cache, use_cache=True, logits_to_keep=1)
    return cast("torch.Tensor", read.logits[:, -1].float())


def layer_in_reading(number: int | None) -> object:
    """The layer's memory in the reading that goes on, for the attention function; None where there is none."""
    cache = _READING.get()
    return None if cache is None or number is None or number >= len(cache.layers) else cache.layers[number]


_READING: ContextVar[Cache | None] = ContextVar("reading", default=None)


@contextmanager
def _reading(cache: Cache) -> Iterator[None]:
    token = _READING.set(cache)
    try:
        yield
    finally:
        _READING.reset(token)


def _windows(model: PreTrainedModel) -> Windows | None:
    """How far back each layer attends; None for a model that remembers more than keys and values."""
    layers = DynamicCache(config=model.config).layers
    if not layers or not all(type(layer) in {DynamicLayer, DynamicSlidingWindowLayer} for layer in layers):
        return None
    return [layer.sliding_window if isinstance(layer, DynamicSlidingWindowLayer) else None for layer in layers]
