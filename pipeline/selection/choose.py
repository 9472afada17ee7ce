"""The chooser: named rules reject, a stated order ranks what is left, and all of it goes on record."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.domain.choice import Choice, Fit, Rejection
from pipeline.domain.endpoint import STORE, Endpoint
from pipeline.domain.model_card import ModelCard
from pipeline.domain.policy import Mode
from pipeline.errors import NoLawfulModel
from pipeline.selection.request import Availability, Request
from pipeline.selection.rules import ENDPOINT_RULES, MODEL_RULES

WEIGHTS = "weights"
"""The rule that a model must be able to run here: in this process or behind an endpoint."""

REASONS = {
    "licence": "licence not accepted",
    "developer": "maker not accepted",
    "jurisdiction": "made elsewhere, where the policy is strict",
    "remote-code": "needs code of its own",
    "language": "not made for the language",
    "size": "too small or too large for the policy",
    "gated": "not free to download",
    "verified": "facts not verified",
    "region": "its endpoint is not allowed for this region",
    "location": "its endpoint stands elsewhere",
    "operator": "its endpoint's operator is not accepted",
    WEIGHTS: "not in the model store",
}
"""Each rule's reason in a few words, for the many models that could not run here anyway."""

_NEARNESS: dict[Fit, int] = {"home": 0, "near": 1, "elsewhere": 2}


@dataclass(frozen=True)
class Verdict:
    """What became of one model: where it may run, or the rule that rejects it; and which endpoints may not run it."""

    card: ModelCard
    runs_on: str | None = None
    rejection: Rejection | None = None
    refused_endpoints: tuple[Rejection, ...] = ()

    @property
    def is_acceptable(self) -> bool:
        """Whether no rule about models rejects it: at most, it cannot run here."""
        return self.rejection is None or self.rejection.rule not in MODEL_RULES


def judge(cards: Iterable[ModelCard], request: Request, availability: Availability) -> list[Verdict]:
    """The verdict on every generator, best first; each stands alone, whatever other cards there are.

    Order: made under a jurisdiction of the market, then near it, then elsewhere (not asked in mode `open`); the
    locale's first choices; language listed by the makers; licence without conditions; facts verified; measured
    quality; size; the id last, so that the order is total.
    """
    generators = sorted((card for card in cards if card.role == "generator"), key=lambda card: _rank(card, request))
    return [_verdict(card, request, availability) for card in generators]


def choose(cards: Iterable[ModelCard], request: Request, availability: Availability) -> Choice:
    """The first lawful generator in the order of `judge`, with all that speaks for it and against the others.

    Raises NoLawfulModel, which carries every rejection, when there is none.
    """
    return decide(judge(cards, request, availability), request, availability)


def decide(verdicts: Sequence[Verdict], request: Request, availability: Availability) -> Choice:
    """`choose` from verdicts that are in already."""
    lawful = [verdict for verdict in verdicts if verdict.runs_on is not None]
    rejected = sorted((item.rejection for item in verdicts if item.rejection), key=lambda rejection: rejection.model)
    wanted = _wanted(verdicts)
    if not lawful:
        raise _nobody(request, rejected, wanted, availability)
    best, fit = lawful[0].card, request.fit(lawful[0].card)
    return Choice(
        locale=request.locale,
        model=best.id,
        runs_on=lawful[0].runs_on or STORE,
        fit=fit,
        mode=request.mode,
        notice=_notice(best, fit, request),
        wanted=None if wanted == best.id else wanted,
        reasons=_reasons(lawful[0], fit, request),
        rejected=tuple(rejected),
        passed_over=tuple(
            Rejection(model=name, rule="order", reason=f"{best.id} ranks higher")
            for name in sorted(verdict.card.id for verdict in lawful[1:])
        ),
        refused_endpoints=tuple(found for verdict in lawful for found in verdict.refused_endpoints),
        policy_version=request.policy_version,
    )


def objection(card: ModelCard, request: Request) -> Rejection | None:
    """The first rule by which a model may not write for a market, wherever it would run; None where it may."""
    for name, rule in MODEL_RULES.items():
        for place, conditions in request.conditions.items():
            reason = rule(card, conditions, request)
            if reason is not None:
                return Rejection(model=card.id, rule=name, reason=_by(place, reason))
    return None


def _verdict(card: ModelCard, request: Request, availability: Availability) -> Verdict:
    rejected = objection(card, request)
    if rejected is not None:
        return Verdict(card, rejection=rejected)
    refused: list[Rejection] = []
    for endpoint in availability.endpoints_of(card.id):
        found = endpoint_objection(endpoint, request, availability)
        if found is None:
            return Verdict(card, runs_on=endpoint.id, refused_endpoints=tuple(refused))
        refused.append(found)
    if availability.in_store(card.id) and not card.needs_remote_code:
        return Verdict(card, runs_on=STORE, refused_endpoints=tuple(refused))
    absent = Rejection(model=card.id, rule=WEIGHTS, reason=_absence(card, availability))
    return Verdict(card, rejection=next(iter(refused), absent), refused_endpoints=tuple(refused))


