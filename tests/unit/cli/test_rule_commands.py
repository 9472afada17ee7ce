"""`glocal rules`: a market's rules on a day, what changes, and every mistake in the files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Glocal
    from tests.unit.conftest import Workplace

EMPCO = "eu-empco-generic-environmental-claim"


def listed(glocal: Glocal, *arguments: str) -> dict[str, Any]:
    ran = glocal("rules", *arguments, "--json")
    assert ran.code == 0, ran
    return dict(json.loads(ran.out))


@pytest.mark.parametrize(("day", "effect"), [("2026-09-26", "applies_later"), ("2026-09-27", "blocks")])
def test_the_list_answers_for_a_day(glocal: Glocal, day: str, effect: str) -> None:
    """The day of effect switches a rule."""
    answer = listed(glocal, "list", "--locale", "de-DE", "--on", day)
    rules = {rule["id"]: rule for rule in answer["rules"]}
    assert answer["on"] == day
    assert rules[EMPCO]["effect"] == effect
    assert rules[EMPCO]["verified"] is True
    assert rules[EMPCO]["sources"]
    assert rules["de-bgh-klimaneutral-erlaeuterung"]["effect"] == "warns"
    assert set(answer["versions"]) == {"DE", "EU"}


def test_the_list_is_for_today_unless_told(glocal: Glocal) -> None:
    """Today in the market."""
    assert listed(glocal, "list", "--locale", "ja-JP")["rules"]


def test_the_table_says_that_it_is_no_advice(glocal: Glocal) -> None:
    """And names the jurisdictions of which nothing is known."""
    ran = glocal("rules", "list", "--locale", "pt-PT", "--on", "2026-11-22")
    assert ran.code == 0
    assert EMPCO in ran.out
    assert "not legal advice" in ran.err
    assert "No rule of PT is known" in ran.err


def test_an_unknown_locale_is_told(glocal: Glocal) -> None:
    """A locale without a pack has no jurisdictions."""
    assert glocal("rules", "list", "--locale", "xx-XX").failed(1, "xx-XX")


def test_a_wrong_day_is_wrong_use(glocal: Glocal) -> None:
    """A day is written as 2026-09-27."""
    assert glocal("rules", "list", "--locale", "de-DE", "--on", "tomorrow").failed(2)


def test_the_difference_names_rules_and_locales(glocal: Glocal) -> None:
    """What begins between two days, and whom it concerns."""
    answer = listed(glocal, "diff", "--from", "2026-09-26", "--to", "2026-09-27")
    changes = {change["id"]: change for change in answer["changes"]}
    change = changes[EMPCO]
    assert (change["before"], change["after"]) == ("applies_later", "blocks")
    assert change["changes_on"] == ["2026-09-27"]
    assert {"de-DE", "fr-FR"} <= set(change["locales"])
    assert "ja-JP" not in change["locales"]
    assert all("2026-09-27" in change["changes_on"] for change in changes.values())


def test_nothing_changes_within_a_day(glocal: Glocal) -> None:
    """The same day, the same rules."""
    assert listed(glocal, "diff", "--from", "2026-09-27", "--to", "2026-09-27")["changes"] == []


def test_the_difference_as_a_table(glocal: Glocal) -> None:
    """People read the same."""
    ran = glocal("rules", "diff", "--from", "2026-09-26", "--to", "2026-09-27")
    assert EMPCO in ran.out
    assert "not legal advice" in ran.err


def test_what_ships_passes(glocal: Glocal) -> None:
    """No mistake, no output, exit code 0."""
    ran = glocal("rules", "check")
    assert (ran.code, ran.out) == (0, "")
    assert "not legal advice" in ran.err


def test_all_mistakes_are_listed_at_once(glocal: Glocal, workplace: Workplace) -> None:
    """One line each: file, line, field, what is wrong, hint."""
    workplace.put(
        "locales/rules/DE.yaml", "jurisdiction: DE\nas_of: 2026-11-22\nrules:\n  - id: de-one\n    colour: x\n"
    )
    workplace.put("locales/rules/FR.yaml", "jurisdiction: DE\nas_of: soon\nrules: []\n")
    ran = glocal("rules", "check")
    lines = ran.out.splitlines()
    assert ran.code == 1
    assert all(" Hint: " in line for line in lines)
    assert any("DE.yaml:5: rules[0].colour: there is no such field" in line for line in lines)
    assert any("FR.yaml:2: as_of" in line for line in lines)
    assert "mistakes in" in ran.err


def test_copy_is_checked_against_todays_rules(glocal: Glocal, workplace: Workplace) -> None:
    """`glocal check` runs the same check as drafting does."""
    copy = workplace.put(
        "copy.jsonl", json.dumps({"id": 1, "locale": "de-DE", "text": "Eine umweltfreundliche Flasche für den Tag"})
    )
    ran = glocal("check", "--input", copy, "--output", "-")
    issues = [issue for issue in json.loads(ran.out)["issues"] if issue["check"] == "rules"]
    assert issues[0]["message"].startswith(EMPCO)
    assert (issues[0]["start"], issues[0]["end"]) == (5, 22)
