"""A rule's effect depends on the day, and nothing unsure or still to come ever blocks."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline.domain.rule import Medium, Rule, RuleAction, RuleEffect, RuleStatus
from pipeline.domain.rule_pack import RulePack

DAY = date(2026, 9, 27)
EVE = DAY - timedelta(days=1)

FACTS: dict[str, Any] = {
    "id": "de-word",
    "title": "A word",
    "kind": "forbidden_claim",
    "duty": "Leave the word out.",
    "applies_to": {"channels": ["all"], "sectors": ["all"], "modalities": ["text"], "roles": ["advertiser"]},
    "status": "in_force",
    "binding": "law",
    "legal_basis": "Act, section 1",
    "action": "block",
    "triggers": {"de": ["grün"]},
    "sources": ["https://law.example/1"],
    "verified": True,
}

DAYS = st.dates(date(2020, 1, 1), date(2030, 1, 1))


def make(**facts: Any) -> Rule:
    return Rule.model_validate(FACTS | facts)


def test_the_day_of_effect_switches_a_rule() -> None:
    """Until its day a rule is to come; on its day it blocks."""
    rule = make(effective_from="2026-09-27")
    assert rule.effect_on(EVE) is RuleEffect.APPLIES_LATER
    assert rule.effect_on(DAY) is RuleEffect.BLOCKS


def test_a_rule_that_applies_later_is_switched_by_its_day_alone() -> None:
    """Its status was written on another day: the date decides."""
    rule = make(status="applies_later", effective_from="2026-09-27")
    assert rule.effect_on(EVE) is RuleEffect.APPLIES_LATER
    assert rule.effect_on(DAY) is RuleEffect.BLOCKS


def test_a_rule_in_force_without_a_day_counts_as_in_force() -> None:
    """Its source describes it as current law; only the first day is missing."""
    assert make().effect_on(date(2000, 1, 1)) is RuleEffect.BLOCKS


def test_the_last_day_still_counts() -> None:
    """After its last day a rule is expired."""
    rule = make(effective_until="2026-09-27")
    assert rule.effect_on(DAY) is RuleEffect.BLOCKS
    assert rule.effect_on(DAY + timedelta(days=1)) is RuleEffect.EXPIRED


def test_a_grace_softens_until_it_is_over() -> None:
    """During a grace for everyone the rule warns; on the day that ends it, it blocks."""
    rule = make(effective_from="2026-01-01", grace_until="2026-09-27")
    assert rule.effect_on(EVE) is RuleEffect.WARNS
    assert rule.effect_on(DAY) is RuleEffect.BLOCKS
    assert rule.turning_days == (date(2026, 1, 1), DAY)


def test_a_grace_for_some_softens_nothing() -> None:
    """Nobody can tell whether this copy falls under it."""
    rule = make(effective_from="2026-01-01", grace_until="2026-09-27", grace_scope="older systems")
    assert rule.effect_on(EVE) is RuleEffect.BLOCKS
    assert rule.turning_days == (date(2026, 1, 1),)


@pytest.mark.parametrize(
    ("facts", "effect"),
    [
        ({"action": "warn"}, RuleEffect.WARNS),
        ({"action": "review"}, RuleEffect.ASKS_REVIEW),
        ({"verified": False}, RuleEffect.WARNS),
        ({"verified": False, "action": "review"}, RuleEffect.WARNS),
        ({"status": "unconfirmed"}, RuleEffect.WARNS),
        ({"status": "draft"}, RuleEffect.ASKS_REVIEW),
        ({"status": "draft", "action": "warn"}, RuleEffect.WARNS),
    ],
)
def test_an_unsure_rule_is_softer_than_its_action(facts: dict[str, Any], effect: RuleEffect) -> None:
    """Unverified and unconfirmed rules warn; a draft asks for review at most."""
    assert make(**facts).effect_on(DAY) is effect


@given(
    verified=st.booleans(),
    status=st.sampled_from(RuleStatus),
    action=st.sampled_from(RuleAction),
    start=DAYS,
    grace=st.none() | st.integers(0, 900),
    on=DAYS,
)
def test_nothing_unsure_or_to_come_can_block(
    verified: bool, status: RuleStatus, action: RuleAction, start: date, grace: int | None, on: date
) -> None:
    """An unverified, draft, unconfirmed or future rule blocks on no day at all."""
    end = None if grace is None else start + timedelta(days=grace)
    rule = make(verified=verified, status=status, action=action, effective_from=start, grace_until=end)
    unsure = not verified or status in {RuleStatus.DRAFT, RuleStatus.UNCONFIRMED}
    softened = action is not RuleAction.BLOCK or (end is not None and on < end)
    expected = not unsure and on >= start and not softened
    assert (rule.effect_on(on) is RuleEffect.BLOCKS) is expected


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"effective_from": "2026-09-27", "effective_until": "2026-09-26"}, "lies before"),
        ({"effective_from": "2026-09-27", "grace_until": "2026-09-26"}, "lies before"),
        ({"status": "applies_later"}, "needs effective_from"),
        ({"sources": []}, "needs a source"),
        ({"effective_from": 2026}, "must be a date"),
        ({"effective_from": "27.9.2026"}, "date"),
        ({"triggers": {"de": ["re:(a+)+"]}}, "cannot be repeated"),
        ({"triggers": {"German": ["grün"]}}, "pattern"),
        ({"context": {"de": {"words": ["rot"], "context": ["Klima"]}}}, "not among the triggers"),
        ({"action": "stop"}, "block"),
        ({"duty": ""}, "1 character"),
    ],
)
def test_a_rule_with_a_mistake_is_refused(facts: dict[str, Any], words: str) -> None:
    """A rule that cannot mean what it says is no rule."""
    with pytest.raises(ValidationError, match=words):
        make(**facts)


def test_a_rule_for_some_media_leaves_others_alone() -> None:
    """Where nobody knows the medium, no rule is left out."""
    reach = make(applies_to=FACTS["applies_to"] | {"channels": ["social"]}).applies_to
    assert reach.for_media((Medium.SOCIAL, Medium.WEB))
    assert not reach.for_media((Medium.EMAIL,))
    assert reach.for_media(())


def test_two_rules_of_a_pack_have_two_ids() -> None:
    """A finding names one rule."""
    with pytest.raises(ValidationError, match="two rules have the id"):
        RulePack(jurisdiction="DE", as_of=DAY, rules=(make(), make()))


def test_any_change_is_another_version() -> None:
    """The version of a pack is a digest of all of it."""
    one, same, other = (RulePack(jurisdiction="DE", as_of=DAY, rules=(make(title=title),)) for title in "AAB")
    assert one.version == same.version
    assert hash(one) == hash(same)
    assert one.version != other.version