def endpoint_objection(endpoint: Endpoint, request: Request, availability: Availability) -> Rejection | None:
    """The first rule by which an endpoint may not write for a market; None where it may."""
    for name, rule in ENDPOINT_RULES.items():
        for place, conditions in request.conditions.items():
            reason = rule(endpoint, conditions, availability)
            if reason is not None:
                told = f"endpoint {endpoint.id}: {_by(place, reason)}"
                return Rejection(model=endpoint.model, rule=name, reason=told)
    return None


def _absence(card: ModelCard, availability: Availability) -> str:
    if availability.in_store(card.id):
        return "it needs code from its repository, and no endpoint runs it"
    return "its weights are not in the model store"


def _by(place: str, reason: str) -> str:
    return reason if place == "default" else f"{reason} (policy for {place})"


def _rank(card: ModelCard, request: Request) -> tuple[int, float, bool, bool, bool, float, float, str]:
    choices = request.first_choices
    listed_at = choices.position(card.id) if choices else 0
    is_open = request.mode is Mode.OPEN
    return (
        0 if is_open else _NEARNESS[request.fit(card)],
        # The list is itself in the order of nearness, which `open` does not ask for.
        0 if is_open else listed_at,
        request.spoken_by(card) != "listed",
        card.commercial_use != "yes",
        not card.verified,
        card.quality.get(request.language, math.inf),
        -card.parameters_b,
        card.id,
    )


def _wanted(verdicts: Sequence[Verdict]) -> str | None:
    """The model that would be chosen if the store had every model that can run from it."""
    able = (item.card.id for item in verdicts if item.is_acceptable and not item.card.needs_remote_code)
    return next(able, None)


def _notice(card: ModelCard, fit: Fit, request: Request) -> str:
    """Says in one plain sentence that the market's own makers do not write here; empty where they do."""
    if fit == "home" or request.mode is Mode.OPEN:
        return ""
    where = f"near {request.home} by the policy" if fit == "near" else f"outside {request.home}"
    return (
        f"{card.id} was made in {card.developer_country}, {where}: no lawful model from there is in the store "
        "or behind an endpoint."
    )


_USE = {
    "yes": "commercial use allowed",
    "conditional": "commercial use under conditions, {reason}",
    "no": "no commercial use, which the policy accepts",
    "unknown": "commercial use unknown, which the policy accepts",
}


def _reasons(verdict: Verdict, fit: Fit, request: Request) -> tuple[str, ...]:
    card, choices = verdict.card, request.first_choices
    where = {
        "home": f"under a jurisdiction of this market ({request.home})",
        "near": f"near {request.home} by the policy",
        "elsewhere": f"outside {request.home}",
    }
    listed = request.spoken_by(card) == "listed"
    told = [f"made in {card.developer_country}, {where[fit]}"]
    tried = [entry.reason for entry in choices.models if entry.model == card.id] if choices else []
    told += [f"among the first to try for {request.locale}: {reason}" for reason in tried]
    claim = "list" if listed else "claim many languages or varieties, and do not list"
    told.append(f"its makers {claim} {request.locale}")
    told.append(f"{card.licence}: {_USE[card.commercial_use].format(reason=card.commercial_reason)}")
    if not card.verified:
        told.append("its facts are not verified: read its sources before you rely on them")
    told += [f"{found.reason}: not used" for found in verdict.refused_endpoints]
    return tuple(told)


def _nobody(
    request: Request, rejected: Sequence[Rejection], wanted: str | None, availability: Availability
) -> NoLawfulModel:
    every = f"Every reason: glocal models choose --locale {request.locale}"
    hint = (
        f"Pull the one that fits best: glocal models pull {wanted}. {every}."
        if wanted
        else f"No model of the catalog meets policy.yaml. {every}."
    )
    listed = [(rejection.model, rejection.rule, rejection.reason) for rejection in rejected]
    return NoLawfulModel(request.locale, listed, told=_told(rejected, availability), hint=hint)


def _told(rejected: Sequence[Rejection], availability: Availability) -> str:
    """What rejected each model: in full for those that could run here, by rule for the rest of the catalog."""
    told: list[str] = []
    others: dict[str, list[str]] = {}
    for item in rejected:
        if availability.in_store(item.model) or availability.endpoints_of(item.model):
            told.append(f"{item.model}: {item.reason}")
        else:
            others.setdefault(REASONS[item.rule], []).append(item.model)
    return "; ".join([*told, *(f"{reason}: {', '.join(models)}" for reason, models in others.items())])
