"""What the law of the market says of a text, on a day: the rules that were looked at, and what they find.

A rule speaks up when one of its triggers stands in the text. Rules about labels, marking or data have none: they
are named as looked at, so that a reviewer sees them. No legal advice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from pipeline.checks.rule_words import Finder, Span, finders_of, states
from pipeline.checks.subject import CheckedText
from pipeline.domain.issue import Issue, MqmDimension, Severity
from pipeline.domain.rule import ANY_LANGUAGE, Rule, RuleEffect, RuleKind
from pipeline.domain.rule_pack import RuleLook

_SEVERITY = {
    RuleEffect.BLOCKS: Severity.CRITICAL,
    RuleEffect.ASKS_REVIEW: Severity.MAJOR,
    RuleEffect.WARNS: Severity.MINOR,
    RuleEffect.APPLIES_LATER: Severity.MINOR,
}
"""An expired rule finds nothing, nor does one for a sector that nobody named."""

_FULFILLED_BY_STATEMENT = frozenset({RuleKind.REQUIRED_STATEMENT, RuleKind.SUBSTANTIATION})


@dataclass(frozen=True)
class _Look:
    """One rule beside one text: what it does there, and how to find what it is about."""

    rule: Rule
    effect: RuleEffect
    version: str
    finder: Finder | None


def check_rules(subject: CheckedText) -> Iterator[Issue]:
    """Yield an issue for each rule that the text touches, at the first place where it does."""
    found: dict[str, Severity] = {}
    for look in _looks(subject):
        severity = _SEVERITY.get(look.effect)
        span = look.finder.find(subject.text) if severity and look.finder else None
        if severity is None or span is None or _is_stated(look.rule, subject):
            continue
        twin = found.get(look.rule.same_as or "")
        if twin is None or twin.penalty < severity.penalty:
            found[look.rule.id] = severity
            yield _issue(look, severity, span)


def look_at_rules(subject: CheckedText) -> tuple[RuleLook, ...]:
    """Every rule that was looked at for a text, with its effect on that day and the version of its pack."""
    return tuple(RuleLook(id=look.rule.id, effect=look.effect, version=look.version) for look in _looks(subject))


def _looks(subject: CheckedText) -> list[_Look]:
    """The rules for such a text, those that others repeat first; none without a pack of the locale, or a day."""
    if subject.pack is None or subject.day is None:
        return []
    looks = []
    for pack in subject.rules:
        if pack.jurisdiction in subject.pack.jurisdictions:
            media = pack.reading.media.get(subject.channel.id, ()) if subject.channel else ()
            for rule, finder in finders_of(pack, subject.language):
                if rule.applies_to.for_media(media) and "text" in rule.applies_to.modalities:
                    effect = _effect(rule, subject.day, subject.sectors)
                    if effect:
                        looks.append(_Look(rule, effect, pack.version, finder))
    return sorted(looks, key=lambda look: look.rule.same_as is not None)


def _effect(rule: Rule, day: date, sectors: tuple[str, ...]) -> RuleEffect | None:
    """What a rule does to such a text on its day; None when the rule is for other sectors."""
    effect = rule.effect_on(day)
    reach = rule.applies_to
    if reach.every_sector or set(sectors) & set(reach.sectors):
        return effect
    if sectors:
        return None
    if not reach.words_show_sector:
        return RuleEffect.SECTOR_UNKNOWN
    # The word suggests the sector and does not prove it: a person looks.
    return RuleEffect.ASKS_REVIEW if effect is RuleEffect.BLOCKS else effect


def _is_stated(rule: Rule, subject: CheckedText) -> bool:
    """Whether the text itself holds the statement that fulfils the rule."""
    if rule.kind not in _FULFILLED_BY_STATEMENT:
        return False
    wanted = (rule.required_statements.get(key) for key in (subject.language, ANY_LANGUAGE))
    return any(statement and states(subject.text, statement) for statement in wanted)


def _issue(look: _Look, severity: Severity, span: Span) -> Issue:
    return Issue(
        check="rules",
        dimension=MqmDimension.AUDIENCE_APPROPRIATENESS,
        severity=severity,
        message=f"{look.rule.id}{_reservation(look)}: {look.rule.duty}",
        start=span[0],
        end=span[1],
    )


def _reservation(look: _Look) -> str:
    """What keeps a rule from blocking; part of the message, so that the day it ends makes another finding of it."""
    if look.effect is RuleEffect.APPLIES_LATER:
        return f" (from {look.rule.effective_from})"
    if not look.rule.verified:
        return " (not verified)"
    if look.rule.status in {"draft", "unconfirmed"}:
        return f" ({look.rule.status})"
    if look.effect is RuleEffect.WARNS and look.rule.action != "warn":
        return f" (grace until {look.rule.grace_until})"
    return ""
