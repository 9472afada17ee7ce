"""The chooser: small named rules reject, a stated order ranks what is left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline.domain.choice import Choice, Rejection
from pipeline.domain.model_card import ModelCard
from pipeline.errors import NoLawfulModel


@dataclass(frozen=True)
class Request:
    """What a locale asks of a model: its tag, its language (ISO 639) and the jurisdictions it is under."""

    locale: str
    jurisdictions: tuple[str, ...]
    in_store: Callable[[str], bool]

    @property
    def language(self) -> str:
        """The language subtag of the locale."""
        return self.locale.split("-")[0]


Rule = Callable[[ModelCard, Request], str | None]
"""Gives the reason why a model may not write here, or None."""


def rule_licence(card: ModelCard, _: Request) -> str | None:
    """A licence that forbids commercial use is never allowed."""
    if card.commercial_use != "no":
        return None
    return f"{card.licence} does not allow commercial use ({card.commercial_reason})"


def rule_remote_code(card: ModelCard, _: Request) -> str | None:
    """A model that needs code of its own is never run."""
    return "it needs code from its repository" if card.needs_remote_code else None


def rule_language(card: ModelCard, request: Request) -> str | None:
    """A model must be made for the language, or at least claim it."""
    if card.speaks(request.language) != "no":
        return None
    return f"its makers do not name {request.language} among its languages"


def rule_weights(card: ModelCard, request: Request) -> str | None:
    """Weights that are not in the model store cannot be run."""
    return None if request.in_store(card.id) else "its weights are not in the model store"


RULES: dict[str, Rule] = {
    "licence": rule_licence,
    "remote-code": rule_remote_code,
    "language": rule_language,
    "weights": rule_weights,
}


def choose(cards: Sequence[ModelCard], request: Request) -> Choice:
    """The best lawful generator for a locale; NoLawfulModel carries every rejection when there is none.

    Order: made under a jurisdiction of the market, language listed by the makers, licence without
    conditions, facts verified, size; the id last, so that the order is total.
    """
    generators = [card for card in cards if card.role == "generator"]
    rejected = [rejection for card in generators if (rejection := _rejection(card, request)) is not None]
    refused = {rejection.model for rejection in rejected}
    lawful = sorted((card for card in generators if card.id not in refused), key=lambda card: _rank(card, request))
    if not lawful:
        raise NoLawfulModel(request.locale, [(rejection.model, rejection.reason) for rejection in rejected])
    best, *others = lawful
    passed_over = tuple(Rejection(model=card.id, rule="order", reason=f"{best.id} ranks higher") for card in others)
    return Choice(
        locale=request.locale,
        model=best.id,
        reasons=_reasons(best, request),
        rejected=tuple(rejected),
        passed_over=passed_over,
    )


def _rejection(card: ModelCard, request: Request) -> Rejection | None:
    for name, rule in RULES.items():
        reason = rule(card, request)
        if reason is not None:
            return Rejection(model=card.id, rule=name, reason=reason)
    return None


def made_at_home(card: ModelCard, request: Request) -> bool:
    """Whether a model comes from a jurisdiction that the market is under."""
    return bool({card.developer_country, card.jurisdiction} & set(request.jurisdictions))


def _rank(card: ModelCard, request: Request) -> tuple[bool, bool, bool, bool, float, str]:
    return (
        not made_at_home(card, request),
        card.speaks(request.language) != "listed",
        card.commercial_use != "yes",
        not card.verified,
        -card.parameters_b,
        card.id,
    )


def _reasons(card: ModelCard, request: Request) -> tuple[str, ...]:
    home = ", ".join(dict.fromkeys(request.jurisdictions))
    listed = card.speaks(request.language) == "listed"
    conditional = card.commercial_use == "conditional"
    return (
        f"made in {card.developer_country}, under a jurisdiction of this market ({home})"
        if made_at_home(card, request)
        else f"made in {card.developer_country}, outside {home}: no model from there is lawful and in the store",
        f"its makers list {request.language}"
        if listed
        else f"its makers claim many languages, {request.language} unlisted",
        f"{card.licence}: commercial use under conditions, {card.commercial_reason}"
        if conditional
        else f"{card.licence}: commercial use allowed",
        *(() if card.verified else ("its facts are not verified: read its sources before you rely on them",)),
    )
