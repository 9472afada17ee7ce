"""What markets depend on, and what the withdrawal drill says of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from pipeline.domain.choice import Choice
from pipeline.domain.model_card import ModelCard
from pipeline.errors import NoLawfulModel
from pipeline.selection.audit import DIMENSIONS, Market, audit, withdraw
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
    assert {(drill.dimension, drill.value) for drill in found.single_points} == {
        ("vendor", "Berta"),
        ("country", "US"),
        ("licence", "Apache-2.0"),
        ("model", "b/both"),
        ("family", "acme"),
    }
    without_anton = withdraw(MARKETS, "vendor", "Anton")
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
    in_use = {(drill.dimension, drill.value) for drill in audit(market).drills}
    for dimension, value_of in DIMENSIONS.items():
        for value in {value_of(item) for item in cards}:
            drill = withdraw(market, dimension, value)
            after = _model([item for item in cards if value_of(item) != value], request, store)
            expected = [] if today in {None, after} else [(today, after)]
            assert [(change.before, change.after) for change in drill.changes] == expected
            assert drill.dark == (("de-DE",) if today is not None and after is None else ())
            # What the audit leaves out can change nothing.
            assert (dimension, value) in in_use or not drill.changes


def _model(cards: list[ModelCard], request: Request, store: Availability) -> str | None:
    try:
        choice: Choice = choose(cards, request, store)
    except NoLawfulModel:
        return None
    return choice.model
