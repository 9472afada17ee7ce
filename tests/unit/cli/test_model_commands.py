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


def test_show_tells_how_much_memory_a_stored_model_needs(workplace: Workplace, glocal: Glocal) -> None:
    """From its own files; where they do not tell, it says nothing."""
    assert shown(glocal, "show", WRITER)["memory_bytes"] is None
    (workplace.models / "acme--writer/config.json").write_text("{}")
    needed = shown(glocal, "show", WRITER)["memory_bytes"]
    assert needed > 0
    assert f"{needed / 1e9:.1f} GB" in glocal("models", "show", WRITER).out


def test_an_unknown_model_is_told(glocal: Glocal) -> None:
    """A model without a card is named, with the way to see the catalog."""
    assert glocal("models", "show", "acme/none").failed(1, "the catalog has no model 'acme/none'", "models list")


def test_a_damaged_manifest_is_told(workplace: Workplace, glocal: Glocal) -> None:
    """A manifest that cannot be read is a damaged model: one line."""
    (workplace.models / "acme--writer/manifest.json").write_text("{")
    assert glocal("models", "show", WRITER).failed(1, "manifest", "models pull")
