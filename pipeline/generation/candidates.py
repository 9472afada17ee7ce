"""Candidates for one unit: drawn in one batch, cleaned, de-duplicated."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.domain.candidate import GenerationConfig
from pipeline.domain.channel import Channel
from pipeline.domain.locale_pack import LocalePack
from pipeline.domain.prompt import Prompt
from pipeline.domain.vocabulary import Vocabulary
from pipeline.generation.clean import clean_sample
from pipeline.generation.ports import TextGenerator

MAX_NEW_TOKENS = 2_048
"""The most that `GenerationConfig` allows: a channel may be longer than any copy."""


@dataclass(frozen=True)
class Text:
    """A cleaned candidate text with the mean log-probability of the sample it came from."""

    text: str
    log_probability: float | None


def draw_candidates(
    generator: TextGenerator,
    prompt: Prompt,
    config: GenerationConfig,
    pack: LocalePack,
    vocabulary: Vocabulary | None = None,
) -> list[Text]:
    """Sample, clean and de-duplicate; equal texts keep the most probable sample. Empty texts are dropped."""
    best: dict[str, Text] = {}
    for sample in generator.generate(prompt, config, vocabulary):
        text = clean_sample(sample, pack)
        known = best.get(text.casefold())
        if text and (known is None or _probability(sample.log_probability) > _probability(known.log_probability)):
            best[text.casefold()] = Text(text, sample.log_probability)
    return list(best.values())


def token_budget(channel: Channel) -> int:
    """New tokens to allow for a channel.

    Half a token a character, and some to end the line. Gemma's tokenizer takes 0.23 (English) to 0.48 (Hebrew) on the
    packs' own copy, 0.6 for Japanese and Korean and 0.8 for Chinese, whose copy is far shorter than the limit. Latin
    letters fill most in any unit.
    """
    return min(channel.characters("a") // 2 + 16, MAX_NEW_TOKENS)


def _probability(value: float | None) -> float:
    return float("-inf") if value is None else value
