"""What the markets depend on, as a page shows it: bars for each vendor, country and licence, and one drill."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from pipeline.domain.model_card import ModelCard
from pipeline.review.marking import Piece, mark_text
from pipeline.review.office import Office
from pipeline.review.writing import Writing
from pipeline.selection.audit import (
    DIMENSIONS,
    Audit,
    Change,
    Chosen,
    Dependence,
    Drill,
    Withdrawal,
    audit,
    withdraw,
    withdrawal,
)

HEADINGS = {"vendor": "Vendors", "country": "Countries", "licence": "Licences", "family": "Families", "model": "Models"}

_FIT_WORDS = {"home": "of this market", "near": "from near", "elsewhere": "from elsewhere"}


@dataclass(frozen=True)
class Bar:
    """One bar of the chart: `share` of all markets in percent, and how much of it goes dark without this."""

    label: list[Piece]
    href: str
    locales: int
    share: float
    dark: int
    dark_share: float
    current: bool


@dataclass(frozen=True)
class Chart:
    """The bars of one dimension; `concentration` in 0..1."""

    heading: str
    concentration: float
    bars: list[Bar]


@dataclass(frozen=True)
class Row:
    """One market: who writes for it, and who would in the drill."""

    writing: Writing
    model: list[Piece]
    vendor: list[Piece]
    country: str
    licence: list[Piece]
    fit: str
    fit_words: str
    runs_on: list[Piece]
    word: list[Piece]


@dataclass(frozen=True)
class DrillRow:
    """One market that a drill changes; `after` is None where it goes dark."""

    writing: Writing
    before: list[Piece]
    after: list[Piece] | None


@dataclass(frozen=True)
class ModelsView:
    """The whole page. `drill` is None until one is asked for."""

    region: str
    markets: int
    lit: int
    fallbacks: int
    single_points: int
    policy: str
    charts: list[Chart]
    rows: list[Row]
    options: dict[str, list[tuple[str, str]]]
    asked: str
    drill_title: list[Piece]
    drill: list[DrillRow] | None


def view_models(office: Office, asked: str) -> ModelsView:
    """Run the audit now, and the drill that was asked for as `vendor=NAME`; UsageError for one that nobody knows."""
    market = office.market()
    found = audit(market)
    drill = withdraw(market, [withdrawal(asked, market.cards)]) if asked else None
    cards = {card.id: card for card in market.cards}
    choices = [entry.choice for entry in found.chosen if entry.choice]
    return ModelsView(
        region=office.region,
        markets=len(found.chosen),
        lit=len(choices),
        fallbacks=sum(choice.is_fallback for choice in choices),
        single_points=len(found.single_points),
        policy=next((request.policy_version[:12] for request in market.requests), ""),
        charts=[_chart(dependence, found, drill) for dependence in found.dependences],
        rows=[_row(office, entry, cards) for entry in found.chosen],
        options=_options(market.cards),
        asked=asked,
        drill_title=mark_text(drill.title if drill else ""),
        drill=[_drill_row(office, change) for change in drill.changes] if drill else None,
    )


def _chart(dependence: Dependence, found: Audit, drill: Drill | None) -> Chart:
    dark = {item.withdrawn: len(item.dark) for item in found.drills}
    markets = len(found.chosen)
    bars = []
    for share in dependence.shares:
        withdrawn = (Withdrawal(dimension=dependence.dimension, value=share.value),)
        gone = dark.get(withdrawn, 0)
        bars.append(
            Bar(
                label=mark_text(share.value),
                href="/models?" + urlencode({"without": f"{dependence.dimension}={share.value}"}) + "#drill",
                locales=len(share.locales),
                share=100 * len(share.locales) / markets,
                dark=gone,
                dark_share=100 * gone / markets,
                current=drill is not None and drill.withdrawn == withdrawn,
            )
        )
    return Chart(HEADINGS[dependence.dimension], dependence.concentration, bars)


def _row(office: Office, entry: Chosen, cards: dict[str, ModelCard]) -> Row:
    choice = entry.choice
    card = cards[choice.model] if choice else None
    wanted = f" {choice.wanted} would write if its weights were here." if choice and choice.wanted else ""
    return Row(
        writing=office.writing(entry.locale),
        model=mark_text(card.id if card else ""),
        vendor=mark_text(card.developer if card else ""),
        country=card.developer_country if card else "",
        licence=mark_text(card.licence if card else ""),
        fit=choice.fit if choice else "dark",
        fit_words=_FIT_WORDS[choice.fit] if choice else "no lawful model",
        runs_on=mark_text(choice.runs_on if choice else ""),
        word=mark_text((choice.notice + wanted).strip() if choice else entry.reason),
    )


def _drill_row(office: Office, change: Change) -> DrillRow:
    after = None if change.after is None else mark_text(change.after)
    return DrillRow(office.writing(change.locale), mark_text(change.before), after)


def _options(cards: Sequence[ModelCard]) -> dict[str, list[tuple[str, str]]]:
    """Everything that could be taken away, by dimension: what stands in the form, and how it is shown."""
    writers = [card for card in cards if card.role == "generator"]
    return {
        HEADINGS[name]: [
            (f"{name}={value}", value) for value in sorted({value for card in writers for value in values_of(card)})
        ]
        for name, values_of in DIMENSIONS.items()
    }
