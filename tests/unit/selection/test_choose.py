"""Who may write for a locale, in which order, and why not the others."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.choice import Rejection
from pipeline.domain.model_card import ModelCard
from pipeline.domain.policy import Mode
from pipeline.errors import NoLawfulModel
from pipeline.selection.choose import REASONS, WEIGHTS, choose, objection
from pipeline.selection.request import Availability, Request
from pipeline.selection.rules import ENDPOINT_RULES, MODEL_RULES
from tests.unit.selection.conftest import EVERYWHERE, behind, card, endpoint, german, policy, provider

MODEL_CASES: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("licence", {}, {"commercial_use": "no", "licence": "CC-BY-NC-4.0"}, "CC-BY-NC-4.0 does not allow commercial use"),
    ("licence", {}, {"commercial_use": "unknown"}, "nobody has read whether its licence allows commercial use"),
    (
        "licence",
        {"licence": {"commercial_use": ["yes"]}},
        {"commercial_use": "conditional"},
        "Apache-2.0 only conditionally allows commercial use",
    ),
    ("licence", {"licence": {"denied": ["Apache-2.0"]}}, {}, "the policy denies the licence Apache-2.0"),
    ("developer", {"developer": {"denied": ["Acme"]}}, {}, "the policy denies models of Acme"),
    ("developer", {"developer": {"denied": ["Holding"]}}, {"parent": "Holding"}, "the policy denies models of Acme"),
    ("developer", {"developer": {"denied_in": ["US"]}}, {}, "the policy denies models made in US"),
    (
        "developer",
        {"developer": {"denied_in": ["CN"]}},
        {"parent": "Holding", "parent_country": "CN"},
        "the policy denies models made in CN or by companies from there",
    ),
    (
        "licence",
        {"licence": {"denied": ["gemma"]}},
        {"licence": "MIT", "base_licences": ["Gemma"]},
        "the policy denies the licence Gemma",
    ),
    (
        "developer",
        {"developer": {"allowed_in": ["EU"]}},
        {"jurisdiction": "EU", "parent": "AMD", "parent_country": "US"},
        "its makers belong to AMD (US), outside EU",
    ),
    (
        "developer",
        {"developer": {"allowed_in": ["EU", "CH"]}},
        {},
        "the policy accepts models made in EU, CH, not in US",
    ),
    ("jurisdiction", {"mode": "strict"}, {}, "the policy is strict here, and it was made in US, outside DE, EU"),
    ("remote-code", {}, {"needs_remote_code": True}, "it needs code from its repository"),
    ("language", {}, {"languages": ["fr"]}, "its makers do not name de among its languages"),
    (
        "language",
        {"language": "listed"},
        {"languages": ["mul"]},
        "its makers do not list de-DE, and the policy asks for that",
    ),
    ("size", {"size": {"at_least": 3}}, {}, "with 1 billion parameters it is below the 3"),
    ("size", {"size": {"at_most": 0.5}}, {}, "with 1 billion parameters it is above the 0.5"),
    ("gated", {"gated": False}, {"gated": True}, "the hub gives it only on request"),
    ("gated", {"gated": False}, {}, "whether the hub gives it freely is not known"),
    ("verified", {"verified": True}, {"verified": False}, "nobody has checked its facts"),
]


@pytest.mark.parametrize(("rule", "conditions", "facts", "reason"), MODEL_CASES)
def test_each_rule_alone_rejects(rule: str, conditions: dict[str, Any], facts: dict[str, Any], reason: str) -> None:
    """A card that is lawful but for one fact is rejected by the rule about that fact, with a reason."""
    request = german(policy(conditions))
    with pytest.raises(NoLawfulModel) as caught:
        choose([card(**facts)], request, EVERYWHERE)
    [(model, told, why)] = caught.value.rejections
    assert (model, told) == ("a/model", rule)
    assert why.startswith(reason)
    [asked] = request.conditions.values()
    assert [name for name, holds in MODEL_RULES.items() if holds(card(**facts), asked, request)] == [rule]


def test_every_rule_has_a_case() -> None:
    """No rule goes untested."""
    assert {rule for rule, *_ in MODEL_CASES} == set(MODEL_RULES)
    assert {rule for rule, *_ in ENDPOINT_CASES} == set(ENDPOINT_RULES)


@pytest.mark.parametrize(
    ("conditions", "facts"),
    [
        ({}, {"commercial_use": "conditional"}),
        ({}, {"languages": ["mul"]}),
        ({}, {"verified": False}),
        ({}, {"gated": True}),
        ({"licence": {"commercial_use": ["yes", "no"]}}, {"commercial_use": "no"}),
        ({"mode": "strict"}, {"developer_country": "DE"}),
        ({"mode": "strict"}, {"jurisdiction": "EU"}),
        ({"developer": {"allowed_in": ["EU"]}}, {"jurisdiction": "EU"}),
        ({"gated": False}, {"gated": False}),
        ({"size": {"at_least": 1, "at_most": 1}}, {}),
        ({"language": "listed"}, {"languages": ["de-DE"]}),
    ],
)
def test_what_is_only_worse_is_lawful(conditions: dict[str, Any], facts: dict[str, Any]) -> None:
    """What no condition forbids may write, however low it ranks."""
    assert choose([card(**facts)], german(policy(conditions)), EVERYWHERE).model == "a/model"


def test_norwegian_may_be_listed_by_its_macrolanguage() -> None:
    """Makers who list `no` have listed Bokmål."""
    assert card(languages=["no"]).speaks("nb-NO") == "listed"
    assert card(languages=["nb"]).speaks("no") == "no"


@pytest.mark.parametrize(
    ("listed", "tag", "script", "spoken"),
    [
        ("pt-BR", "pt-PT", "Latn", "claimed"),
        ("pt-BR", "pt-BR", "Latn", "listed"),
        ("pt", "pt-PT", "Latn", "listed"),
        ("zh-Hant", "zh-CN", "Hans", "claimed"),
        ("zh-Hant", "zh-TW", "Hant", "listed"),
        ("zh", "zh-TW", "Hant", "listed"),
    ],
)
def test_another_variety_of_a_language_is_not_the_one_asked_for(
    listed: str, tag: str, script: str, spoken: str
) -> None:
    """Brazilian Portuguese is not that of Portugal, nor traditional Chinese what the mainland writes."""
    assert card(languages=[listed]).speaks(tag, script) == spoken


ENDPOINT_CASES: list[tuple[str, dict[str, Any], Availability, str]] = [
    ("region", {}, behind(endpoint(), hosts=()), "llm.example is not among the hosts allowed for the region eu"),
    (
        "region",
        {},
        behind(endpoint(url="https://llm.example:8443/v1")),
        "llm.example:8443 is not among the hosts allowed for the region eu",
    ),
    (
        "location",
        {"hosting": {"located_in": ["EU"]}},
        behind(endpoint(located_in="CH")),
        "it stands in CH, and the policy asks for EU",
    ),
    (
        "location",
        {"hosting": {"located_in": ["FR"]}},
        behind(endpoint()),
        "it stands in DE, and the policy asks for FR",
    ),
    (
        "operator",
        {"hosting": {"denied_operators": ["cloud"]}},
        behind(endpoint(provider="cloud"), providers=(provider(),)),
        "the policy denies the operator cloud",
    ),
    ("operator", {}, behind(endpoint(provider="cloud")), "nothing is known of its operator cloud"),
    (
        "operator",
        {"hosting": {"denied_reach": ["US"]}},
        behind(endpoint(provider="cloud"), providers=(provider(parent_country="US"),)),
        "authorities of US could ask Cloud GmbH for what it processes",
    ),
    (
        "operator",
        {"hosting": {"denied_reach": ["US"]}},
        behind(
            endpoint(provider="cloud"), providers=(provider(exposed_to=[{"jurisdiction": "US", "law": "CLOUD Act"}]),)
        ),
        "authorities of US could ask Cloud GmbH for what it processes",
    ),
    (
        "operator",
        {"hosting": {"verified_operator": True}},
        behind(endpoint(provider="cloud"), providers=(provider(verified=False),)),
        "nobody has checked the facts about Cloud GmbH",
    ),
]


@pytest.mark.parametrize(("rule", "conditions", "availability", "reason"), ENDPOINT_CASES)
def test_each_rule_about_an_endpoint_alone_rejects(
    rule: str, conditions: dict[str, Any], availability: Availability, reason: str
) -> None:
    """A model whose only endpoint breaks one rule is rejected by it, and the endpoint is named."""
    with pytest.raises(NoLawfulModel) as caught:
        choose([card()], german(policy(conditions)), availability)
    assert caught.value.rejections == (("a/model", rule, f"endpoint eu: {reason}"),)


def test_a_team_runs_its_own_machines_under_any_operator_rule() -> None:
    """What the policy says of operators is about others; where the machines stand still counts."""
    strict = policy({"hosting": {"denied_reach": ["US"], "verified_operator": True, "located_in": ["EU"]}})
    assert choose([card()], german(strict), behind(endpoint())).runs_on == "eu"


def test_an_endpoint_that_may_not_be_used_leaves_the_next_or_the_store() -> None:
    """A model runs at the first endpoint that passes; an endpoint that the user set up goes before the store."""
    far = endpoint("far", url="https://elsewhere.example/v1")
    assert choose([card()], german(), behind(far, endpoint())).runs_on == "eu"
    store_too = Availability(in_store=lambda _: True, region="eu", endpoints=(far,))
    instead = choose([card()], german(), store_too)
    assert instead.runs_on == "store"
    assert [(item.model, item.rule) for item in instead.refused_endpoints] == [("a/model", "region")]
    assert any(reason.startswith("endpoint far: ") and reason.endswith("not used") for reason in instead.reasons)
    assert choose([card()], german(), EVERYWHERE).runs_on == "store"


def test_code_of_its_own_runs_at_an_endpoint_or_not_at_all() -> None:
    """Where the policy lets an endpoint run a model's code, this process still does not."""
    lenient = german(policy({"remote_code": "endpoint"}))
    model = card(needs_remote_code=True)
    assert choose([model], lenient, behind(endpoint())).runs_on == "eu"
    with pytest.raises(NoLawfulModel, match="it needs code from its repository, and no endpoint runs it"):
        choose([model], lenient, EVERYWHERE)


