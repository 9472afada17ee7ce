"""Formats and holidays of a market come from CLDR and the holidays library."""

from __future__ import annotations

from datetime import date

import pytest

from pipeline.resources.library import Library, shipped_folder
from pipeline.resources.market import market_facts

DAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def library() -> Library:
    return Library((shipped_folder(),))


@pytest.mark.parametrize(
    ("tag", "number", "price"),
    [
        ("de-DE", "1.234.567,89", "19,90\u00a0€"),
        ("de-CH", "1’234’567.89", "CHF\u00a019.90"),
        ("hi-IN", "12,34,567.89", "₹19.90"),
        ("ja-JP", "1,234,567.89", "￥20"),
    ],
)
def test_formats_are_those_of_the_market(library: Library, tag: str, number: str, price: str) -> None:
    """Numbers and prices are written as CLDR says the market writes them."""
    facts = market_facts(library.locale(tag), DAY)
    assert (facts["number"], facts["price"]) == (number, price)


def test_holidays_ahead_are_listed_in_order(library: Library) -> None:
    """Holidays from the day on, over the turn of the year, and none before it."""
    holidays = market_facts(library.locale("de-DE"), DAY)["holidays"]
    days = [holiday["date"] for holiday in holidays]
    assert days == sorted(days)
    assert {"2026-12-25", "2027-01-01"} <= set(days)
    assert min(days) >= DAY.isoformat()


def test_every_shipped_market_has_formats_and_a_calendar(library: Library) -> None:
    """CLDR and the holidays library know every market that has a pack."""
    for pack in library.packs():
        facts = market_facts(pack, DAY)
        assert facts["price"]
        assert "other" in facts["plural_categories"]
