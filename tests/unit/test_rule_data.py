"""The rules that ship: complete, dated, sourced, in plain words."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.checks.rules import check_rules
from pipeline.checks.subject import CheckedText
from pipeline.domain.rule import ANY_LANGUAGE, PATTERN_MARK, Medium, Rule, RuleEffect, RuleStatus
from pipeline.domain.rule_pack import RulePack
from pipeline.resources.library import Library, shipped_folder

ROOT = Path(__file__).parents[2]
FACTS = ROOT.parent / "shared/facts/regulation.yaml"
"""The research that the rules were taken from; it is no part of the project, so its tests run where it is."""

LIBRARY = Library((shipped_folder(),))
PACKS = LIBRARY.rule_packs(LIBRARY.rule_shelf().files)
RULES = {rule.id: rule for pack in PACKS for rule in pack.rules}
AS_OF = date(2026, 11, 22)

MINE = {"cn-ad-law-9-3-other-superlatives"}
"""Rules that the research has as a part of another."""

DOCUMENTED = set(re.findall(r"`([a-z]{2}-[a-z0-9-]+)`", (ROOT / "docs/rules.md").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def facts() -> dict[str, dict[str, Any]]:
    if not FACTS.is_file():
        pytest.skip("the research is not here")
    listed = yaml.safe_load(FACTS.read_text(encoding="utf-8"))["rules"]
    return {fact["id"]: fact for fact in listed}


def test_every_jurisdiction_of_a_locale_has_a_file() -> None:
    """An empty file says that nothing was found; a missing one says nothing."""
    wanted = {name for pack in LIBRARY.packs() for name in pack.jurisdictions}
    assert wanted <= set(LIBRARY.rule_shelf().files)


def test_every_file_is_of_a_locale() -> None:
    """No rule ships that no locale would ever meet."""
    wanted = {name for pack in LIBRARY.packs() for name in pack.jurisdictions}
    assert {pack.jurisdiction for pack in PACKS if pack.rules} <= wanted


def test_every_shipped_channel_counts_as_some_medium() -> None:
    """A channel without a medium would get the rules of all of them."""
    media = PACKS[0].reading.media or next(pack.reading.media for pack in PACKS if pack.rules)
    assert {channel.id for channel in LIBRARY.channels()} <= set(media)
    assert all(listed and Medium.ALL not in listed for listed in media.values())


def test_every_rule_of_the_research_is_here_or_listed(facts: dict[str, dict[str, Any]]) -> None:
    """What is left out is named in docs/rules.md with its reason."""
    left_out = set(facts) - set(RULES)
    assert left_out <= DOCUMENTED
    assert {facts[name]["jurisdiction"] for name in left_out} == {"SG", "AU", "NG"}
    assert set(RULES) - set(facts) == MINE


def test_dates_flags_and_sources_are_those_of_the_research(facts: dict[str, dict[str, Any]]) -> None:
    """Words may differ; what a rule rests on may not."""
    for name in set(RULES) & set(facts):
        rule, fact = RULES[name], facts[name]
        assert (rule.effective_from, rule.grace_until) == (fact["effective_from"], fact.get("grace_until")), name
        assert (rule.grace_scope is None) is ("grace_scope" not in fact), name
        assert (rule.status, rule.binding, rule.action) == (fact["status"], fact["binding"], fact["severity"]), name
        assert (rule.verified, list(rule.sources)) == (fact["verified"], fact["sources"]), name
        assert rule.kind == fact["kind"]
        assert bool(fact.get("unverified_details")) <= bool(rule.unverified_details), name
        assert rule.labels | rule.required_statements == fact["label_text"], name
        reach = fact["applies_to"]
        assert [*rule.applies_to.channels] == reach["channels"], name
        assert [*rule.applies_to.sectors] == reach["sectors"], name


def test_effects_today_are_those_of_the_research(facts: dict[str, dict[str, Any]]) -> None:
    """On its own day the research says what each rule does; ours is the same, but the unverified only warn."""
    names = {"block": RuleEffect.BLOCKS, "review": RuleEffect.ASKS_REVIEW, "warn": RuleEffect.WARNS}
    for name in set(RULES) & set(facts):
        rule, expected = RULES[name], names[facts[name]["severity_now"]]
        effect = rule.effect_on(AS_OF)
        if effect is RuleEffect.APPLIES_LATER or not rule.verified:
            assert effect in {RuleEffect.APPLIES_LATER, RuleEffect.WARNS}, name
        else:
            assert effect is expected, name


@pytest.mark.parametrize("name", sorted(RULES))
def test_words_are_our_own_and_short(name: str, request: pytest.FixtureRequest) -> None:
    """A duty is a sentence that a reviewer reads in passing, not the research's prose."""
    rule = RULES[name]
    assert len(rule.duty) <= 240
    assert len(rule.title) <= 80
    assert rule.duty.endswith(".")
    if FACTS.is_file() and name not in MINE:
        fact = request.getfixturevalue("facts")[name]
        assert rule.duty not in fact["what_the_pipeline_must_do"]
        assert fact["what_the_pipeline_must_do"] not in rule.duty


