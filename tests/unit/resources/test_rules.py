"""Rule files: a workspace before the shipped ones, and every mistake at its line, with a hint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.domain.rule import Medium
from pipeline.errors import DataError
from pipeline.resources.library import Library, shipped_folder

RULE: dict[str, Any] = {
    "id": "de-word",
    "title": "A word",
    "kind": "forbidden_claim",
    "duty": "Leave it out.",
    "applies_to": {"channels": ["all"], "sectors": ["all"], "modalities": ["text"], "roles": ["advertiser"]},
    "effective_from": "2026-09-27",
    "status": "in_force",
    "binding": "law",
    "legal_basis": "Act",
    "action": "block",
    "triggers": {"de": ["grün"]},
    "sources": ["https://law.example"],
    "verified": True,
}


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library((tmp_path, shipped_folder()))


def put(library: Library, *rules: dict[str, Any], name: str = "DE", **facts: Any) -> Path:
    path = library.roots[0] / f"locales/rules/{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"jurisdiction": name, "as_of": "2026-11-22", "rules": list(rules)} | facts
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path


def mistakes(library: Library) -> list[DataError]:
    return list(library.rule_shelf().mistakes())


def test_packs_come_in_the_order_asked_for_and_once(library: Library) -> None:
    """A jurisdiction without a file has no rules that are known, and is no error."""
    assert [pack.jurisdiction for pack in library.rule_packs(["EU", "XX", "DE", "EU"])] == ["EU", "DE"]


def test_a_workspace_file_stands_before_the_shipped_one(library: Library) -> None:
    """The whole file, as with every other data file."""
    put(library, RULE)
    (pack,) = library.rule_packs(["DE"])
    assert [rule.id for rule in pack.rules] == ["de-word"]


def test_a_pack_is_read_with_the_words_of_its_languages_alone(library: Library) -> None:
    """A new ending in Finnish makes no new version of German rules."""
    (pack,) = library.rule_packs(["DE"])
    assert set(pack.reading.words) == {"de"}
    assert pack.reading.media["email_subject"] == (Medium.EMAIL, Medium.NEWSLETTER)


def test_an_unread_file_is_no_trouble(library: Library) -> None:
    """A mistake in one jurisdiction stops nobody who does not sell there."""
    put(library, RULE | {"id": "fr-word", "action": "stop"}, name="FR")
    assert library.rule_packs(["DE"])
    with pytest.raises(DataError, match="FR"):
        library.rule_packs(["FR"])


@pytest.mark.parametrize(
    ("facts", "field", "word"),
    [
        ({"action": "stop"}, "rules[0].action", "'block', 'review' or 'warn'"),
        ({"colour": "green"}, "rules[0].colour", "no such field"),
        ({"effective_from": "soon"}, "rules[0].effective_from", "date"),
        ({"effective_from": 2026}, "rules[0].effective_from", "2026-09-27"),
        ({"triggers": {"de": "grün"}}, "rules[0].triggers.de", "must be a list"),
        ({"triggers": {"de": ["re:(a+)+"]}}, "rules[0].triggers.de[0]", "cannot be repeated"),
        ({"applies_to": RULE["applies_to"] | {"channels": ["socail"]}}, "rules[0].applies_to.channels[0]", "social"),
        ({"sources": []}, "rules[0]", "needs a source"),
        ({"id": "fr-word"}, "rules[0].id", "must begin with 'de-'"),
        ({"same_as": "de-nothing"}, "rules[0].same_as", "there is no rule"),
        ({"verified": "perhaps"}, "rules[0].verified", "boolean"),
    ],
)
def test_a_mistake_names_file_line_field_and_hint(
    library: Library, facts: dict[str, Any], field: str, word: str
) -> None:
    """So that a person who knows no Python can mend it."""
    path = put(library, RULE | facts)
    (mistake,) = mistakes(library)
    assert mistake.path == path
    assert mistake.field == field
    assert word in mistake.problem
    assert mistake.hint.endswith(".")
    assert mistake.line is not None
    assert mistake.line > 3


def test_all_mistakes_of_all_files_are_told_at_once(library: Library) -> None:
    """Nobody mends ten mistakes in ten rounds."""
    put(library, RULE | {"action": "stop", "status": "maybe"})
    put(library, RULE | {"id": "fr-word", "kind": "thing"}, name="FR")
    put(library, jurisdiction="PT", name="PL")
    fields = sorted(str(mistake.field) for mistake in mistakes(library))
    assert fields == ["jurisdiction", "rules[0].action", "rules[0].kind", "rules[0].status"]


def test_the_first_mistake_is_raised_with_the_number_of_others(library: Library) -> None:
    """One line on the terminal, and where to see the rest."""
    put(library, RULE | {"action": "stop", "status": "maybe"})
    with pytest.raises(DataError, match=r"and 1 more mistakes: glocal rules check"):
        library.rule_packs(["DE"])


def test_an_id_belongs_to_one_rule(library: Library) -> None:
    """Two rules may not share an id, so that a finding names one."""
    put(library, RULE, RULE)
    (twice,) = mistakes(library)
    assert twice.field == "rules[1].id"
    assert "already in DE.yaml" in twice.problem


def test_a_file_that_is_no_yaml_is_a_mistake_too(library: Library) -> None:
    """It does not hide the mistakes of the others."""
    put(library, RULE | {"action": "stop"})
    path = library.roots[0] / "locales/rules/FR.yaml"
    path.write_text("rules: [", encoding="utf-8")
    assert {Path(str(mistake.path)).name for mistake in mistakes(library)} == {"DE.yaml", "FR.yaml"}


def test_the_common_files_are_checked_too(library: Library) -> None:
    """They say how every rule is read."""
    folder = library.roots[0] / "locales/rules/common"
    folder.mkdir(parents=True)
    (folder / "words.yaml").write_text("words:\n  de: {where: nowhere}\n", encoding="utf-8")
    (folder / "media.yaml").write_text("media:\n  line: [wall]\n", encoding="utf-8")
    assert [mistake.field for mistake in mistakes(library)] == ["words.de.where", "media.line[0]"]


def test_what_ships_has_no_mistakes() -> None:
    """Every shipped rule file reads."""
    assert mistakes(Library((shipped_folder(),))) == []
