"""A generator in this process: a Transformers model and its tokenizer behind the library's seam."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Self

from pipeline.backends.loading import load_language_model
from pipeline.backends.memory import FEWER, Device, is_out_of_memory, require_text_memory
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
from pipeline.errors import GenerationFailed

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from pipeline.backends.decoding import Continuation


class TransformersGenerator:
    """Samples texts from a model that the caller has loaded.

    generator = TransformersGenerator.from_store(store, card)
    samples = generator.generate(prompt, GenerationConfig(num_return_sequences=4, seed=7))
    """

    def __init__(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
        self._model = model
        self._tokenizer = tokenizer

    @classmethod
    def from_store(cls, store: VerifiedModels, card: ModelCard) -> Self:
        """Load a stored model after every digest was checked; raises a ModelError that says what is wrong."""
        return cls(*load_language_model(store.verified(card.id), card))

    def generate(self, prompt: Prompt, config: GenerationConfig) -> list[Sample]:
        """Sample texts of one prompt; raises GenerationFailed when none of them has any text."""
        ids = prompt_token_ids(self._tokenizer, prompt).to(self._model.device)
        self._require_room(ids.shape[1] + config.max_new_tokens, config.num_return_sequences)
        samples = [self._sample(prompt, continuation) for continuation in self._continuations(prompt, ids, config)]
        if not any(sample.text.strip() for sample in samples):
            raise GenerationFailed(f"the model wrote nothing in {len(samples)} attempts")
        return samples

    def _continuations(self, prompt: Prompt, ids: torch.Tensor, config: GenerationConfig) -> list[Continuation]:
        from pipeline.backends.decoding import sample_continuations

        try:
            return sample_continuations(self._model, ids, config, self._stop_tokens(prompt))
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            # Not again with fewer: the same seed must not give other texts because memory was short.
            raise GenerationFailed(
                f"memory ran out while {config.num_return_sequences} candidates were written",
                hint=FEWER,
            ) from error

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

    def _require_room(self, tokens: int, sequences: int) -> None:
        text = self._model.config.get_text_config()
        room = getattr(text, "max_position_embeddings", None)
        if room is not None and tokens > room:
            raise GenerationFailed(
                f"prompt and copy need {tokens} tokens, the model reads {room}",
                hint="Shorten the brief or the brand file, or choose a model with a longer context.",
            )
        device: Device = "cuda" if self._model.device.type == "cuda" else "cpu"
        number = self._model.dtype.itemsize
        require_text_memory(text.to_dict(), device, number, sequences=sequences, tokens=tokens)
