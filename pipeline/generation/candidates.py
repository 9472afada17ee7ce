"""Candidates for one unit: samples that were cleaned and de-duplicated."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.domain.candidate import Sample
from pipeline.domain.channel import Channel
from pipeline.domain.locale_pack import LocalePack
from pipeline.generation.clean import clean_sample

MAX_NEW_TOKENS = 2_048
"""The most that `GenerationConfig` allows: a channel may be longer than any copy."""


@dataclass(frozen=True)
class Text:
    """A cleaned candidate text with the mean log-probability of the sample it came from."""

    text: str
    log_probability: float | None


def texts_of(samples: Iterable[Sample], pack: LocalePack) -> list[Text]:
    """Clean and de-duplicate; equal texts keep the most probable sample. Empty texts are dropped."""
    best: dict[str, Text] = {}
    for sample in samples:
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
