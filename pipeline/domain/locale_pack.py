"""What a region knows of its own market: the pack behind one locale."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.domain.value import Identifier, Line, LocaleTag, Value


class Address(Value):
    """How the reader is spoken to: the form itself (du, vous, tú) and a line that asks for it."""

    form: Line
    formality: Literal["informal", "formal", "neutral"]
    direction: Line


class Typography(Value):
    """House typography: lines for the prompt, and the space that stands before a mark (French `!`)."""

    directions: tuple[Line, ...] = ()
    space_before: dict[str, str] = Field(default_factory=dict)


class PromptWords(Value):
    """The prompt's own words, in the locale's language.

    `task` and the labels are written by the region; nothing in them is filled in, so no word has to
    agree in case or gender with a value it does not know.
    """

    task: Line
    source: Line
    target: Line
    brand: Line
    audience: Line
    objective: Line
    voice: Line
    avoid: Line
    pillars: Line
    terms: Line
    channel: Line
    limit: Line
    style: Line
    data_notice: Line
    last_line: Line


class Pair(Value):
    """A source line and the copy a native writer made of it: a few-shot example."""

    channel: Identifier
    source: Line
    target: Line


class LocalePack(Value):
    """One locale: market, law, style, form of address, typography, examples."""

    tag: LocaleTag
    name: Line
    script: str = Field(pattern=r"^[A-Z][a-z]{3}$")
    direction: Literal["ltr", "rtl"]
    market: str = Field(pattern=r"^[A-Z]{2}$")
    jurisdictions: tuple[str, ...] = Field(min_length=1)
    time_zone: Line
    address: Address
    style: tuple[Line, ...] = Field(min_length=1)
    typography: Typography = Typography()
    prompt: PromptWords
    pairs: tuple[Pair, ...] = Field(min_length=6)
