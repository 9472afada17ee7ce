"""A generator in this process: a Transformers model and its tokenizer behind the library's seam."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Self

from pipeline.backends.loading import load_language_model
from pipeline.backends.memory import Device, texts_at_once
from pipeline.backends.offline import VerifiedModels
from pipeline.backends.prompt_tokens import (
    answer_text,
    first_line,
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
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from pipeline.backends.decoding import Continuation, Drawing
    from pipeline.backends.heads import OwnHead


ROWS_AT_ONCE = 128
"""Candidates in a batch on a processor, beyond which more of them only wait longer; memory may allow fewer."""

LOCALES_AT_ONCE = 4
"""Locales in a batch: each has an output layer of its own, which takes some 50 MB of Gemma 3 270M's."""


class TransformersGenerator:
    """Samples texts from a model that the caller has loaded.

    generator = TransformersGenerator.from_store(store, card)
    samples = generator.generate(prompt, GenerationConfig(num_return_sequences=4, seed=7))

    One call is worked on at a time; other threads wait. `cache` is a folder for what is computed once for each
    locale; without one it is computed again in each process. `digest` is that of the model's files.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        *,
        cache: Path | None = None,
        digest: str | None = None,
    ) -> None:
        from pipeline.backends.heads import Heads
        from pipeline.backends.prompt_memory import PromptReader
        from pipeline.backends.token_sets import TokenSets

        self._model = model
        self._tokenizer = tokenizer
        self._reader = PromptReader(model)
        self._token_sets = TokenSets(tokenizer, cache, digest)
        self._heads = Heads(model, self._token_sets, self._end_tokens, most=LOCALES_AT_ONCE)
        self._alone = Lock()

    @classmethod
    def from_store(cls, store: VerifiedModels, card: ModelCard, *, cache: Path | None = None) -> Self:
        """Load a stored model after every digest was checked; raises a ModelError that says what is wrong."""
        model, tokenizer = load_language_model(store.verified(card.id), card)
        return cls(model, tokenizer, cache=cache, digest=store.weights_digest(card.id))

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
            return [found for some in _of_few_locales(asks) for found in self._generate(some)]

    def _generate(self, asks: Sequence[Ask]) -> list[list[Sample] | GlocalError]:
        from pipeline.backends.batching import sample_continuations

        heads = self._heads.of({ask.vocabulary for ask in asks if ask.vocabulary is not None})
        found = [self._drawing(ask, heads) for ask in asks]
        drawings = [each for each in found if not isinstance(each, GlocalError)]
        drawn = iter(sample_continuations(self._reader, drawings, self._room_for))
        return [
            self._samples(ask.prompt, each if isinstance(each, GlocalError) else next(drawn))
            for ask, each in zip(asks, found, strict=True)
        ]

    def _drawing(self, ask: Ask, heads: Mapping[Vocabulary, OwnHead]) -> Drawing | GlocalError:
        """What an ask comes to, or why it can come to nothing."""
        from pipeline.backends.decoding import Drawing

        try:
            ids = prompt_token_ids(self._tokenizer, ask.prompt).to(self._model.device)
        except GlocalError as error:
            return error
        tokens, head = (None, None) if ask.vocabulary is None else heads[ask.vocabulary]
        # Thoughts before an answer may be longer than any copy.
        lengths = self._token_sets.lengths if ask.prompt.style == "completion" else None
        drawing = Drawing(ids, ask.config, self._stop_tokens(ask.prompt), tokens, head, lengths)
        reads = getattr(self._model.config.get_text_config(), "max_position_embeddings", None)
        if reads is not None and drawing.longest > reads:
            return GenerationFailed(
                f"prompt and copy need {drawing.longest} tokens, the model reads {reads}",
                hint="Shorten the brief or the brand file, or choose a model with a longer context.",
            )
        return drawing

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
            finished=continuation.stop is not None or continuation.overlong,
            overlong=continuation.overlong,
        )

    def _stop_tokens(self, prompt: Prompt) -> frozenset[int]:
        breaks = self._token_sets.line_breaks if prompt.style == "completion" else frozenset()
        return self._end_tokens | breaks

    @property
    def _device(self) -> Device:
        return "cuda" if self._model.device.type == "cuda" else "cpu"

    @cached_property
    def _end_tokens(self) -> frozenset[int]:
        configured = self._model.generation_config.eos_token_id
        ends = configured if isinstance(configured, list) else [configured]
        return frozenset(token for token in (*ends, self._tokenizer.eos_token_id) if token is not None)

    def _room_for(self, tokens: int, most: int) -> int:
        """How many texts of so many tokens fit into memory at once; GenerationFailed when not one does."""
        text = self._model.config.get_text_config()
        return texts_at_once(text.to_dict(), self._device, self._model.dtype.itemsize, most=most, tokens=tokens)


def _of_few_locales(asks: Sequence[Ask]) -> Iterator[Sequence[Ask]]:
    """Asks in their order, in groups whose output layers can be kept at once."""
    first, locales = 0, set[Vocabulary | None]()
    for place, ask in enumerate(asks):
        locale = ask.vocabulary and ask.vocabulary.of_the_locale
        if locale not in locales and len(locales) == LOCALES_AT_ONCE:
            yield asks[first:place]
            first, locales = place, set()
        locales.add(locale)
    yield asks[first:]
