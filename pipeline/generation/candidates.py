"""Candidates for one unit: samples that were cleaned and de-duplicated."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.domain.candidate import Sample
from pipeline.domain.channel import Channel
from pipeline.domain.locale_pack import LocalePack
from pipeline.generation.clean import clean_sample, sentence_ends

MAX_NEW_TOKENS = 2_048
"""The most that `GenerationConfig` allows: a channel may be longer than any copy."""


NEAR = 0.6
"""Share of a limit from which a sentence ends near it: less of a text that is too long would say too little."""


LABEL = 24
"""Characters of what a model may write before the copy itself."""


@dataclass(frozen=True)
class Text:
    """A cleaned candidate text with the mean log-probability of the sample it came from."""

    text: str
    log_probability: float | None


def texts_of(samples: Iterable[Sample], pack: LocalePack, channel: Channel) -> list[Text]:
    """Clean, end in time and de-duplicate; equal texts keep the most probable sample. Empty texts are dropped."""
    best: dict[str, Text] = {}
    for sample in samples:
        text = clean_sample(sample, pack)
        if sample.overlong and channel.fitting(text) == text:
            # Only what was taken off its beginning makes it fit: its end is missing.
            continue
        text = ended_in_time(text, channel)
        known = best.get(text.casefold())
        if text and (known is None or _probability(sample.log_probability) > _probability(known.log_probability)):
            best[text.casefold()] = Text(text, sample.log_probability)
    return list(best.values())


def ended_in_time(text: str, channel: Channel) -> str:
    """Copy that runs on past the channel's limit, ended where a sentence ends near it; the text itself where none does.

    What comes before does not depend on what follows: it is what a model would have written that stopped there.
    """
    room = len(channel.fitting(text))
    if room == len(text):
        return text
    ends = [end for end in sentence_ends(text) if end <= room]
    return text[: ends[-1]] if ends and channel.measure(text[: ends[-1]]) >= NEAR * channel.limit else text


def token_budget(channel: Channel) -> int:
    """New tokens to allow for a channel.

    Half a token a character, and some to end the line. Gemma's tokenizer takes 0.23 (English) to 0.48 (Hebrew) on the
    packs' own copy, 0.6 for Japanese and Korean and 0.8 for Chinese, whose copy is far shorter than the limit. Latin
    letters fill most in any unit.
    """
    return min(channel.characters("a") // 2 + 16, MAX_NEW_TOKENS)


def character_budget(channel: Channel) -> int:
    """Characters after which copy for a channel is given up: half as many again as fit, and a label before them."""
    return channel.characters("a") * 3 // 2 + LABEL


def _probability(value: float | None) -> float:
    return float("-inf") if value is None else value
