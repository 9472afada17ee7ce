"""Who may write for a locale, in which order, and why not the others."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.model_card import ModelCard
from pipeline.errors import NoLawfulModel
from pipeline.selection.choose import RULES, Request, choose

GERMANY = Request(locale="de-DE", jurisdictions=("DE", "DE", "EU"), in_store=lambda _: True)


def card(name: str = "a/model", **facts: Any) -> ModelCard:
    return ModelCard.model_validate(
        {
            "id": name,
            "name": name,
            "role": "generator",
            "developer": "Acme",
            "developer_country": "US",
            "jurisdiction": "US",
            "parameters_b": 1,
            "architecture": "AcmeForCausalLM",
            "auto_class": "AutoModelForCausalLM",
            "languages": ["de", "en"],
            "context_length": 2048,
            "licence": "Apache-2.0",
            "commercial_use": "yes",
            "commercial_reason": "the licence says so",
            "verified": True,
            "sources": ["https://example.org"],
        }
        | facts
    )


@pytest.mark.parametrize(
    ("rule", "facts", "reason"),
    [
        ("licence", {"commercial_use": "no", "licence": "CC-BY-NC-4.0"}, "CC-BY-NC-4.0 does not allow commercial use"),
        ("remote-code", {"needs_remote_code": True}, "it needs code from its repository"),
        ("language", {"languages": ["fr"]}, "its makers do not name de among its languages"),
    ],
)
def test_each_rule_alone_rejects(rule: str, facts: dict[str, Any], reason: str) -> None:
    """A card that is lawful but for one fact is rejected by the rule about that fact, with a reason."""
    with pytest.raises(NoLawfulModel) as caught:
        choose([card(**facts)], GERMANY)
    assert [model for model, _ in caught.value.rejections] == ["a/model"]
    assert caught.value.rejections[0][1].startswith(reason)
    assert RULES[rule](card(**facts), GERMANY) == caught.value.rejections[0][1]
    assert [name for name, holds in RULES.items() if holds(card(**facts), GERMANY)] == [rule]


def test_weights_that_are_not_in_the_store_cannot_write() -> None:
    """A model is asked for in the store by its id."""
    request = Request(locale="de-DE", jurisdictions=("DE",), in_store={"b/there"}.__contains__)
    choice = choose([card("a/absent"), card("b/there")], request)
    assert choice.model == "b/there"
    assert [(item.model, item.rule, item.reason) for item in choice.rejected] == [
        ("a/absent", "weights", "its weights are not in the model store")
    ]


def test_a_lawful_card_breaks_no_rule() -> None:
    """No rule has anything to say about a lawful card."""
    assert [rule(card(), GERMANY) for rule in RULES.values()] == [None] * len(RULES)


@pytest.mark.parametrize(
    ("facts", "lawful"),
    [({"commercial_use": "conditional"}, True), ({"languages": ["mul"]}, True), ({"verified": False}, True)],
)
def test_what_is_only_worse_is_lawful(facts: dict[str, Any], lawful: bool) -> None:
    """Conditions, a claim of many languages and unverified facts rank a model lower; they do not forbid it."""
    assert (choose([card(**facts)], GERMANY).model == "a/model") is lawful


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        pytest.param({"developer_country": "DE"}, {"parameters_b": 70}, id="home-country-before-size"),
        pytest.param({"jurisdiction": "EU", "languages": ["mul"]}, {}, id="home-jurisdiction-before-language"),
        pytest.param({"commercial_use": "conditional"}, {"languages": ["mul"]}, id="language-before-conditions"),
        pytest.param({"verified": False}, {"commercial_use": "conditional"}, id="conditions-before-verified"),
        pytest.param({}, {"verified": False, "parameters_b": 70}, id="verified-before-size"),
        pytest.param({"parameters_b": 2}, {"parameters_b": 1}, id="larger-before-smaller"),
    ],
)
def test_each_preference_goes_before_the_next(better: dict[str, Any], worse: dict[str, Any]) -> None:
    """Home, language, conditions, verification, size: in that order, whatever comes after."""
    for names in (("a/one", "b/two"), ("b/two", "a/one")):
        cards = [card(names[0], **better), card(names[1], **worse)]
        for order in (cards, cards[::-1]):
            assert choose(order, GERMANY).model == names[0]


def test_equal_cards_go_by_their_id() -> None:
    """The order is total: of two alike, the first id writes."""
    assert choose([card("b/b"), card("a/a")], GERMANY).model == "a/a"


def test_others_are_passed_over_with_the_reason() -> None:
    """A lawful model that ranks lower is listed, with the one that goes before it."""
    choice = choose([card("a/small", parameters_b=1), card("b/large", parameters_b=7)], GERMANY)
    assert [(item.model, item.rule, item.reason) for item in choice.passed_over] == [
        ("a/small", "order", "b/large ranks higher")
    ]


def test_an_encoder_is_no_writer() -> None:
    """Only generators are asked; an encoder is neither chosen nor rejected."""
    choice = choose([card("a/encoder", role="encoder"), card("b/writer")], GERMANY)
    assert (choice.model, choice.rejected, choice.passed_over) == ("b/writer", (), ())


def test_no_lawful_model_lists_every_rejection() -> None:
    """Where none may write, the error names the locale, every model, its rule's reason, and what to do."""
    cards = [card("a/nc", commercial_use="no"), card("b/code", needs_remote_code=True), card("c/fr", languages=["fr"])]
    with pytest.raises(NoLawfulModel) as caught:
        choose(cards, GERMANY)
    error = caught.value
    assert error.locale == "de-DE"
    assert [model for model, _ in error.rejections] == ["a/nc", "b/code", "c/fr"]
    assert all(model in str(error) and reason in str(error) for model, reason in error.rejections)
    assert "de-DE" in str(error)
    assert "glocal models" in error.hint