def test_weights_that_are_nowhere_cannot_write() -> None:
    """A model is asked for in the store by its id, and the one to pull is named."""
    store = Availability(in_store={"b/there"}.__contains__)
    choice = choose([card("a/absent", parameters_b=7), card("b/there")], german(), store)
    assert (choice.model, choice.wanted) == ("b/there", "a/absent")
    assert choice.rejected == (
        Rejection(model="a/absent", rule="weights", reason="its weights are not in the model store"),
    )


def test_each_jurisdiction_of_a_market_must_agree() -> None:
    """A model must meet what Germany asks and what the EU asks, and the reason names who asked."""
    rules = policy(DE={"size": {"at_least": 3}}, EU={"licence": {"commercial_use": ["yes"]}})
    assert objection(card(parameters_b=7), german(rules)) is None
    small = objection(card(), german(rules))
    conditional = objection(card(parameters_b=7, commercial_use="conditional"), german(rules))
    assert small
    assert small.rule == "size"
    assert small.reason.endswith("(policy for DE)")
    assert conditional
    assert conditional.rule == "licence"
    assert conditional.reason.endswith("(policy for EU)")


@pytest.mark.parametrize(
    ("germany", "union", "mode"),
    [("open", "prefer", "prefer"), ("strict", "open", "strict"), ("open", "open", "open")],
)
def test_the_strictest_mode_holds(germany: str, union: str, mode: str) -> None:
    """Of two modes for one market the stricter holds; a named jurisdiction stands over the default."""
    request = german(policy({"mode": "strict"}, DE={"mode": germany}, EU={"mode": union}))
    assert request.mode is Mode(mode)


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        pytest.param({"developer_country": "DE"}, {"parameters_b": 70}, id="home-country-before-size"),
        pytest.param({"jurisdiction": "EU", "languages": ["mul"]}, {}, id="home-jurisdiction-before-language"),
        pytest.param({"jurisdiction": "CH"}, {"parameters_b": 70}, id="near-before-elsewhere"),
        pytest.param({"jurisdiction": "EU"}, {"jurisdiction": "CH", "parameters_b": 70}, id="home-before-near"),
        pytest.param({"commercial_use": "conditional"}, {"languages": ["mul"]}, id="language-before-conditions"),
        pytest.param({"verified": False}, {"commercial_use": "conditional"}, id="conditions-before-verified"),
        pytest.param({}, {"verified": False, "quality": {"de": 1.0}}, id="verified-before-quality"),
        pytest.param(
            {"quality": {"de": 1.5}}, {"quality": {"de": 2.0}, "parameters_b": 70}, id="better-rank-before-size"
        ),
        pytest.param({"quality": {"de": 3.0}}, {"parameters_b": 70}, id="measured-before-unmeasured"),
        pytest.param({"parameters_b": 2}, {"quality": {"fr": 1.0}}, id="quality-of-another-language-is-none"),
        pytest.param({"parameters_b": 2}, {"parameters_b": 1}, id="larger-before-smaller"),
    ],
)
def test_each_preference_goes_before_the_next(better: dict[str, Any], worse: dict[str, Any]) -> None:
    """Nearness, language, conditions, verification, quality, size: in that order, whatever comes after."""
    request = german(policy({"near": ["CH"]}))
    for names in (("a/one", "b/two"), ("b/two", "a/one")):
        cards = [card(names[0], **better), card(names[1], **worse)]
        for order in (cards, cards[::-1]):
            assert choose(order, request, EVERYWHERE).model == names[0]


