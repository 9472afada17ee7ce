"""A generator in this process: a Transformers model and its tokenizer behind the library's seam."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Self

from pipeline.backends.loading import load_language_model
from pipeline.backends.memory import FEWER, Device, is_out_of_memory, texts_at_once
from pipeline.backends.offline import VerifiedModels
from pipeline.backends.prompt_tokens import (
    answer_text,
    first_line,
    line_break_token_ids,
    prompt_token_ids,
    written_text,
)
from pipeline.domain.candidate import GenerationConfig, Sample
from pipeline.domain.model_card import ModelCard
from pipeline.domain.prompt import Prompt
from pipeline.domain.vocabulary import Vocabulary
from pipeline.errors import GenerationFailed

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from pipeline.backends.decoding import Continuation
    from pipeline.backends.narrow_head import NarrowHead


HEADS = 2
"""Output layers of locales that are kept in memory: units of one locale come one after another."""


class TransformersGenerator:
    """Samples texts from a model that the caller has loaded.

    generator = TransformersGenerator.from_store(store, card)
    samples = generator.generate(prompt, GenerationConfig(num_return_sequences=4, seed=7))

    One prompt is worked on at a time; other threads wait. `cache` is a folder for what is computed once for each
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
        self._heads: dict[str, NarrowHead] = {}
        self._alone = Lock()

    @classmethod
    def from_store(cls, store: VerifiedModels, card: ModelCard, *, cache: Path | None = None) -> Self:
        """Load a stored model after every digest was checked; raises a ModelError that says what is wrong."""
        return cls(*load_language_model(store.verified(card.id), card), cache=cache)

    def generate(self, prompt: Prompt, config: GenerationConfig, vocabulary: Vocabulary | None = None) -> list[Sample]:
        """Sample texts of one prompt; raises GenerationFailed when none of them has any text.

        Given a vocabulary, no other token is drawn, and log-probabilities are relative to its tokens.
        """
        with self._alone:
            ids = prompt_token_ids(self._tokenizer, prompt).to(self._model.device)
            samples = [
                self._sample(prompt, continuation)
                for continuation in self._continuations(prompt, ids, config, vocabulary)
            ]
        if not any(sample.text.strip() for sample in samples):
            raise GenerationFailed(f"the model wrote nothing in {len(samples)} attempts")
        return samples

    def _continuations(
        self, prompt: Prompt, ids: torch.Tensor, config: GenerationConfig, vocabulary: Vocabulary | None
    ) -> list[Continuation]:
        from pipeline.backends.decoding import Drawing, sample_continuations

        drawing = Drawing(
            config,
            self._stop_tokens(prompt),
            head=None if vocabulary is None else self._head(vocabulary),
            at_once=self._room_for(ids.shape[1], config),
        )
        try:
            return sample_continuations(self._reader, ids, drawing)
        except (RuntimeError, MemoryError) as error:
            self._reader.forget()
            if not is_out_of_memory(error):
                raise
            raise GenerationFailed("memory ran out while a candidate was written", hint=FEWER) from error

    def _head(self, vocabulary: Vocabulary) -> NarrowHead:
        """The output layer of a vocabulary; the ends of a text belong to every vocabulary."""
        import torch

        from pipeline.backends.narrow_head import NarrowHead

        head = self._heads.pop(vocabulary.digest, None)
        if head is None:
            while len(self._heads) >= HEADS:
                del self._heads[next(iter(self._heads))]
            tokens = sorted({*self._token_sets.of(vocabulary).tolist(), *self._end_tokens})
            head = NarrowHead.of(self._model, torch.tensor(tokens, dtype=torch.long))
        self._heads[vocabulary.digest] = head
        return head

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

    def _stop_tokens(self, prompt: Prompt) -> torch.Tensor:
        import torch

        tokens = self._end_tokens | (self._line_break_tokens if prompt.style == "completion" else set())
        return torch.tensor(sorted(tokens), dtype=torch.long, device=self._model.device)

    @cached_property
    def _end_tokens(self) -> set[int]:
        configured = self._model.generation_config.eos_token_id
        ends = configured if isinstance(configured, list) else [configured]
        return {token for token in (*ends, self._tokenizer.eos_token_id) if token is not None}

    @cached_property
    def _line_break_tokens(self) -> set[int]:
        return set(line_break_token_ids(self._tokenizer))

    def _room_for(self, tokens: int, config: GenerationConfig) -> int:
        """How many candidates fit into memory at once; GenerationFailed when not one does, or the model reads less."""
        text = self._model.config.get_text_config()
        room = getattr(text, "max_position_embeddings", None)
        tokens += config.max_new_tokens
        if room is not None and tokens > room:
            raise GenerationFailed(
                f"prompt and copy need {tokens} tokens, the model reads {room}",
                hint="Shorten the brief or the brand file, or choose a model with a longer context.",
            )
        device: Device = "cuda" if self._model.device.type == "cuda" else "cpu"
        return texts_at_once(
            text.to_dict(), device, self._model.dtype.itemsize, most=config.num_return_sequences, tokens=tokens
        )
