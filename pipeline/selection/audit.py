"""What a set of markets depends on: shares, concentration, and what happens when one thing is taken away.

The drill takes cards away and runs the chooser again: it says what would be chosen, not what somebody estimates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from pydantic import Field

from pipeline.domain.choice import Choice
from pipeline.domain.model_card import ModelCard
from pipeline.domain.value import LocaleTag, Value
from pipeline.errors import NoLawfulModel, UsageError
from pipeline.selection.choose import Verdict, decide, judge
from pipeline.selection.request import Availability, Request

DIMENSIONS: dict[str, Callable[[ModelCard], tuple[str, ...]]] = {
    "vendor": lambda card: (card.developer,),
    "country": lambda card: (card.developer_country,),
    "licence": lambda card: card.licences,
    "family": lambda card: (card.line,),
    "model": lambda card: (card.id,),
}
"""What a market may come to depend on, and where a card says so. A model made from another has the licences of both."""


class Share(Value):
    """How many markets depend on one vendor, country, licence, family or model; `share` of all that have a model."""

    value: str
    locales: tuple[LocaleTag, ...]
    share: float = Field(ge=0, le=1)


class Dependence(Value):
    """One dimension of dependence, the largest share first.

    `concentration` is the Herfindahl-Hirschman index, the sum of squared shares: 1 when all markets depend on one,
    1/n when they are spread evenly over n. A market with two licences counts half for each there.
    """

    dimension: str
    concentration: float = Field(ge=0, le=1)
    shares: tuple[Share, ...]


class Change(Value):
    """A market whose model changes in a drill; `after` is None where it goes dark."""

    locale: LocaleTag
    before: str
    after: str | None


class Withdrawal(Value):
    """One thing that is taken away: a vendor, a country, a licence, a family or a model."""

    dimension: str
    value: str

    def takes(self, card: ModelCard) -> bool:
        """Whether a model goes with it."""
        return self.value in DIMENSIONS[self.dimension](card)


class Drill(Value):
    """What happens to the markets when some things are taken away at once.

    `already_dark` are those that had no lawful model before.
    """

    withdrawn: tuple[Withdrawal, ...]
    changes: tuple[Change, ...]
    already_dark: tuple[LocaleTag, ...] = ()

    @property
    def title(self) -> str:
        """What is taken away, in words."""
        return " and ".join(f"{item.dimension} {item.value}" for item in self.withdrawn)

    @property
    def dark(self) -> tuple[str, ...]:
        """The markets that are left without a lawful model by it."""
        return tuple(change.locale for change in self.changes if change.after is None)

    @property
    def moved(self) -> tuple[Change, ...]:
        """The markets that another model would write for."""
        return tuple(change for change in self.changes if change.after is not None)


class Chosen(Value):
    """The model of one market today, or the reason why there is none."""

    locale: LocaleTag
    choice: Choice | None
    reason: str = ""


class Audit(Value):
    """What the markets depend on today, and a drill for everything that any of them depends on."""

    chosen: tuple[Chosen, ...]
    dependences: tuple[Dependence, ...]
    drills: tuple[Drill, ...]

    @property
    def dark(self) -> tuple[str, ...]:
        """The markets that have no lawful model today."""
        return tuple(entry.locale for entry in self.chosen if entry.choice is None)

    @property
    def single_points(self) -> tuple[Drill, ...]:
        """The drills in which a market goes dark, the most of them first."""
        return tuple(sorted((drill for drill in self.drills if drill.dark), key=lambda drill: -len(drill.dark)))


@dataclass(frozen=True)
class Market:
    """The chooser's view of some markets: the cards, what each market asks, and where models can run."""

    cards: Sequence[ModelCard]
    requests: Sequence[Request]
    availability: Availability

    def choose(self) -> dict[str, Choice | NoLawfulModel]:
        """The choice for each market, or the error that says why there is none."""
        return {request.locale: self._choice(request) for request in self.requests}

    def models(self, without: Callable[[ModelCard], bool]) -> dict[str, str | None]:
        """The model of each market when some cards are withdrawn, None where it is dark."""
        return {
            locale: next((item.card.id for item in verdicts if item.runs_on and not without(item.card)), None)
            for locale, verdicts in self._verdicts.items()
        }

    @cached_property
    def _verdicts(self) -> dict[str, list[Verdict]]:
        """The chooser's own verdicts in its own order: withdrawing a card changes neither for any other."""
        return {request.locale: judge(self.cards, request, self.availability) for request in self.requests}

    def _choice(self, request: Request) -> Choice | NoLawfulModel:
        try:
            return decide(self._verdicts[request.locale], request, self.availability)
        except NoLawfulModel as nobody:
            return nobody