def test_first_choices_decide_among_models_that_fit_equally() -> None:
    """The list is judgement: it goes before language, licence and size, and never before where a model was made."""
    listed = card("a/listed", commercial_use="conditional", languages=["mul"])
    larger = card("b/larger", parameters_b=70)
    home = card("c/home", developer_country="DE", verified=False)
    request = german(choices=["x/unknown", "a/listed"])
    assert choose([listed, larger], request, EVERYWHERE).model == "a/listed"
    assert "among the first to try for de-DE: tried" in choose([listed, larger], request, EVERYWHERE).reasons
    assert choose([listed, larger, home], request, EVERYWHERE).model == "c/home"


def test_open_asks_neither_where_a_model_was_made_nor_for_the_list() -> None:
    """Where the mode is open, the better model writes wherever it comes from, and nobody calls it a fallback."""
    request = german(policy({"mode": "open"}), choices=["b/home"])
    choice = choose(
        [card("a/better", quality={"de": 1.2}), card("b/home", developer_country="DE")], request, EVERYWHERE
    )
    assert (choice.model, choice.notice, choice.mode) == ("a/better", "", Mode.OPEN)


@pytest.mark.parametrize(
    ("facts", "fit", "words"),
    [
        ({"developer_country": "DE"}, "home", ""),
        ({"jurisdiction": "CH", "developer_country": "CH"}, "near", "was made in CH, near DE, EU by the policy"),
        ({}, "elsewhere", "was made in US, outside DE, EU"),
    ],
)
def test_a_model_from_elsewhere_is_announced(facts: dict[str, Any], fit: str, words: str) -> None:
    """A fallback says in one sentence where the model comes from; a model from home needs no word."""
    choice = choose([card(**facts)], german(policy({"near": ["CH"]})), EVERYWHERE)
    assert (choice.fit, choice.is_fallback) == (fit, fit != "home")
    assert words in choice.notice if words else choice.notice == ""


