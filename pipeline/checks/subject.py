"""What a check looks at: one text and everything that is asked of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from pipeline.checks.tags import joins_words, language_of, scripts_of, writes_without_spaces
from pipeline.domain.brand import Brand, Term, TermRule
from pipeline.domain.channel import Channel
from pipeline.domain.locale_pack import LocalePack
from pipeline.domain.manners import LanguageManners
from pipeline.domain.rule_pack import RulePack


@dataclass(frozen=True)
class CheckedText:
    """One text in one locale, with as much of its surroundings as is known.

    `locale` and `source_locale` are BCP 47 tags; a tag that nobody knows is allowed and asks nothing.
    Without a source, a brand, a channel or a pack, what depends on it is not checked. `all_manners` is by language;
    `other_locales` gives the text that the same segment has in each other locale. `rules` say nothing without a
    `day`; `sectors` are what the campaign sells, where it says so.
    """

    text: str
    locale: str
    source: str | None = None
    source_locale: str = "en-US"
    channel: Channel | None = None
    brand: Brand | None = None
    pack: LocalePack | None = None
    day: date | None = None
    rules: tuple[RulePack, ...] = ()
    sectors: tuple[str, ...] = ()
    all_manners: Mapping[str, LanguageManners] = field(default_factory=dict)
    other_locales: Mapping[str, str] = field(default_factory=dict)
    audience_group: str | None = None

    @cached_property
    def language(self) -> str:
        """The ISO 639 code of the wanted language, lower case."""
        return language_of(self.locale)

    @cached_property
    def source_language(self) -> str:
        """The ISO 639 code of the source language, lower case."""
        return language_of(self.source_locale)

    @cached_property
    def scripts(self) -> frozenset[str]:
        """ISO 15924 codes of the scripts that the locale is written in; empty when nobody knows."""
        return scripts_of(self.locale, self.pack.script if self.pack else None)

    @cached_property
    def spaceless(self) -> bool:
        """True when the locale's script puts no space between words."""
        return writes_without_spaces(self.scripts)

    @cached_property
    def joins_words(self) -> bool:
        """True when the locale's script writes `and`, `the`, `for` joined to the next word."""
        return joins_words(self.scripts)

    @property
    def manners(self) -> LanguageManners | None:
        """What is known of the wanted language."""
        return self.all_manners.get(self.language)

    @property
    def source_manners(self) -> LanguageManners | None:
        """What is known of the source language."""
        return self.all_manners.get(self.source_language)

    def terms(self, rule: TermRule) -> tuple[Term, ...]:
        """The brand's terms under one rule; none without a brand."""
        return tuple(term for term in self.brand.terms if term.rule is rule) if self.brand else ()

    def forms_of(self, term: Term) -> tuple[str, ...]:
        """The forms of a term for this locale: those of the full tag, else those of its bare language."""
        return term.forms.get(self.locale) or term.forms.get(self.language) or ()
