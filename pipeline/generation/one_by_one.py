"""Answering several asks for a generator that can only take one at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pipeline.domain.ask import Ask
from pipeline.domain.candidate import GenerationConfig, Sample
from pipeline.domain.prompt import Prompt
from pipeline.domain.vocabulary import Vocabulary
from pipeline.errors import GlocalError

Generate = Callable[[Prompt, GenerationConfig, Vocabulary | None], list[Sample]]


def one_by_one(generate: Generate, asks: Sequence[Ask]) -> list[list[Sample] | GlocalError]:
    """What `generate` returns for each ask in turn, or the error that it raises: it stands in the ask's place."""
    return [_given(generate, ask) for ask in asks]


def _given(generate: Generate, ask: Ask) -> list[Sample] | GlocalError:
    try:
        return generate(ask.prompt, ask.config, ask.vocabulary)
    except GlocalError as error:
        return error
