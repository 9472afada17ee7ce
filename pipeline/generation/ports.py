"""The seam to language models: what the library asks of a generator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pipeline.domain.ask import Ask
from pipeline.domain.candidate import GenerationConfig, Sample
from pipeline.domain.prompt import Prompt
from pipeline.domain.vocabulary import Vocabulary
from pipeline.errors import GlocalError


class TextGenerator(Protocol):
    """Something that continues a prompt: an in-process model, an endpoint, or a scripted double.

    `rows_at_once` is how many samples it gains from working on at once; more of them only wait longer.
    """

    @property
    def rows_at_once(self) -> int:
        """At least 1."""
        ...

    def generate(
        self, prompt: Prompt, config: GenerationConfig, vocabulary: Vocabulary | None = None
    ) -> Sequence[Sample]:
        """Return `config.num_return_sequences` samples of one prompt; the same seed gives the same samples.

        A generator that can holds the model to the vocabulary; None leaves it all of its tokens.
        """
        ...

    def generate_together(self, asks: Sequence[Ask]) -> Sequence[Sequence[Sample] | GlocalError]:
        """What `generate` returns for each, or the error that it raises: one that fails leaves the others alone.

        The samples are those that each would have alone; a generator that can works on all at once.
        """
        ...