def test_an_empty_catalog_says_so() -> None:
    """Without any card the error says that the catalog is empty."""
    with pytest.raises(NoLawfulModel, match="the catalog is empty"):
        choose([], GERMANY)


def test_the_first_rule_that_is_broken_is_told() -> None:
    """A model is rejected once: by the licence before anything else."""
    with pytest.raises(NoLawfulModel) as caught:
        choose([card(commercial_use="no", needs_remote_code=True, languages=["fr"])], GERMANY)
    assert len(caught.value.rejections) == 1
    assert "commercial" in caught.value.rejections[0][1]


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, ("outside DE, EU", "its makers list de", "Apache-2.0: commercial use allowed")),
        ({"developer_country": "DE"}, ("made in DE, under a jurisdiction of this market (DE, EU)",)),
        ({"languages": ["mul"]}, ("its makers claim many languages, de unlisted",)),
        ({"commercial_use": "conditional"}, ("commercial use under conditions, the licence says so",)),
        ({"verified": False}, ("its facts are not verified",)),
    ],
)
def test_a_choice_says_why(facts: dict[str, Any], words: tuple[str, ...]) -> None:
    """The reasons name where the model was made, what its makers say of the language, and its licence."""
    reasons = "; ".join(choose([card(**facts)], GERMANY).reasons)
    assert all(word in reasons for word in words), reasons


@pytest.mark.parametrize(("locale", "language"), [("de-DE", "de"), ("zh-Hant-TW", "zh"), ("kaa", "kaa")])
def test_the_language_is_the_first_part_of_the_tag(locale: str, language: str) -> None:
    """A tag with a script, or without a region, has a language all the same."""
    assert Request(locale=locale, jurisdictions=(), in_store=lambda _: True).language == language


cards_of_all_kinds = st.builds(
    card,
    st.sampled_from(["a/a", "b/b", "c/c", "d/d", "e/e"]),
    role=st.sampled_from(["generator", "encoder"]),
    developer_country=st.sampled_from(["US", "DE"]),
    languages=st.sampled_from([["de"], ["mul"], ["fr"]]),
    commercial_use=st.sampled_from(["yes", "conditional", "no"]),
    needs_remote_code=st.booleans(),
    verified=st.booleans(),
    parameters_b=st.sampled_from([1, 7]),
)


@given(st.lists(cards_of_all_kinds, max_size=5, unique_by=lambda item: item.id))
def test_every_generator_is_accounted_for_in_any_order(cards: list[ModelCard]) -> None:
    """Chosen, passed over or rejected: no generator is lost, none unlawful is used, and the order changes nothing."""
    names = {item.id for item in cards if item.role == "generator"}
    outcomes = set()
    for order in itertools.islice(itertools.permutations(cards), 6):
        try:
            choice = choose(order, GERMANY)
        except NoLawfulModel as error:
            outcomes.add(None)
            assert {model for model, _ in error.rejections} == names  # noqa: PT017 (either outcome is right)
        else:
            outcomes.add(choice.model)
            told = [choice.model, *(item.model for item in (*choice.rejected, *choice.passed_over))]
            assert sorted(told) == sorted(names)
            chosen = next(item for item in cards if item.id == choice.model)
            assert not any(rule(chosen, GERMANY) for rule in RULES.values())
    assert len(outcomes) == 1
