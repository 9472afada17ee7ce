"""The page of models: what the markets depend on, and the drill."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from pipeline.selection.audit import Market
from pipeline.selection.request import Availability, Request
from tests.unit.selection.conftest import card, german, policy

CARDS = (
    card("a/german", developer="Anton <b>GmbH</b>", developer_country="DE", languages=["de"], licence="MIT"),
    card("b/both", developer="Berta", languages=["de", "fr"]),
    card("c/none", developer="Unused", languages=["ja"]),
)
STORE = Availability(in_store={"a/german", "b/both"}.__contains__)
FRENCH = Request("fr-FR", ("FR", "EU"), policy().conditions(("FR",)), policy().version)


@pytest.fixture
def models(open_desk: Callable[..., Any]) -> Any:
    """The desk with two markets: German has a model of its own and another, French one from elsewhere."""
    return open_desk(market=lambda: Market(CARDS, (german(), FRENCH), STORE))


def drilled(desk: Any, without: str) -> Any:
    return desk.get("/models?" + urlencode({"without": without}))


def test_every_market_is_shown_with_its_model(models: Any) -> None:
    """Who writes, who made it, under which licence, and a word where it comes from elsewhere."""
    page = models.get("/models")
    assert page.status_code == 200
    assert "2 of 2" in page.text
    for told in ("a/german", "b/both", "MIT", "from elsewhere", "of this market", "was made in US, outside FR, EU"):
        assert told in page.text


def test_bars_measure_shares_and_what_goes_dark(models: Any) -> None:
    """Half of the locales depend on each vendor; without Berta French goes dark, without Anton nothing does."""
    page = models.get("/models").text
    vendors = page[page.index("Vendors") : page.index("Countries")]
    assert re.findall(r'class="part" width="([\d.]+)"', vendors) == ["50.00", "50.00"]
    assert re.findall(r'class="gone" width="([\d.]+)"', vendors) == ["0.00", "50.00"]
    assert "concentration 0.50" in vendors


def test_a_drill_shows_what_would_change(models: Any) -> None:
    """A market that moves and one that goes dark are told apart; a drill that changes nothing says so."""
    moved = drilled(models, "model=a/german").text
    drill = moved[moved.index('id="drill"') : moved.index('id="h-today"')]
    assert "goes dark" not in drill
    assert "b/both" in drill
    assert "goes dark" in drilled(models, "vendor=berta").text
    unused = drilled(models, "vendor=Unused").text
    assert "no locale changes" in unused


@pytest.mark.parametrize("asked", ["colour=red", "vendor", "vendor=Nobody", "x" * 301])
def test_a_drill_that_means_nothing_is_refused(models: Any, asked: str) -> None:
    """An address that nobody made with the form is answered with the way back."""
    assert drilled(models, asked).status_code == 422


def test_names_in_cards_are_text(models: Any) -> None:
    """A card is data: what looks like markup is shown as it is written."""
    page = models.get("/models").text
    assert "<b>GmbH" not in page
    assert "Anton &lt;b&gt;GmbH" in page


def test_without_any_model_the_page_says_so(open_desk: Callable[..., Any]) -> None:
    """Every locale is dark, and each says why."""
    page = open_desk(market=lambda: Market((), (german(),), STORE)).get("/models")
    assert page.status_code == 200
    assert "0 of 1" in page.text
    assert "the catalog is empty" in page.text


def test_models_that_are_pulled_while_the_desk_runs_are_seen(open_desk: Callable[..., Any]) -> None:
    """The audit is made anew for every page."""
    held: set[str] = set()
    desk = open_desk(market=lambda: Market(CARDS, (german(),), Availability(in_store=held.__contains__)))
    assert "0 of 1" in desk.get("/models").text
    held.add("a/german")
    assert "1 of 1" in desk.get("/models").text


def test_a_draft_page_leads_to_the_models(open_desk: Callable[..., Any], seed: Any) -> None:
    """The page is found from everywhere, and a draft shows the id of its choice and its policy."""
    page = open_desk().get(f"/drafts/{seed.draft()}").text
    assert 'href="/models"' in page
    assert "<dt>Choice</dt>" in page
