"""What markets depend on, and what the withdrawal drill says of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from pipeline.domain.choice import Choice
from pipeline.domain.model_card import ModelCard
from pipeline.errors import NoLawfulModel
from pipeline.selection.audit import DIMENSIONS, Market, Withdrawal, audit, withdraw, withdrawal
from pipeline.selection.choose import choose
from pipeline.selection.request import Availability, Request
from tests.unit.selection.conftest import EVERYWHERE, card, german, policy
from tests.unit.selection.test_choose import catalogs, policies, stores


def french() -> Request:
    return Request("fr-FR", ("FR", "EU"), policy().conditions(("FR", "EU")), policy().version)


CARDS = (
    card("a/german", developer="Anton", developer_country="DE", languages=["de"], licence="MIT"),
    card("b/both", developer="Berta", languages=["de", "fr"]),
    card("c/chinese", developer="Chang", developer_country="CN", jurisdiction="CN", languages=["de"], parameters_b=9),
)
MARKETS = Market(CARDS, (german(), french()), EVERYWHERE)


def test_shares_and_their_concentration() -> None:
    """Two markets on two vendors are half concentrated; a licence both depend on would be wholly so."""
    found = audit(MARKETS)
    assert [(entry.locale, entry.choice and entry.choice.model) for entry in found.chosen] == [
        ("de-DE", "a/german"),
        ("fr-FR", "b/both"),
    ]
    vendors = next(item for item in found.dependences if item.dimension == "vendor")
    assert [(share.value, share.locales, share.share) for share in vendors.shares] == [
        ("Anton", ("de-DE",), 0.5),
        ("Berta", ("fr-FR",), 0.5),
    ]
    assert vendors.concentration == pytest.approx(0.5)
    one = audit(Market(CARDS, (german(),), EVERYWHERE))
    assert {item.concentration for item in one.dependences} == {1.0}


def test_what_nobody_can_replace_is_a_single_point_of_failure() -> None:
    """French has one model: its vendor, country, licence and line each darken it; German moves to another."""
    found = audit(MARKETS)
    assert {(item.dimension, item.value) for drill in found.single_points for item in drill.withdrawn} == {
        ("vendor", "Berta"),
        ("country", "US"),
        ("licence", "Apache-2.0"),
        ("model", "b/both"),
        ("family", "acme"),
    }
    without_anton = withdraw(MARKETS, [Withdrawal(dimension="vendor", value="Anton")])
    assert [(change.locale, change.before, change.after) for change in without_anton.changes] == [
        ("de-DE", "a/german", "c/chinese")
    ]
    assert (without_anton.dark, len(without_anton.moved)) == ((), 1)


def test_a_market_that_is_dark_today_is_told_with_its_reason() -> None:
    """A market without a lawful model has no share in anything; the audit says why, and goes on."""
    found = audit(Market(CARDS[:1], (german(), french()), EVERYWHERE))
    assert found.dark == ("fr-FR",)
    assert "its makers do not name fr" in found.chosen[1].reason
    assert [share.share for share in found.dependences[0].shares] == [1.0]


def test_nothing_to_choose_from_is_no_error() -> None:
    """With no market lit there is nothing to depend on."""
    found = audit(Market((), (german(),), EVERYWHERE))
    assert (found.dark, found.drills) == (("de-DE",), ())
    assert {item.concentration for item in found.dependences} == {0}


@given(catalogs, policies, stores)
def test_a_drill_equals_what_the_chooser_then_does(cards: list[ModelCard], rules: Any, store: Availability) -> None:
    """Each vendor, country, licence, family and model taken away in turn: the drill says what the chooser does."""
    request = german(rules)
    market = Market(cards, (request,), store)
    today = _model(cards, request, store)
    in_use = {item for drill in audit(market).drills for item in drill.withdrawn}
    for dimension, values_of in DIMENSIONS.items():
        for value in {value for item in cards for value in values_of(item)}:
            withdrawn = Withdrawal(dimension=dimension, value=value)
            drill = withdraw(market, [withdrawn])
            after = _model([item for item in cards if value not in values_of(item)], request, store)
            expected = [] if today in {None, after} else [(today, after)]
            assert [(change.before, change.after) for change in drill.changes] == expected
            assert drill.dark == (("de-DE",) if today is not None and after is None else ())
            # What the audit leaves out can change nothing.
            assert withdrawn in in_use or not drill.changes


def test_things_are_withdrawn_together() -> None:
    """Each alone leaves German a model; both at once leave it none. What was dark before is told apart."""
    asked = [withdrawal(text, CARDS) for text in ("vendor=anton", "vendor=CHANG", "vendor=Berta")]
    for one in asked[:2]:
        assert withdraw(MARKETS, [one]).dark == ()
    both = withdraw(MARKETS, asked)
    assert both.dark == ("de-DE", "fr-FR")
    assert both.title == "vendor Anton and vendor Chang and vendor Berta"
    already = withdraw(Market(CARDS[:1], (german(), french()), EVERYWHERE), asked[1:2])
    assert (already.changes, already.already_dark) == ((), ("fr-FR",))


def test_a_model_depends_on_the_licences_of_what_it_was_made_from() -> None:
    """Without the licence of its base it is gone; a market that depends on two licences counts half for each."""
    child = card("a/child", licence="MIT", base_licences=["Llama"])
    market = Market((child,), (german(),), EVERYWHERE)
    licences = next(item for item in audit(market).dependences if item.dimension == "licence")
    assert [(share.value, share.share) for share in licences.shares] == [("Llama", 1.0), ("MIT", 1.0)]
    assert licences.concentration == pytest.approx(0.5)
    for name in ("Llama", "MIT"):
        assert withdraw(market, [Withdrawal(dimension="licence", value=name)]).dark == ("de-DE",)


def test_a_model_is_withdrawn_by_a_name_that_it_had() -> None:
    """Hubs rename organisations; a drill knows both."""
    renamed = card("a/new", aliases=["b/old"])
    assert withdrawal("model=B/old", [renamed]) == Withdrawal(dimension="model", value="a/new")


def _model(cards: list[ModelCard], request: Request, store: Availability) -> str | None:
    try:
        choice: Choice = choose(cards, request, store)
    except NoLawfulModel:
        return None
    return choice.model
