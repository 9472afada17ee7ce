"""What libraries keep of a market: its formats after CLDR (Babel) and its public holidays. Nothing is typed again."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TypedDict

from pipeline.domain.locale_pack import LocalePack

HORIZON = timedelta(days=120)
"""How far ahead holidays are listed: a campaign is planned about a quarter ahead."""

_NUMBER = 1_234_567.89
_SHARE = 0.25
_PRICE = 19.9
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Holiday(TypedDict):
    """One public holiday, by the name that the library gives it by default, mostly in the market's language."""

    date: str
    name: str


class MarketFacts(TypedDict):
    """How a market writes, shown by example, and what is ahead in its calendar.

    `plural_categories` are those of CLDR; every language has `other`.
    """

    number: str
    percentage: str
    currency: str
    price: str
    short_date: str
    long_date: str
    plural_categories: list[str]
    first_day_of_week: str
    holidays: list[Holiday]


def market_facts(pack: LocalePack, day: date) -> MarketFacts:
    """Formats of a pack's market, and its public holidays in the 120 days from `day`."""
    from babel import Locale
    from babel.dates import format_date
    from babel.numbers import format_currency, format_decimal, format_percent, get_territory_currencies

    locale = Locale.parse(pack.tag, sep="-")
    currency = get_territory_currencies(pack.market, day)[0]
    return MarketFacts(
        number=format_decimal(_NUMBER, locale=locale),
        percentage=format_percent(_SHARE, locale=locale),
        currency=currency,
        price=format_currency(_PRICE, currency, locale=locale),
        short_date=format_date(day, "short", locale=locale),
        long_date=format_date(day, "long", locale=locale),
        plural_categories=sorted({*locale.plural_form.tags, "other"}),
        first_day_of_week=_WEEKDAYS[locale.first_week_day],
        holidays=_holidays(pack.market, day),
    )


def _holidays(market: str, day: date) -> list[Holiday]:
    import holidays

    end = day + HORIZON
    calendar = holidays.country_holidays(market, years=range(day.year, end.year + 1))
    ahead = sorted((when, name) for when, name in calendar.items() if day <= when <= end)
    return [Holiday(date=when.isoformat(), name=name) for when, name in ahead]
