"""Who speaks: a brand, what it stands for, and the words it insists on."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from pipeline.domain.value import Identifier, Line, LocaleTag, Value


class Voice(Value):
    """How the brand sounds: traits it has and traits it avoids, in plain words."""

    traits: tuple[Line, ...] = ()
    avoid: tuple[Line, ...] = ()


class Pillar(Value):
    """One thing the brand stands for, with real sentences that show it and, optionally, miss it."""

    id: Identifier
    name: Line
    statement: Line
    exemplars: tuple[Line, ...] = ()
    counter_exemplars: tuple[Line, ...] = ()


class TermRule(StrEnum):
    """What a term asks of the copy."""

    DO_NOT_TRANSLATE = "do_not_translate"
    PREFERRED = "preferred"
    FORBIDDEN = "forbidden"


class Term(Value):
    """A word the brand insists on.

    `source` is the word in the source locale; `forms` gives, by locale, every accepted (preferred) or
    refused (forbidden) form, base form first, inflected forms after it.
    """

    source: Line
    rule: TermRule
    forms: dict[LocaleTag, tuple[Line, ...]] = Field(default_factory=dict)
    note: str = ""


class Claim(Value):
    """A fact that copy may state, with its evidence and the markets (ISO 3166) it is cleared for."""

    id: Identifier
    statement: Line
    evidence: Line
    markets: tuple[str, ...] = ()


class Brand(Value):
    """A brand: the centre's side of every draft."""

    id: Identifier
    name: Line
    source_locale: LocaleTag
    voice: Voice = Voice()
    pillars: tuple[Pillar, ...] = Field(min_length=1)
    terms: tuple[Term, ...] = ()
    claims: tuple[Claim, ...] = ()

    @model_validator(mode="after")
    def _pillar_ids_are_unique(self) -> Self:
        twice = [name for name, count in Counter(pillar.id for pillar in self.pillars).items() if count > 1]
        if twice:
            raise ValueError(f"two pillars have the id {twice[0]!r}")
        return self
