"""The rules of one jurisdiction, how their triggers are read, and the trace they leave in an assessment."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import Literal, Self

from pydantic import Field, model_validator

from pipeline.domain.rule import Day, Jurisdiction, Language, Medium, Rule, RuleEffect
from pipeline.domain.value import Identifier, Line, Value, digest_of


class WordForms(Value):
    """How the words of one language change in running text.

    `where`: `word` for languages that put spaces between words, `anywhere` for those that do not. `before` are
    letters joined to the front (and, the, in). A form is the base with up to `repeat` of the `endings` after
    it, or the base without one of `drop` and an ending instead.
    """

    where: Literal["word", "anywhere"] = "word"
    before: tuple[Line, ...] = ()
    drop: tuple[Line, ...] = ()
    endings: tuple[Line, ...] = ()
    repeat: int = Field(default=1, ge=1, le=4)


class Reading(Value):
    """How triggers are read: word forms by language, and the media that each channel counts as."""

    words: dict[Language, WordForms] = Field(default_factory=dict)
    media: dict[Identifier, tuple[Medium, ...]] = Field(default_factory=dict)


class RulePack(Value):
    """The rules of one jurisdiction as they stood on a day, and how their triggers are read."""

    jurisdiction: Jurisdiction
    as_of: Day
    rules: tuple[Rule, ...] = ()
    reading: Reading = Reading()

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        twice = [name for name, count in Counter(rule.id for rule in self.rules).items() if count > 1]
        if twice:
            raise ValueError(f"two rules have the id {twice[0]!r}")
        return self

    @cached_property
    def version(self) -> str:
        """SHA-256 (hex) over the whole pack: any change of a rule, or of how it is read, is another version."""
        return digest_of(self)

    def __hash__(self) -> int:
        return hash(self.version)


class RuleLook(Value):
    """One rule that was looked at for a text: its effect on that day, and the version of its pack."""

    id: Identifier
    effect: RuleEffect
    version: str
