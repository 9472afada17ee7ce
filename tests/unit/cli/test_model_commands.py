"""`glocal models`: what it shows, as a table and as JSON, and what its exit codes say."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.unit.conftest import Workplace

WRITER = "acme/writer"

Glocal = Callable[..., Any]


def shown(glocal: Glocal, *arguments: str, code: int = 0) -> Any:
    ran = glocal("models", *arguments, "--json")
    assert ran.code == code, ran
    return json.loads(ran.out)


def test_list_shows_every_card_and_what_is_stored(glocal: Glocal) -> None:
    """The catalog, the workspace's own card in it, and for each whether its weights are there."""
    cards = {card["id"]: card for card in shown(glocal, "list")}
    assert cards[WRITER]["in_store"] is True
    assert cards["google/gemma-3-270m"]["in_store"] is False
    table = glocal("models", "list")
    assert (table.code, table.err) == (0, "")
    assert all(name in table.out for name in cards)


def test_show_gives_every_fact_and_its_sources(workplace: Workplace, glocal: Glocal) -> None:
    """One card with its facts and, when it is stored, the digests of its files."""
    card = shown(glocal, "show", WRITER)
    assert card["sources"] == ["https://acme.example/writer"]
    assert set(card["manifest"]["files"]) == {"model.safetensors"}
    table = glocal("models", "show", WRITER).out
    assert "https://acme.example/writer" in table
    assert "in store" in table
    assert shown(glocal, "show", "google/gemma-3-270m")["manifest"] is None
    (workplace.models / "acme--writer/manifest.json").unlink()
    assert shown(glocal, "show", WRITER)["manifest"] is None


def test_an_unknown_model_is_told(glocal: Glocal) -> None:
    """A model without a card is named, with the way to see the catalog."""
    assert glocal("models", "show", "acme/none").failed(1, "the catalog has no model 'acme/none'", "models list")


def test_choose_gives_the_choice_and_every_rejection(glocal: Glocal) -> None:
    """Which model writes for a locale, why, and why not the others."""
    choice = shown(glocal, "choose", "--locale", "de-DE")
    assert (choice["locale"], choice["model"]) == ("de-DE", WRITER)
    assert choice["reasons"]
    assert {"model", "rule", "reason"} == set(choice["rejected"][0])
    table = glocal("models", "choose", "--locale", "de-DE").out
    assert "chosen" in table
    assert all(item["model"] in table for item in choice["rejected"])


def test_choose_without_a_lawful_model_ends_with_one(workplace: Workplace, glocal: Glocal) -> None:
    """No lawful model is exit code 1; the error, and the JSON, list every rejection."""
    workplace.write_card(commercial_use="no")
    assert glocal("models", "choose", "--locale", "de-DE").failed(1, WRITER, "does not allow commercial use")
    ran = glocal("models", "choose", "--locale", "de-DE", "--json")
    assert ran.failed(1, WRITER)
    answer = json.loads(ran.out)
    assert answer["model"] is None
    assert WRITER in {item["model"] for item in answer["rejected"]}


def test_choose_tells_an_unknown_locale(glocal: Glocal) -> None:
    """A locale without a pack has no choice, and the message names those there are."""
    assert glocal("models", "choose", "--locale", "xx-XX").failed(1, "'xx-XX'", "de-DE")


def test_audit_shows_what_each_locale_depends_on(workplace: Workplace, glocal: Glocal) -> None:
    """A row for each locale, and a sentence on where the models in use were made."""
    rows = shown(glocal, "audit")
    assert {row["model"] for row in rows} == {WRITER}
    assert "de-DE" in {row["locale"] for row in rows}
    ran = glocal("models", "audit")
    assert (ran.code, ran.err) == (0, f"{len(rows)} of {len(rows)} locales depend on models made in DE.\n")
    workplace.write_card(languages=["de"])
    partly = shown(glocal, "audit", code=1)
    assert {row["locale"].split("-")[0] for row in partly if row["model"]} == {"de"}
    workplace.write_card(commercial_use="no")
    assert "No locale has a lawful model." in glocal("models", "audit").err


def test_a_damaged_manifest_is_told(workplace: Workplace, glocal: Glocal) -> None:
    """A manifest that cannot be read is a damaged model: one line."""
    (workplace.models / "acme--writer/manifest.json").write_text("{")
    assert glocal("models", "show", WRITER).failed(1, "manifest", "models pull")
