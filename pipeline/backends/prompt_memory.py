"""What a model remembers of a prompt: read once, in blocks, and shared by all continuations of the prompt.

A prompt that begins as the one before it is read from where they part. Blocks always begin at the same places, so
that a prompt's memory is the same to the last bit, whatever was read before it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from copy import deepcopy
from inspect import signature
from itertools import accumulate
from typing import Any, cast

import torch
from transformers import Cache, DynamicCache, PreTrainedModel
from transformers.cache_utils import CacheLayerMixin, DynamicLayer, DynamicSlidingWindowLayer

from pipeline.backends.narrow_head import narrowed
from pipeline.backends.threads import crew

BLOCK = 128
"""Tokens that are read at once, and the steps in which the beginning of a prompt is used again."""

ROOM = 16
"""Tokens that a layer makes room for at once."""

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

    def states(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Keys and values of a prompt that was read."""
        if self.keys is None or self.values is None:
            raise ValueError("the prompt was not read")
        return self.keys, self.values

    def first(self, tokens: int) -> PromptLayer:
        """The memory of the first tokens alone."""
        if self.keys is None or self.values is None:
            return PromptLayer()
        return PromptLayer(self.keys[:, :, :tokens], self.values[:, :, :tokens])


class SharedLayer(CacheLayerMixin):  # type: ignore[no-untyped-call]
    """One layer's memory of many continuations: of each prompt once, and of what each continuation added to its own.

    `rows` are how many continuations each prompt has, which follow one another in this order; the cache that the
    layer belongs to changes them. `window` is how many tokens back the layer attends.
    """

    is_sliding = False

    def __init__(self, prompts: Sequence[PromptLayer], window: int | None, rows: list[int]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.prompts = [prompt.states() for prompt in prompts]
        self.rows = rows
        self.window = window
        self.added = 0

    def lazy_initialization(self, key_states: torch.Tensor, value_states: torch.Tensor) -> None:
        """Make room for the next tokens of the continuations: most end long before the longest."""
        grown = []
        for states, old in ((key_states, self.keys), (value_states, self.values)):
            new = states.new_empty(states.shape[0], states.shape[1], self.added + ROOM, states.shape[3])
            if old is not None:
                new[:, :, : self.added] = old
            grown.append(new)
        self.keys, self.values = grown
        self.is_initialized = True

    def update(
        self,
        key_states: torch.Tensor,
        value_states: torch.Tensor,
        *_: Any,  # noqa: ANN401  (what only other layers need)
        **__: Any,  # noqa: ANN401
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Take one token more of each continuation; gives what they added, without the prompts."""
        if self.keys is None or self.added == self.keys.shape[2]:
            self.lazy_initialization(key_states, value_states)
        if self.keys is None or self.values is None:
            raise ValueError("no room was made")
        self.keys[:, :, self.added] = key_states[:, :, 0]
        self.values[:, :, self.added] = value_states[:, :, 0]
        self.added += 1
        first = 0 if self.window is None else max(0, self.added - self.window)
        return self.keys[:, :, first : self.added], self.values[:, :, first : self.added]

    def visible_prompts(self) -> Iterator[tuple[int, torch.Tensor, torch.Tensor]]:
        """By prompt: how many continuations it has, and the part of it that their newest tokens attend to."""
        for count, (keys, values) in zip(self.rows, self.prompts, strict=True):
            if count:
                tokens = keys.shape[2]
                first = 0 if self.window is None else min(max(0, tokens + self.added - self.window), tokens)
                yield count, keys[:, :, first:], values[:, :, first:]

    def reorder_cache(self, beam_idx: torch.Tensor) -> None:
        """Keep these continuations, whose order stays; only what they added is moved."""
        if self.keys is None or self.values is None:
            return
        self.keys, self.values = self.keys.index_select(0, beam_idx), self.values.index_select(0, beam_idx)

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        """Nothing of what `attend` looks at is masked."""
        return query_length, 0

    def get_seq_length(self) -> int:
        """Tokens of the longest prompt and of a continuation."""
        return max(keys.shape[2] for keys, _ in self.prompts) + self.added

    def get_max_length(self) -> int:
        """There is no limit of the layer's own."""
        return -1


class SharedCache(Cache):
    """The memory of the continuations of one prompt or of several; `rows` are how many each has."""

    def __init__(self, prompts: Sequence[Cache], windows: Windows, rows: Sequence[int]) -> None:
        self.prompts = len(prompts)
        self._rows = list(rows)
        by_layer = zip(*(cast("list[PromptLayer]", prompt.layers) for prompt in prompts), strict=True)
        super().__init__(
            layers=[SharedLayer(layers, window, self._rows) for layers, window in zip(by_layer, windows, strict=True)]
        )
        lengths = torch.tensor([prompt.get_seq_length() for prompt in prompts])
        self._lengths = lengths.repeat_interleave(torch.tensor(self._rows))[:, None]

    @property
    def positions(self) -> torch.Tensor:
        """Where the next token of each continuation stands, shape (rows, 1)."""
        return self._lengths + cast("SharedLayer", self.layers[0]).added

    def reorder_cache(self, beam_idx: torch.LongTensor) -> None:
        """Keep these continuations, whose order stays."""
        ends = list(accumulate(self._rows))
        kept = [bisect_right(ends, row) for row in beam_idx.tolist()]
        self._rows[:] = (kept.count(prompt) for prompt in range(len(ends)))
        self._lengths = self._lengths[beam_idx.to(self._lengths.device)]
        super().reorder_cache(beam_idx)


class PromptReader:
    """Reads prompts with one model, and remembers the last one.

    `mixes` tells that a batch of this model may hold continuations of several prompts whose memory can be shared.
    """

    def __init__(self, model: PreTrainedModel) -> None:
        self.model = model
        self._tokens: list[int] = []
        self._layers: list[PromptLayer] = []
        self.windows = _windows(model)
        self.mixes = self.windows is not None and _places_rows_apart(model)

    def read(self, prompt: torch.Tensor, head: torch.nn.Module | None = None) -> tuple[Cache, torch.Tensor]:
        """The memory of a prompt of shape (1, tokens), and the scores of the token after it, shape (1, vocabulary).

        The scores are those of the output layer `head`, None for the model's own. The memory stays as it is while
        others are read; continue it through `continued`.
        """
        if self.windows is None:
            # A state that sums up all tokens cannot be taken back to where two prompts part.
            cache: Cache = DynamicCache(config=self.model.config)
            return cache, next_scores(self.model, prompt, cache, head)
        tokens = prompt[0].tolist()
        known = self._known(tokens)
        layers = [layer.first(known) for layer in self._layers] if known else [PromptLayer() for _ in self.windows]
        attended = [layer.attended for layer in self._layers] if known else [True] * len(layers)
        self.forget()
        cache = Cache(layers=[*layers])
        for start in range(known, len(tokens), BLOCK):
            scores = next_scores(self.model, prompt[:, start : start + BLOCK], cache, head)
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


def can_be_shared(memory: Cache) -> bool:
    """Whether many continuations can attend to one and the same memory of a prompt."""
    return all(isinstance(layer, PromptLayer) and layer.attended for layer in memory.layers)


def continued(reader: PromptReader, memories: Sequence[Cache], rows: Sequence[int]) -> Cache:
    """The memory of so many continuations of each prompt: shared where every layer allows it, else repeated.

    Several prompts have to be ones that can be shared, of a reader that mixes. Their own memory stays as it is.
    """
    if reader.windows is not None and all(map(can_be_shared, memories)):
        return SharedCache(memories, reader.windows, rows)
    (memory,), (count,) = memories, rows
    if reader.windows is None:
        repeated = deepcopy(memory)
    else:
        layers = cast("list[PromptLayer]", memory.layers)
        repeated = Cache(layers=[layer.first(layer.get_seq_length()) for layer in layers])
    keep_rows(repeated, torch.zeros(count, dtype=torch.long))
    return repeated


def keep_rows(cache: Cache, rows: torch.Tensor) -> None:
    """Let the cache hold these of its rows, in this order, each as often as it is named.

    `reorder_cache` does so for the recurrent states of hybrid models (Falcon-H1) too, as the cache's
    own `batch_repeat_interleave` and `batch_select_indices` do not.
    """
    cache.reorder_cache(cast("torch.LongTensor", rows))


def next_scores(
    model: PreTrainedModel, tokens: torch.Tensor, cache: Cache, head: torch.nn.Module | None = None
) -> torch.Tensor:
    """Scores of the token after these, shape (rows, vocabulary), in float32; the cache takes the tokens over.

    `head` is the output layer that gives them, None the model's own.
    """
    # Left to itself, a model takes all rows to be as long as the longest.
    apart = cache if isinstance(cache, SharedCache) and cache.prompts > 1 else None
    places = {} if apart is None else {"position_ids": apart.positions.to(tokens.device)}
    with narrowed(model, head), _reading(cache), crew().at_work():
        read = model(input_ids=tokens, past_key_values=cache, use_cache=True, logits_to_keep=1, **places)
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


def _places_rows_apart(model: PreTrainedModel) -> bool:
    """Whether the model can be told the position of each row, and turns each by its own position alone."""
    config = model.config.get_text_config()
    parameters = getattr(config, "rope_parameters", None) or {}
    by_layer = [each for each in parameters.values() if isinstance(each, dict)] or [parameters]
    # These turn all rows by what suits the longest one.
    together = any(str(each.get("rope_type")) in {"dynamic", "longrope"} for each in by_layer)
    return "position_ids" in signature(model.forward).parameters and not together
