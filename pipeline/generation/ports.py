"""The seam to language models: what the library asks of a generator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pipeline.domain.candidate import GenerationConfig, Sample
from pipeline.domain.prompt import Prompt
from pipeline.domain.vocabulary import Vocabulary


class TextGenerator(Protocol):
    """Something that continues a prompt: an in-process model, an endpoint, or a scripted double."""

    def generate(
        self, prompt: Prompt, config: GenerationConfig, vocabulary: Vocabulary | None = None
    ) -> Sequence[Sample]:
        """Return `config.num_return_sequences` samples of one prompt; the same seed gives the same samples.

        A generator that can holds the model to the vocabulary; None leaves it all of its tokens.
        """
        ...
