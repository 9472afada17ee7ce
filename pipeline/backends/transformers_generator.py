"""A generator in this process: a Transformers model and its tokenizer behind the library's seam."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property, reduce
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Self

import numpy as np

from pipeline.backends.loading import load_language_model
from pipeline.backends.memory import Device, texts_at_once
from pipeline.backends.offline import VerifiedModels
from pipeline.backends.prompt_tokens import (
    answer_text,
    first_line,
    line_break_token_ids,
    prompt_token_ids,
    written_text,
)
from pipeline.domain.ask import Ask
from pipeline.domain.candidate import GenerationConfig, Sample
from pipeline.domain.model_card import ModelCard
from pipeline.domain.prompt import Prompt
from pipeline.domain.vocabulary import Vocabulary
from pipeline.errors import GenerationFailed, GlocalError

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from pipeline.backends.decoding import Continuation, Drawing
    from pipeline.backends.narrow_head import NarrowHead
    from pipeline.backends.vocabulary import TokenIds


HEADS = 2
"""Output layers that are kept in memory: units of one locale come one after another."""


ROWS_AT_ONCE = 64
"""Candidates in a batch on a processor, beyond which more of them only wait longer; memory may allow fewer."""


class TransformersGenerator:
    """Samples texts from a model that the caller has loaded.

    generator = TransformersGenerator.from_store(store, card)
    samples = generator.generate(prompt, GenerationConfig(num_return_sequences=4, seed=7))

    One call is worked on at a time; other threads wait. `cache` is a folder for what is computed once for each
    locale; without one it is computed again in each process.
    """

    def __init__(
        self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, *, cache: Path | None = None
    ) -> None:
        from pipeline.backends.prompt_memory import PromptReader
        from pipeline.backends.vocabulary import TokenSets

        self._model = model
        self._tokenizer = tokenizer
        self._reader = PromptReader(model)
        self._token_sets = TokenSets(tokenizer, cache)
        self._heads: dict[bytes, NarrowHead] = {}
        self._alone = Lock()

    @classmethod
    def from_store(cls, store: VerifiedModels, card: ModelCard, *, cache: Path | None = None) -> Self:
        """Load a stored model after every digest was checked; raises a ModelError that says what is wrong."""
        return cls(*load_language_model(store.verified(card.id), card), cache=cache)

    @property
    def rows_at_once(self) -> int:
        """How many candidates it gains from drawing at once; a graphics card is given one prompt after another."""
        return ROWS_AT_ONCE if self._device == "cpu" else 1

    def generate(self, prompt: Prompt, config: GenerationConfig, vocabulary: Vocabulary | None = None) -> list[Sample]:
        """Sample texts of one prompt; raises GenerationFailed when none of them has any text.

        Given a vocabulary, no other token is drawn, and log-probabilities are relative to its tokens.
        """
        (found,) = self.generate_together([Ask(prompt=prompt, config=config, vocabulary=vocabulary)])
        if isinstance(found, GlocalError):
            raise found
        return found

    def generate_together(self, asks: Sequence[Ask]) -> list[list[Sample] | GlocalError]:
        """The same for several prompts, whose candidates are drawn in one batch as far as memory has room for them.

        An ask that fails has its error in its place. Each has the samples that it has alone, to the rounding of the
        model's scores: of the packed layers on a processor these are the same numbers.
        """
        with self._alone:
            tokens, head = self._tokens_and_head({ask.vocabulary for ask in asks if ask.vocabulary is not None})
            if any(ask.vocabulary is None for ask in asks):
                head = None
            found = [self._drawing(ask, tokens) for ask in asks]
            drawn = iter(self._draw([each for each in found if not isinstance(each, GlocalError)], head))
            return [
                self._samples(ask.prompt, each if isinstance(each, GlocalError) else next(drawn))
                for ask, each in zip(asks, found, strict=True)
            ]

    def _draw(
        self, drawings: Sequence[Drawing], head: NarrowHead | None
    ) -> Sequence[list[Continuation] | GenerationFailed]:
        from pipeline.backends.batching import sample_continuations

        return sample_continuations(self._reader, drawings, head, self._room_for)

    def _drawing(self, ask: Ask, tokens: Mapping[Vocabulary, torch.Tensor]) -> Drawing | GlocalError:
        """What an ask comes to, or why it can come to nothing."""
        from pipeline.backends.decoding import Drawing

        try:
            ids = prompt_token_ids(self._tokenizer, ask.prompt).to(self._model.device)
        except GlocalError as error:
            return error
        own = None if ask.vocabulary is None else tokens[ask.vocabulary]
        drawing = Drawing(ids, ask.config, self._stop_tokens(ask.prompt), own)
        reads = getattr(self._model.config.get_text_config(), "max_position_embeddings", None)
        if reads is not None and drawing.longest > reads:
            return GenerationFailed(
                f"prompt and copy need {drawing.longest} tokens, the model reads {reads}",
                hint="Shorten the brief or the brand file, or choose a model with a longer context.",
            )
        return drawing

    def _tokens_and_head(
        self, vocabularies: Collection[Vocabulary]
    ) -> tuple[dict[Vocabulary, torch.Tensor], NarrowHead | None]:
        """The tokens of each vocabulary, and one output layer for all; the ends of a text belong to every one."""
        import torch

        ends = sorted(self._end_tokens)
        sets = {each: np.union1d(self._token_sets.of(each), ends) for each in vocabularies}
        # Those of the same tokens share them, and are drawn in one go.
        tensors = {each.tobytes(): torch.from_numpy(each).to(self._model.device) for each in sets.values()}
        head = self._head(reduce(np.union1d, sets.values())) if sets else None
        return {each: tensors[tokens.tobytes()] for each, tokens in sets.items()}, head

    def _head(self, tokens: TokenIds) -> NarrowHead:
        """The output layer of these tokens."""
        import torch

        from pipeline.backends.narrow_head import NarrowHead

        key = tokens.tobytes()
        head = self._heads.pop(key, None)
        if head is None:
            while len(self._heads) >= HEADS:
                del self._heads[next(iter(self._heads))]
            head = NarrowHead.of(self._model, torch.from_numpy(tokens))
        self._heads[key] = head
        return head

    def _samples(self, prompt: Prompt, found: Sequence[Continuation] | GlocalError) -> list[Sample] | GlocalError:
        if isinstance(found, GlocalError):
            return found
        samples = [self._sample(prompt, continuation) for continuation in found]
        if not any(sample.text.strip() for sample in samples):
            return GenerationFailed(f"the model wrote nothing in {len(samples)} attempts")
        return samples

    def _sample(self, prompt: Prompt, continuation: Continuation) -> Sample:
        tokens = continuation.tokens
        if continuation.stop is not None and continuation.stop not in self._end_tokens:
            # The token that breaks the line may begin with the copy's last characters.
            tokens = [*tokens, continuation.stop]
        completes = prompt.style == "completion"
        return Sample(
            text=first_line(written_text(self._tokenizer, tokens))
            if completes
            else answer_text(self._tokenizer, tokens),
            log_probability=continuation.log_probability,
            finished=continuation.stop is not None,
        )

    def _stop_tokens(self, prompt: Prompt) -> frozenset[int]:
        return frozenset(self._end_tokens | (self._line_break_tokens if prompt.style == "completion" else set()))

    @property
    def _device(self) -> Device:
        return "cuda" if self._model.device.type == "cuda" else "cpu"

    @cached_property
    def _end_tokens(self) -> set[int]:
        configured = self._model.generation_config.eos_token_id
        ends = configured if isinstance(configured, list) else [configured]
        return {token for token in (*ends, self._tokenizer.eos_token_id) if token is not None}

    @cached_property
    def _line_break_tokens(self) -> set[int]:
        return set(line_break_token_ids(self._tokenizer))

    def _room_for(self, tokens: int, most: int) -> int:
        """How many texts of so many tokens fit into memory at once; GenerationFailed when not one does."""
        text = self._model.config.get_text_config()
        return texts_at_once(text.to_dict(), self._device, self._model.dtype.itemsize, most=most, tokens=tokens)
