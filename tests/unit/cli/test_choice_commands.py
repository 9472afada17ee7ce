"""`glocal models choose` and `glocal models audit`: what they show, and what their exit codes say."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from pipeline.resources.library import Library

if TYPE_CHECKING:
    from tests.unit.conftest import Workplace

WRITER = "acme/writer"
STRICT = {"name": "strict", "default": {"mode": "strict"}}

Glocal = Callable[..., Any]


def shown(glocal: Glocal, *arguments: str, code: int = 0) -> Any:
    ran = glocal("models", *arguments, "--json")
    assert ran.code == code, ran
    return json.loads(ran.out)


def test_choose_gives_the_choice_and_every_rejection(workplace: Workplace, glocal: Glocal) -> None:
    """Which model writes for a locale, why, and why not each of the others."""
    choice = shown(glocal, "choose", "--locale", "de-DE")
    assert (choice["locale"], choice["model"], choice["runs_on"]) == ("de-DE", WRITER, "store")
    assert choice["reasons"]
    generators = {card.id for card in workplace.parts().library.model_cards if card.role == "generator"}
    told = [item["model"] for item in choice["rejected"] + choice["passed_over"]]
    assert sorted([WRITER, *told]) == sorted(generators)
    assert all(item["rule"] and item["reason"] for item in choice["rejected"])
    table = glocal("models", "choose", "--locale", "de-DE").out
    assert "chosen" in table
    assert all(item["model"] in table for item in choice["rejected"])


def test_choose_without_a_lawful_model_ends_with_one(workplace: Workplace, glocal: Glocal) -> None:
    """No lawful model is exit code 1; the error, and the JSON, list every rejection with its rule."""
    workplace.write_card(commercial_use="no")
    assert glocal("models", "choose", "--locale", "de-DE").failed(1, WRITER, "does not allow commercial use")
    ran = glocal("models", "choose", "--locale", "de-DE", "--json")
    assert ran.failed(1, WRITER)
    answer = json.loads(ran.out)
    assert answer["model"] is None
    assert {"model": WRITER, "rule": "licence"}.items() <= next(
        item for item in answer["rejected"] if item["model"] == WRITER
    ).items()


def test_choose_tells_an_unknown_locale(glocal: Glocal) -> None:
    """A locale without a pack has no choice, and the message names those there are."""
    assert glocal("models", "choose", "--locale", "xx-XX").failed(1, "'xx-XX'", "de-DE")


def test_a_fallback_says_so_and_what_to_pull(workplace: Workplace, glocal: Glocal) -> None:
    """With a model from elsewhere alone the choice says so in plain words, and names the one that would be nearer."""
    workplace.write_card(developer_country="US", jurisdiction="US")
    choice = shown(glocal, "choose", "--locale", "de-DE")
    assert choice["fit"] == "elsewhere"
    assert "made in US, outside DE, EU" in choice["notice"]
    assert choice["wanted"] == "mistralai/Ministral-3-8B-Instruct-2512"
    table = glocal("models", "choose", "--locale", "de-DE").out
    assert "models pull mistralai/Ministral-3-8B-Instruct-2512" in table
    workplace.put("policy.yaml", STRICT)
    assert glocal("models", "choose", "--locale", "de-DE").failed(
        1, "the policy is strict here", "models pull mistralai/"
    )


EUROPEAN = ("DE", "FR", "ES", "PT", "IT", "PL", "FI", "GR", "NL", "CZ", "SE", "DK", "HU", "RO", "BG", "LV", "BE")


def test_the_shipped_catalog_and_policy_choose_the_market_s_own(workplace: Workplace, glocal: Glocal) -> None:
    """With every model in the store: Europeans for the EU, a Falcon for the Emirates, Indians for Hindi."""
    library = workplace.parts().library
    cards = {card.id: card for card in library.model_cards}
    chosen = {entry["locale"]: cards[entry["model"]] for entry in shown(glocal, "audit", "--catalog")["locales"]}
    union = [pack.tag for pack in library.packs() if "EU" in pack.jurisdictions]
    assert len(union) >= 13
    assert {chosen[tag].developer_country for tag in union} <= set(EUROPEAN)
    assert chosen["ar-AE"].id.startswith("tiiuae/Falcon")
    assert chosen["hi-IN"].developer_country == "IN"
    assert all(card.commercial_use in {"yes", "conditional"} for card in chosen.values())
    assert not any(card.needs_remote_code for card in chosen.values())


@pytest.mark.parametrize("mode", ["prefer", "strict"])
def test_the_embedded_model_alone_writes_or_stops_by_the_mode(
    workplace: Workplace, glocal: Glocal, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    """For each market: `prefer` falls back on the American model and says so, `strict` stops where it is foreign."""
    gemma = next(card for card in workplace.parts().library.model_cards if card.id == "google/gemma-3-270m")
    monkeypatch.setattr(Library, "model_cards", (gemma,))
    monkeypatch.setattr(Library, "first_choices", {})
    workplace.store_as(gemma.id)
    workplace.put("policy.yaml", {"name": mode, "default": {"mode": mode}})
    found = shown(glocal, "audit", code=1 if mode == "strict" else 0)
    lit = {entry["locale"]: entry for entry in found["locales"] if entry["model"]}
    assert set(found["dark"]) == ({e["locale"] for e in found["locales"]} - {"en-US"} if mode == "strict" else set())
    assert lit["en-US"]["fit"] == "home"
    assert {entry["fit"] for tag, entry in lit.items() if tag != "en-US"} == (
        {"elsewhere"} if mode == "prefer" else set()
    )


def test_audit_shows_what_each_locale_depends_on(workplace: Workplace, glocal: Glocal) -> None:
    """A row for each locale, shares and concentration by vendor, country, licence and family, and every drill."""
    found = shown(glocal, "audit")
    assert {entry["model"] for entry in found["locales"]} == {WRITER}
    assert [item["dimension"] for item in found["dependences"]] == ["vendor", "country", "licence", "family", "model"]
    assert {item["concentration"] for item in found["dependences"]} == {1.0}
    everything = [entry["locale"] for entry in found["locales"]]
    assert found["single_points_of_failure"][0] == {"dimension": "vendor", "value": "Acme", "dark": everything}
    ran = glocal("models", "audit")
    assert (ran.code, ran.err) == (0, "")
    assert all(word in ran.out for word in ("Concentration by vendor: 1.00", "Acme", "go dark", "all"))
    workplace.write_card(languages=["de"])
    partly = shown(glocal, "audit", code=1)
    assert {entry["locale"].split("-")[0] for entry in partly["locales"] if entry["model"]} == {"de"}
    french = next(entry for entry in partly["locales"] if entry["locale"] == "fr-FR")
    assert f"{WRITER}: its makers do not name fr" in french["reason"]
    workplace.write_card(commercial_use="no")
    assert glocal("models", "audit").failed(1, "no model may write for ar-AE, ", "models choose --locale ar-AE")


def test_audit_keeps_to_a_campaign_or_to_some_locales(workplace: Workplace, glocal: Glocal) -> None:
    """The locales of a brief, or those that are named, and no others."""
    brief = workplace.brief(locales=["de-DE", "fr-FR"])
    assert [entry["locale"] for entry in shown(glocal, "audit", "--brief", str(brief))["locales"]] == ["de-DE", "fr-FR"]
    named = shown(glocal, "audit", "--locale", "pl-PL", "--locale", "pl-PL")["locales"]
    assert [entry["locale"] for entry in named] == ["pl-PL"]


def test_a_drill_takes_one_thing_away(glocal: Glocal) -> None:
    """Without a vendor: which locales change, which go dark, and exit code 1 when any does."""
    assert shown(glocal, "audit", "--locale", "de-DE", "--without", "vendor=acme", code=1) == {
        "withdrawn": [{"dimension": "vendor", "value": "Acme"}],
        "changes": [{"locale": "de-DE", "before": WRITER, "after": None}],
        "already_dark": [],
        "dark": ["de-DE"],
    }
    assert "goes dark" in glocal("models", "audit", "--locale", "de-DE", "--without", "model=acme/writer").out
    drilled = shown(glocal, "audit", "--catalog", "--locale", "de-DE", "--without", "vendor=mistral ai")
    [moved] = drilled["changes"]
    assert moved["before"] == "mistralai/Ministral-3-8B-Instruct-2512"
    assert not moved["after"].startswith("mistralai/")
    nothing = glocal("models", "audit", "--locale", "de-DE", "--without", "country=JP")
    assert (nothing.code, "No locale changes." in nothing.out) == (0, True)


@pytest.mark.parametrize("asked", ["vendor", "vendor=", "colour=red", "vendor=Nobody"])
def test_a_drill_that_means_nothing_is_wrong_use(glocal: Glocal, asked: str) -> None:
    """A withdrawal that is not WHAT=VALUE, or that no model has, ends with 2."""
    assert glocal("models", "audit", "--without", asked).failed(2, asked.partition("=")[2] or asked)


def test_a_drill_over_a_locale_that_is_dark_already_is_no_success(workplace: Workplace, glocal: Glocal) -> None:
    """Nothing changes where there was nothing: that is said, and the exit code is 1."""
    workplace.write_card(languages=["de"])
    ran = glocal("models", "audit", "--locale", "fr-FR", "--without", "vendor=Meta")
    assert ran.failed(1, "fr-FR had no lawful model before")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("name: x\ndefault:\n  developer: {denied: [Google]}\n", "'Google', so this would forbid nothing"),
        ("name: x\ndefault:\n  licence: {denied: [Gemma]}\n", "'Gemma', so this would forbid nothing"),
        ("name: x\ndefault:\n  hosting: {denied_operators: [amazon]}\n", "there is no provider 'amazon'"),
        ("name: x\ndefault:\n  hosting: {denied_reach: [UK]}\n", "there is no jurisdiction 'UK'"),
        ("name: x\njurisdictions:\n  UK: {mode: strict}\n", "there is no jurisdiction 'UK'"),
    ],
)
def test_a_prohibition_with_a_slip_of_the_pen_is_told(
    workplace: Workplace, glocal: Glocal, content: str, told: str
) -> None:
    """A name that nothing has would forbid nothing: the policy is refused, with the line."""
    workplace.put("policy.yaml", content)
    assert glocal("models", "choose", "--locale", "de-DE").failed(1, "policy.yaml:3", told)


def test_names_in_a_policy_may_be_written_in_any_case(workplace: Workplace, glocal: Glocal) -> None:
    """What is denied is denied whether its name is written in capitals or not."""
    denied = {"developer": {"denied": ["ACME"]}, "licence": {"denied": ["apache-2.0"]}}
    workplace.put("policy.yaml", {"name": "x", "default": denied, "jurisdictions": {"US": {}, "US-CA": {}}})
    assert glocal("models", "choose", "--locale", "de-DE").failed(1, "the policy denies the licence Apache-2.0")


@pytest.mark.parametrize("model", ["acme/none", "intfloat/multilingual-e5-small"])
def test_a_first_choice_that_cannot_write_is_told(workplace: Workplace, glocal: Glocal, model: str) -> None:
    """A list of first choices names generators of the catalog."""
    choices = {"de-DE": {"models": [{"model": model, "reason": "why not"}]}}
    workplace.put("models.yaml", {"models": [workplace.card()], "first_choices": choices})
    assert glocal("models", "choose", "--locale", "de-DE").failed(1, "models.yaml", model)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("name: x\nmode: strict\n", "policy.yaml:2"),
        ("name: x\ndefault:\n  mode: harsh\n", "policy.yaml:3"),
        ("name: x\njurisdictions:\n  Europe: {}\n", "policy.yaml"),
    ],
)
def test_a_mistake_in_the_policy_is_told_by_line(workplace: Workplace, glocal: Glocal, content: str, told: str) -> None:
    """A policy that cannot be read stops the choice: no model is chosen under half a policy."""
    workplace.put("policy.yaml", content)
    assert glocal("models", "choose", "--locale", "de-DE").failed(1, told)


ENDPOINT = {
    "id": "eu",
    "url": "https://llm.example/v1",
    "model": "mistralai/Ministral-3-8B-Instruct-2512",
    "provider": "self",
    "located_in": "DE",
}


def test_an_endpoint_of_the_region_writes(workplace: Workplace, glocal: Glocal) -> None:
    """A model whose weights are not here writes where an endpoint of its own region runs it."""
    workplace.put("endpoints.yaml", {"endpoints": [ENDPOINT], "allowed_hosts": {"local": ["LLM.example"]}})
    assert shown(glocal, "choose", "--locale", "fr-FR")["runs_on"] == "eu"
    workplace.put("endpoints.yaml", {"endpoints": [ENDPOINT], "allowed_hosts": {"elsewhere": ["llm.example"]}})
    choice = shown(glocal, "choose", "--locale", "fr-FR")
    assert choice["model"] == WRITER
    refused = next(item for item in choice["rejected"] if item["model"] == ENDPOINT["model"])
    assert (refused["rule"], "not among the hosts allowed for the region local" in refused["reason"]) == (
        "region",
        True,
    )


def test_an_endpoint_may_name_its_model_as_it_was_called_before(workplace: Workplace, glocal: Glocal) -> None:
    """A former name of a model is the model."""
    endpoint = ENDPOINT | {"model": "inception42/Jais-2-8B-Chat"}
    workplace.put("endpoints.yaml", {"endpoints": [endpoint], "allowed_hosts": {"local": ["llm.example"]}})
    choice = shown(glocal, "choose", "--locale", "ar-AE")
    assert (choice["model"], choice["runs_on"]) == ("inceptionai/Jais-2-8B-Chat", "eu")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"provider": "nobody"}, "there is no provider 'nobody'"),
        ({"model": "acme/none"}, "the catalog has no model 'acme/none'"),
        ({"model": "intfloat/multilingual-e5-small"}, "'intfloat/multilingual-e5-small' that writes"),
        ({"id": "store"}, "'store' is where models run without an endpoint"),
        ({"located_in": "EU"}, "name the member state"),
        ({"url": "https://llm.example:99999/v1"}, "ort"),
        ({"url": "http://llm.example/v1"}, "https only"),
        ({"url": "https://user:key@llm.example/v1"}, "url"),
    ],
)
def test_a_mistake_about_an_endpoint_is_told(
    workplace: Workplace, glocal: Glocal, change: dict[str, str], told: str
) -> None:
    """An endpoint of an unknown provider or model, in plain text over a network, or with a key in its address."""
    workplace.put("endpoints.yaml", {"endpoints": [ENDPOINT | change]})
    assert glocal("models", "choose", "--locale", "de-DE").failed(1, "endpoints.yaml", told)
