"""A draft tells which rules were looked at, and in which version; older drafts without them still load."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from pipeline.assessing import Assessor, day_in
from pipeline.backends.scripted import ScriptedEncoder
from pipeline.domain.assessment import Assessment
from pipeline.domain.rule import RuleEffect
from pipeline.planning import plan_unit

if TYPE_CHECKING:
    from tests.unit.conftest import Workplace

CLAIM = "Trink kaltes Wasser aus einer umweltfreundlichen Flasche."
EMPCO = "eu-empco-generic-environmental-claim"


@pytest.mark.parametrize(
    ("moment", "blocked", "effect"),
    [
        (datetime(2026, 9, 26, 21, 59, tzinfo=UTC), False, RuleEffect.APPLIES_LATER),
        (datetime(2026, 9, 26, 22, 0, tzinfo=UTC), True, RuleEffect.BLOCKS),
    ],
)
def test_a_rule_begins_at_midnight_in_its_market(
    workplace: Workplace, moment: datetime, blocked: bool, effect: RuleEffect
) -> None:
    """In Berlin the day begins two hours before UTC's in September."""
    assessor = Assessor(workplace.parts().library, load_encoder=ScriptedEncoder, now=lambda: moment)
    assessment = assessor.assess_text(workplace.unit(), CLAIM)
    rules = [issue for issue in assessment.issues if issue.check == "rules"]
    assert [issue.blocking for issue in rules] == [blocked]
    assert {look.id: look.effect for look in assessment.rules}[EMPCO] is effect


def test_a_campaign_that_says_what_it_sells_meets_the_rules_of_that_sector(workplace: Workplace) -> None:
    """The brief's sectors reach the check."""
    assessor = workplace.parts().assessor
    text = "Dieses Wasser stärkt das Immunsystem, Tag für Tag."
    food, unsaid = (assessor.assess_text(workplace.unit(**facts), text) for facts in ({"sectors": ["food"]}, {}))
    blocking = [[issue.blocking for issue in one.issues if issue.check == "rules"] for one in (food, unsaid)]
    assert blocking == [[True], [False]]


def test_an_unknown_time_zone_falls_back_to_utc(workplace: Workplace) -> None:
    """A machine without time zone data still knows a day."""
    pack = workplace.parts().library.locale("de-DE").model_copy(update={"time_zone": "Nowhere/Land"})
    assert day_in(pack, datetime(2026, 9, 26, 23, 0, tzinfo=UTC)) == date(2026, 9, 26)


def test_provenance_names_the_version_of_each_rule_pack(workplace: Workplace) -> None:
    """By jurisdiction, so that an audit can tell which law was known."""
    parts = workplace.parts()
    plan = plan_unit(workplace.unit(), parts.toolkit)
    expected = {pack.jurisdiction: pack.version for pack in parts.library.rule_packs(["DE", "EU"])}
    assert plan.provenance.rule_versions == expected


def test_another_rule_is_another_fingerprint(workplace: Workplace) -> None:
    """A changed pack makes new drafts of its own locales."""
    before = plan_unit(workplace.unit(), workplace.parts().toolkit).provenance
    workplace.put("locales/rules/DE.yaml", "jurisdiction: DE\nas_of: 2026-11-23\nrules: []\n")
    after = plan_unit(workplace.unit(), workplace.parts().toolkit).provenance
    assert before.rule_versions["EU"] == after.rule_versions["EU"]
    assert before.rule_versions["DE"] != after.rule_versions["DE"]
    assert before.fingerprint != after.fingerprint


def test_an_assessment_from_before_the_rules_still_loads() -> None:
    """Stored drafts outlive the fields of today."""
    stored = {"text_sha256": "0", "language": {"verdict": "match", "detected": "de", "confidence": 1}}
    assert Assessment.model_validate(stored).rules == ()