@pytest.mark.parametrize("name", sorted(RULES))
def test_nothing_unsure_blocks_on_any_day_that_matters(name: str) -> None:
    """Unverified, draft and unconfirmed rules never block; the others not before their day."""
    rule = RULES[name]
    days = {date(2000, 1, 1), AS_OF, date(2040, 1, 1), *rule.turning_days}
    blocking = {day for day in days if rule.effect_on(day) is RuleEffect.BLOCKS}
    if not rule.verified or rule.status in {RuleStatus.DRAFT, RuleStatus.UNCONFIRMED}:
        assert not blocking
    assert all(rule.effective_from is None or day >= rule.effective_from for day in blocking)


@pytest.mark.parametrize("name", [name for name, rule in RULES.items() if rule.triggers])
def test_every_trigger_finds_itself(name: str) -> None:
    """A trigger that its own reading does not find is dead; one that needs a context is found beside it."""
    rule = RULES[name]
    pack = _alone(next(pack for pack in PACKS if rule in pack.rules), rule)
    found = {}
    for language, words in rule.triggers.items():
        for word in words:
            if not word.startswith(PATTERN_MARK):
                found[word] = _finds(pack, language, _in_context(rule, language, word))
    # A rule about pictures keeps its words for those who brief the pictures.
    assert set(found.values()) <= {"text" in rule.applies_to.modalities}, found


def _in_context(rule: Rule, language: str, word: str) -> str:
    """A word, and a context for it where it needs one."""
    narrowed = rule.context.get(language)
    if narrowed is None or word not in narrowed.words:
        return f"x {word} x"
    plain = (one for one in narrowed.context if not one.startswith(PATTERN_MARK) and one != word)
    return f"x {word} {next(plain, 'the')} x"


def _finds(pack: RulePack, language: str, text: str) -> bool:
    (rule,) = pack.rules
    locale = "de" if language == ANY_LANGUAGE else language
    market = LIBRARY.locale("de-DE").model_copy(update={"jurisdictions": (pack.jurisdiction,), "tag": locale})
    sectors = tuple(rule.applies_to.sectors)
    day = date(2040, 1, 1)
    return any(check_rules(CheckedText(text, locale, pack=market, day=day, rules=(pack,), sectors=sectors)))


def _alone(pack: RulePack, rule: Rule) -> RulePack:
    return pack.model_copy(update={"rules": (rule.model_copy(update={"same_as": None}),)})


def test_text_is_composed() -> None:
    """Files are in NFC, as cleaned copy is."""
    for path in (ROOT / "locales/rules").rglob("*.yaml"):
        assert unicodedata.is_normalized("NFC", path.read_text(encoding="utf-8")), path


def test_the_guide_names_every_field_and_medium() -> None:
    """People who edit rules read docs/rules.md, not Python."""
    guide = (ROOT / "docs/rules.md").read_text(encoding="utf-8")
    for field in Rule.model_fields:
        assert f"`{field}" in guide or f"rules[].{field}" in guide, field
    for medium in Medium:
        assert f"`{medium}`" in guide, medium
