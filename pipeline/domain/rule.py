"""One dated duty of one jurisdiction, and what it does to copy on a given day.

A rule is a reading aid for people who know the law, not legal advice. Only a verified rule that is in force can
block; whatever is unverified, a draft or still to come warns, or at most asks a person to look.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Literal, Self, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from pipeline.domain.pattern import bounded
from pipeline.domain.value import Identifier, Line, Value

T = TypeVar("T")

PATTERN_MARK = "re:"
"""What stands before a trigger that is a pattern, not a word."""

ANY_LANGUAGE = "any"
"""The key of triggers that count whatever language the copy is in, such as `#ad`."""

ALL = "all"
"""The one entry of a list of channels or sectors that leaves nothing out."""


def _iso_day(given: object) -> object:
    if isinstance(given, str | date) or given is None:
        return given
    raise ValueError("it must be a date, as 2026-09-27")


def _something(listed: tuple[T, ...]) -> tuple[T, ...]:
    """Checked after the entries, so that one wrong entry is one mistake."""
    if not listed:
        raise ValueError("the list is empty")
    return listed


def _readable(trigger: str) -> str:
    if trigger.startswith(PATTERN_MARK):
        bounded(trigger.removeprefix(PATTERN_MARK))
    return trigger


Day = Annotated[date, BeforeValidator(_iso_day)]
Jurisdiction = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")]
"""A country (ISO 3166-1), a part of one (ISO 3166-2: `US-CA`), or `EU`."""

Language = Annotated[str, StringConstraints(pattern=r"^(any|[a-z]{2,3}(-[A-Z][a-z]{3})?)$")]
Trigger = Annotated[Line, AfterValidator(_readable)]
Some = Annotated[tuple[T, ...], AfterValidator(_something)]
"""A list with at least one entry."""


class Medium(StrEnum):
    """Where copy appears, as laws tell it apart; `common/media.yaml` says which media a channel counts as."""

    ALL = "all"
    APP = "app"
    BLOG = "blog"
    CHATBOT = "chatbot"
    DISPLAY_AD = "display_ad"
    EMAIL = "email"
    INFLUENCER = "influencer"
    MARKETPLACE = "marketplace"
    NEWSLETTER = "newsletter"
    OUT_OF_HOME = "ooh"
    PACKAGING = "packaging"
    PRESS_RELEASE = "press_release"
    PRINT = "print"
    PRODUCT_PAGE = "product_page"
    RADIO = "radio"
    REVIEWS = "reviews"
    SEARCH_AD = "search_ad"
    SOCIAL = "social"
    TV = "tv"
    VIDEO = "video"
    VOICE = "voice"
    WEB = "web"


class RuleKind(StrEnum):
    """What a rule is about."""

    AI_DISCLOSURE = "ai_disclosure"
    MACHINE_READABLE_MARKING = "machine_readable_marking"
    FORBIDDEN_CLAIM = "forbidden_claim"
    SUBSTANTIATION = "substantiation"
    REQUIRED_STATEMENT = "required_statement"
    LANGUAGE_REQUIREMENT = "language_requirement"
    DATA_RESIDENCY = "data_residency"
    AUDIENCE = "audience"
    OTHER = "other"


class RuleStatus(StrEnum):
    """How sure the rule is, as of the day of its pack. The dates say when it applies."""

    IN_FORCE = "in_force"
    APPLIES_LATER = "applies_later"
    DRAFT = "draft"
    UNCONFIRMED = "unconfirmed"


class RuleAction(StrEnum):
    """What the rule asks for once it is verified and in force."""

    BLOCK = "block"
    REVIEW = "review"
    WARN = "warn"


class RuleEffect(StrEnum):
    """What a rule does to one text on one day."""

    BLOCKS = "blocks"
    ASKS_REVIEW = "asks_review"
    WARNS = "warns"
    APPLIES_LATER = "applies_later"
    EXPIRED = "expired"
    SECTOR_UNKNOWN = "sector_unknown"


class Reach(Value):
    """Which copy a rule is for. `words_show_sector`: a trigger alone shows that the copy is of that sector."""

    channels: Some[Medium]
    sectors: Some[Identifier]
    words_show_sector: bool = False
    modalities: Some[Literal["text", "image", "audio", "video"]]
    roles: Some[Identifier]

    def for_media(self, media: tuple[Medium, ...]) -> bool:
        """Whether copy on these media falls under the rule; nobody knows the media when there are none."""
        return not media or Medium.ALL in self.channels or bool(set(media) & set(self.channels))

    @property
    def every_sector(self) -> bool:
        """True when the rule is for everything that is sold."""
        return ALL in self.sectors


class WordContext(Value):
    """Triggers that count only beside one of the context words, in the same sentence: `grün` beside `Energie`."""

    words: Some[Trigger]
    context: Some[Trigger]


class Rule(Value):
    """One duty: what must be done, for which copy, from when, on what basis, and what gives it away in a text.

    `triggers` are base forms by language, or patterns after `re:`; `exceptions` are phrases in which a trigger
    is harmless. `required_statements` are sentences that fulfil the rule, with `{names}` for what differs.
    `effective_from` None: in force for long, or since a day that was not confirmed. `grace_until` is the day on
    which a grace period is over; with a `grace_scope` it is only for some, so it softens nothing here.
    """

    id: Identifier
    title: Line
    kind: RuleKind
    duty: Line
    applies_to: Reach
    effective_from: Day | None = None
    effective_until: Day | None = None
    grace_until: Day | None = None
    grace_scope: Line | None = None
    status: RuleStatus
    binding: Literal["law", "guidance", "self-regulation", "voluntary", "draft"]
    legal_basis: Line
    action: RuleAction
    triggers: dict[Language, tuple[Trigger, ...]] = Field(default_factory=dict)
    context: dict[Language, WordContext] = Field(default_factory=dict)
    exceptions: dict[Language, tuple[Trigger, ...]] = Field(default_factory=dict)
    required_statements: dict[Language, Line] = Field(default_factory=dict)
    labels: dict[Language, Line] = Field(default_factory=dict)
    other_labels: dict[Language, Line] = Field(default_factory=dict)
    label_status: Literal["statutory", "established", "recommended", "draft", "suggested"] | None = None
    exemptions: tuple[Line, ...] = ()
    same_as: Identifier | None = None
    sources: tuple[Line, ...] = ()
    verified: bool
    unverified_details: tuple[Line, ...] = ()

    @model_validator(mode="after")
    def _dates_are_in_order(self) -> Self:
        start = self.effective_from
        for name, end in (("effective_until", self.effective_until), ("grace_until", self.grace_until)):
            if start and end and end < start:
                raise ValueError(f"{name} lies before effective_from")
        if self.status is RuleStatus.APPLIES_LATER and start is None:
            raise ValueError("a rule that applies later needs effective_from")
        return self

    @model_validator(mode="after")
    def _a_verified_rule_has_a_source(self) -> Self:
        if self.verified and not self.sources:
            raise ValueError("verified: true needs a source that was read")
        return self

    @model_validator(mode="after")
    def _context_is_of_triggers(self) -> Self:
        for language, narrowed in self.context.items():
            lost = [word for word in narrowed.words if word not in self.triggers.get(language, ())]
            if lost:
                raise ValueError(f"context.{language}: {lost[0]!r} is not among the triggers")
        return self

    def effect_on(self, day: date) -> RuleEffect:
        """What the rule does to copy that it is for, on that day. Never `blocks` before its day, or unverified."""
        if self.effective_until and day > self.effective_until:
            return RuleEffect.EXPIRED
        if self.effective_from and day < self.effective_from:
            return RuleEffect.APPLIES_LATER
        if self.action is RuleAction.WARN or not self._is_sure or self._in_grace(day):
            return RuleEffect.WARNS
        if self.action is RuleAction.REVIEW or self.status is RuleStatus.DRAFT:
            return RuleEffect.ASKS_REVIEW
        return RuleEffect.BLOCKS

    @property
    def turning_days(self) -> tuple[date, ...]:
        """The first day of each change that the dates bring, in order."""
        grace = self.grace_until if self.grace_scope is None else None
        end = self.effective_until + timedelta(days=1) if self.effective_until else None
        return tuple(sorted(day for day in (self.effective_from, grace, end) if day))

    @property
    def _is_sure(self) -> bool:
        return self.verified and self.status is not RuleStatus.UNCONFIRMED

    def _in_grace(self, day: date) -> bool:
        """A grace with a scope is for some only; Glocal cannot tell for whom, so it counts on nobody's."""
        return self.grace_until is not None and self.grace_scope is None and day < self.grace_until