def test_strict_stops_where_prefer_falls_back() -> None:
    """With a foreign model alone, `prefer` takes it and says so, and `strict` takes none and says what to pull."""
    cards = [card("a/foreign"), card("b/home", developer_country="DE")]
    store = Availability(in_store={"a/foreign"}.__contains__)
    fallback = choose(cards, german(), store)
    assert (fallback.model, fallback.wanted) == ("a/foreign", "b/home")
    assert "outside DE, EU" in fallback.notice
    with pytest.raises(NoLawfulModel) as caught:
        choose(cards, german(policy(EU={"mode": "strict"})), store)
    assert [(model, rule) for model, rule, _ in caught.value.rejections] == [
        ("a/foreign", "jurisdiction"),
        ("b/home", "weights"),
    ]
    assert caught.value.hint.startswith("Pull the one that fits best: glocal models pull b/home. ")
    assert caught.value.hint.endswith("glocal models choose --locale de-DE.")


def test_equal_cards_go_by_their_id() -> None:
    """The order is total: of two alike, the first id writes."""
    assert choose([card("b/b"), card("a/a")], german(), EVERYWHERE).model == "a/a"


def test_others_are_passed_over_with_the_reason() -> None:
    """A lawful model that ranks lower is listed, with the one that goes before it."""
    choice = choose([card("a/small", parameters_b=1), card("b/large", parameters_b=7)], german(), EVERYWHERE)
    assert [(item.model, item.rule, item.reason) for item in choice.passed_over] == [
        ("a/small", "order", "b/large ranks higher")
    ]