def audit(market: Market) -> Audit:
    """Look at what the markets depend on, and take away each thing that any of them depends on in turn.

    What no chosen model has cannot change a choice when it goes, so it is not drilled.
    """
    today = market.choose()
    cards = {card.id: card for card in market.cards}
    in_use = {locale: cards[choice.model] for locale, choice in today.items() if isinstance(choice, Choice)}
    dependences = tuple(_dependence(name, value_of, in_use) for name, value_of in DIMENSIONS.items())
    return Audit(
        chosen=tuple(_chosen(locale, choice) for locale, choice in today.items()),
        dependences=dependences,
        drills=tuple(
            withdraw(market, [Withdrawal(dimension=dependence.dimension, value=share.value)])
            for dependence in dependences
            for share in dependence.shares
        ),
    )


def withdraw(market: Market, withdrawn: Sequence[Withdrawal]) -> Drill:
    """Take away every model of some vendors, countries, licences, families or ids at once, and choose again."""
    before = market.models(lambda _: False)
    after = market.models(lambda card: any(item.takes(card) for item in withdrawn))
    return Drill(
        withdrawn=tuple(withdrawn),
        changes=tuple(
            Change(locale=locale, before=model, after=after[locale])
            for locale, model in before.items()
            if model is not None and model != after[locale]
        ),
        already_dark=tuple(locale for locale, model in before.items() if model is None),
    )


def withdrawal(asked: str, cards: Iterable[ModelCard]) -> Withdrawal:
    """What `vendor=NAME` asks to take away; UsageError where no generator has it."""
    dimension, _, value = asked.partition("=")
    if dimension not in DIMENSIONS or not value:
        raise UsageError(f"{asked!r} is not WHAT=VALUE", hint=f"WHAT is one of {', '.join(DIMENSIONS)}.")
    generators = [card for card in cards if card.role == "generator"]
    known = sorted({name for card in generators for name in DIMENSIONS[dimension](card)})
    aliases = {alias.casefold(): card.id for card in generators for alias in card.aliases if dimension == "model"}
    names = aliases | {name.casefold(): name for name in known}
    match = names.get(value.casefold())
    if match is None:
        raise UsageError(f"no model of the catalog has the {dimension} {value!r}", hint=f"Known: {', '.join(known)}.")
    return Withdrawal(dimension=dimension, value=match)


def _dependence(
    dimension: str, values_of: Callable[[ModelCard], tuple[str, ...]], in_use: Mapping[str, ModelCard]
) -> Dependence:
    locales: dict[str, list[str]] = {}
    weights: dict[str, float] = {}
    for locale, card in in_use.items():
        values = values_of(card)
        for value in values:
            locales.setdefault(value, []).append(locale)
            weights[value] = weights.get(value, 0) + 1 / len(in_use) / len(values)
    return Dependence(
        dimension=dimension,
        concentration=min(1.0, sum(weight**2 for weight in weights.values())),
        shares=tuple(
            Share(value=value, locales=tuple(found), share=len(found) / len(in_use))
            for value, found in sorted(locales.items(), key=lambda item: (-len(item[1]), item[0]))
        ),
    )


def _chosen(locale: str, choice: Choice | NoLawfulModel) -> Chosen:
    if isinstance(choice, Choice):
        return Chosen(locale=locale, choice=choice)
    return Chosen(locale=locale, choice=None, reason=f"{choice}. {choice.hint}")