def test_an_encoder_is_no_writer() -> None:
    """Only generators are asked; an encoder is neither chosen nor rejected."""
    choice = choose([card("a/encoder", role="encoder"), card("b/writer")], german(), EVERYWHERE)
    assert (choice.model, choice.rejected, choice.passed_over) == ("b/writer", (), ())


def test_no_lawful_model_lists_every_rejection() -> None:
    """Where none may write, the error names the locale, every model, its rule's reason, and what to do."""
    cards = [card("a/nc", commercial_use="no"), card("b/code", needs_remote_code=True), card("c/fr", languages=["fr"])]
    with pytest.raises(NoLawfulModel) as caught:
        choose(cards, german(), EVERYWHERE)
    error = caught.value
    assert error.locale == "de-DE"
    assert [model for model, _, _ in error.rejections] == ["a/nc", "b/code", "c/fr"]
    assert all(model in str(error) and reason in str(error) for model, _, reason in error.rejections)
    assert "de-DE" in str(error)
    assert "policy.yaml" in error.hint


def test_models_that_are_not_here_are_told_by_rule() -> None:
    """A whole catalog of reasons is no sentence: those that could run are told in full, the others under their rule."""
    absent = [card(f"a/model-{number}", languages=["fr"]) for number in range(40)]
    store = Availability(in_store={"b/here"}.__contains__)
    with pytest.raises(NoLawfulModel) as caught:
        choose([*absent, card("b/here", commercial_use="no"), card("c/absent")], german(), store)
    names = ", ".join(sorted(item.id for item in absent))
    assert str(caught.value) == (
        "no model may write for de-DE (b/here: Apache-2.0 does not allow commercial use (the licence says so); "
        f"not made for the language: {names}; not in the model store: c/absent)"
    )


def test_every_rule_has_a_short_reason() -> None:
    """No rule leaves a model without a word."""
    assert set(REASONS) == {*MODEL_RULES, *ENDPOINT_RULES, WEIGHTS}


def test_an_empty_catalog_says_so() -> None:
    """Without any card the error says that the catalog is empty."""
    with pytest.raises(NoLawfulModel, match="the catalog is empty"):
        choose([], german(), EVERYWHERE)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, ("outside DE, EU", "its makers list de", "Apache-2.0: commercial use allowed")),
        ({"developer_country": "DE"}, ("made in DE, under a jurisdiction of this market (DE, EU)",)),
        ({"languages": ["mul"]}, ("its makers claim many languages or varieties, and do not list de-DE",)),
        ({"commercial_use": "conditional"}, ("commercial use under conditions, the licence says so",)),
        ({"verified": False}, ("its facts are not verified",)),
    ],
)
def test_a_choice_says_why(facts: dict[str, Any], words: tuple[str, ...]) -> None:
    """The reasons name where the model was made, what its makers say of the language, and its licence."""
    reasons = "; ".join(choose([card(**facts)], german(), EVERYWHERE).reasons)
    assert all(word in reasons for word in words), reasons


def test_a_choice_has_an_id_of_its_content() -> None:
    """The same facts and policy give the same id; another rejected model or another policy gives another."""
    cards = [card(), card("b/nc", commercial_use="no")]
    first = choose(cards, german(), EVERYWHERE)
    assert first.id == choose(cards[::-1], german(), EVERYWHERE).id
    assert len({first.id, choose(cards[:1], german(), EVERYWHERE).id}) == 2
    assert first.policy_version == policy().version
    assert first.id != choose(cards, german(policy({"near": ["CH"]})), EVERYWHERE).id


@pytest.mark.parametrize(("locale", "language"), [("de-DE", "de"), ("zh-Hant-TW", "zh"), ("kaa", "kaa")])
def test_the_language_is_the_first_part_of_the_tag(locale: str, language: str) -> None:
    """A tag with a script, or without a region, has a language all the same."""
    assert Request(locale, (), {}, "").language == language


countries = st.sampled_from(["US", "DE", "CH", "CN"])
cards_of_all_kinds = st.builds(
    card,
    st.sampled_from(["a/a", "b/b", "c/c", "d/d", "e/e"]),
    role=st.sampled_from(["generator", "encoder"]),
    developer=st.sampled_from(["Acme", "Beta", "Gamma"]),
    developer_country=countries,
    jurisdiction=st.sampled_from(["US", "EU", "CN"]),
    languages=st.sampled_from([["de"], ["mul"], ["fr"]]),
    licence=st.sampled_from(["Apache-2.0", "MIT", "House"]),
    commercial_use=st.sampled_from(["yes", "conditional", "no", "unknown"]),
    needs_remote_code=st.booleans(),
    gated=st.sampled_from([None, True, False]),
    verified=st.booleans(),
    parameters_b=st.sampled_from([1, 7]),
)
catalogs = st.lists(cards_of_all_kinds, max_size=5, unique_by=lambda item: item.id)
conditions = st.fixed_dictionaries(
    {},
    optional={
        "mode": st.sampled_from(["strict", "prefer", "open"]),
        "near": st.lists(countries, max_size=2),
        "licence": st.fixed_dictionaries(
            {}, optional={"commercial_use": st.lists(st.sampled_from(["yes", "conditional"]), max_size=2)}
        ),
        "developer": st.fixed_dictionaries(
            {},
            optional={
                "allowed_in": st.lists(countries, max_size=2),
                "denied_in": st.lists(countries, max_size=2),
                "denied": st.lists(st.sampled_from(["Acme", "Beta"]), max_size=1),
            },
        ),
        "language": st.sampled_from(["listed", "claimed"]),
        "size": st.fixed_dictionaries({}, optional={"at_least": st.sampled_from([0, 3])}),
        "gated": st.booleans(),
        "verified": st.booleans(),
        "remote_code": st.sampled_from(["never", "endpoint"]),
    },
)
policies = st.builds(
    lambda default, named: policy(default, **named),
    conditions,
    st.dictionaries(st.sampled_from(["DE", "EU", "US"]), conditions, max_size=2),
)
stores = st.sets(st.sampled_from(["a/a", "b/b", "c/c", "d/d", "e/e"])).map(
    lambda held: Availability(in_store=held.__contains__)
)


@given(catalogs, policies, stores)
def test_no_path_falls_back_silently(cards: list[ModelCard], rules: Any, store: Availability) -> None:
    """Under any policy: every generator is accounted for, the chosen one breaks no rule, and a fallback says so."""
    names = {item.id for item in cards if item.role == "generator"}
    request = german(rules)
    outcomes = set()
    for order in itertools.islice(itertools.permutations(cards), 4):
        try:
            choice = choose(order, request, store)
        except NoLawfulModel as error:
            outcomes.add(None)
            assert {model for model, _, _ in error.rejections} == names  # noqa: PT017 (either outcome is right)
            assert not any(
                store.in_store(i.id)
                and not i.needs_remote_code
                and i.role == "generator"
                and objection(i, request) is None
                for i in cards
            )
        else:
            outcomes.add(choice.id)
            told = [choice.model, *(item.model for item in (*choice.rejected, *choice.passed_over))]
            assert sorted(told) == sorted(names)
            chosen = next(item for item in cards if item.id == choice.model)
            assert store.in_store(chosen.id)
            assert not chosen.needs_remote_code
            assert chosen.commercial_use in {"yes", "conditional"}
            for asked in request.conditions.values():
                assert not any(rule(chosen, asked, request) for rule in MODEL_RULES.values())
            at_home = bool({chosen.developer_country, chosen.jurisdiction} & {"DE", "EU"})
            assert at_home == (choice.fit == "home")
            assert at_home or request.mode is not Mode.STRICT
            assert at_home or request.mode is Mode.OPEN or chosen.id in choice.notice
    assert len(outcomes) == 1
