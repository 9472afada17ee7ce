"""The rules of model choice, each small enough to be read aloud: one fact, one condition, one reason.

A rule gives the reason why a model may not write here, or why an endpoint may not run it, or None. Those about the
model look at its card alone; those about an endpoint at where it stands and who runs it.
"""

from __future__ import annotations

from collections.abc import Callable

from pipeline.domain.endpoint import OWN_MACHINES, Endpoint
from pipeline.domain.jurisdiction import lies_in
from pipeline.domain.model_card import ModelCard
from pipeline.domain.policy import Conditions, Mode
from pipeline.selection.request import Availability, Request

ModelRule = Callable[[ModelCard, Conditions, Request], str | None]
EndpointRule = Callable[[Endpoint, Conditions, Availability], str | None]


def rule_licence(card: ModelCard, conditions: Conditions, _: Request) -> str | None:
    """The licence must be one whose terms of commercial use are accepted."""
    denied = {name.casefold() for name in conditions.licence.denied}
    if bound := next((name for name in card.licences if name.casefold() in denied), None):
        return f"the policy denies the licence {bound}"
    if card.commercial_use in conditions.licence.commercial_use:
        return None
    if card.commercial_use == "unknown":
        return f"nobody has read whether its licence allows commercial use ({card.commercial_reason})"
    verb = {"no": "does not allow", "conditional": "only conditionally allows", "yes": "allows"}[card.commercial_use]
    return f"{card.licence} {verb} commercial use ({card.commercial_reason})"


def rule_developer(card: ModelCard, conditions: Conditions, _: Request) -> str | None:
    """Its makers must be accepted, by name and by where they are; so must who owns them."""
    terms, makers = conditions.developer, {card.developer_country, card.jurisdiction}
    denied = {name.casefold() for name in terms.denied}
    if {card.developer.casefold(), card.parent.casefold()} & denied:
        return f"the policy denies models of {card.developer}"
    places = makers | ({card.parent_country} if card.parent_country else set())
    if found := sorted(place for place in places if lies_in(place, terms.denied_in)):
        return f"the policy denies models made in {', '.join(found)} or by companies from there"
    if terms.allowed_in and not any(lies_in(place, terms.allowed_in) for place in makers):
        return f"the policy accepts models made in {', '.join(terms.allowed_in)}, not in {card.developer_country}"
    if terms.allowed_in and card.parent_country and not lies_in(card.parent_country, terms.allowed_in):
        return f"its makers belong to {card.parent} ({card.parent_country}), outside {', '.join(terms.allowed_in)}"
    return None


def rule_jurisdiction(card: ModelCard, conditions: Conditions, request: Request) -> str | None:
    """Where the mode is strict, its makers must be under a jurisdiction of the market."""
    if conditions.mode is not Mode.STRICT or request.fit(card) == "home":
        return None
    return f"the policy is strict here, and it was made in {card.developer_country}, outside {request.home}"


def rule_language(card: ModelCard, conditions: Conditions, request: Request) -> str | None:
    """It must be made for the language, or at least claim it where that is enough."""
    spoken = request.spoken_by(card)
    if spoken == "no":
        return f"its makers do not name {request.language} among its languages"
    if spoken == "claimed" and conditions.language == "listed":
        return f"its makers do not list {request.locale}, and the policy asks for that"
    return None


def rule_size(card: ModelCard, conditions: Conditions, _: Request) -> str | None:
    """It must be neither smaller nor larger than the policy says."""
    least, most = conditions.size.at_least, conditions.size.at_most
    if card.parameters_b < least:
        return f"with {card.parameters_b:g} billion parameters it is below the {least:g} that the policy asks for"
    if most is not None and card.parameters_b > most:
        return f"with {card.parameters_b:g} billion parameters it is above the {most:g} that the policy allows"
    return None


def rule_gated(card: ModelCard, conditions: Conditions, _: Request) -> str | None:
    """It must be free to download where the policy asks for that; where it is not known, it is not free."""
    if conditions.gated or card.gated is False:
        return None
    return "the hub gives it only on request" if card.gated else "whether the hub gives it freely is not known"


def rule_verified(card: ModelCard, conditions: Conditions, _: Request) -> str | None:
    """Its facts must have been checked against their sources where the policy asks for that."""
    return "nobody has checked its facts against their sources" if conditions.verified and not card.verified else None


def rule_remote_code(card: ModelCard, conditions: Conditions, _: Request) -> str | None:
    """A model with code of its own is never run, but for an endpoint where the policy lets one do it."""
    if not card.needs_remote_code or conditions.remote_code == "endpoint":
        return None
    return "it needs code from its repository"


MODEL_RULES: dict[str, ModelRule] = {
    "licence": rule_licence,
    "developer": rule_developer,
    "jurisdiction": rule_jurisdiction,
    "remote-code": rule_remote_code,
    "language": rule_language,
    "size": rule_size,
    "gated": rule_gated,
    "verified": rule_verified,
}
"""In the order in which they are asked: the first that rejects a model is the one on record."""


def rule_region(endpoint: Endpoint, _: Conditions, availability: Availability) -> str | None:
    """Content of a region goes to the hosts that are allowed for it, and to no other."""
    if endpoint.host in availability.allowed_hosts:
        return None
    return f"{endpoint.host} is not among the hosts allowed for the region {availability.region}"


def rule_location(endpoint: Endpoint, conditions: Conditions, _: Availability) -> str | None:
    """Its machines must stand where the policy says."""
    allowed = conditions.hosting.located_in
    if not allowed or lies_in(endpoint.located_in, allowed):
        return None
    return f"it stands in {endpoint.located_in}, and the policy asks for {', '.join(allowed)}"


def rule_operator(endpoint: Endpoint, conditions: Conditions, availability: Availability) -> str | None:
    """Its operator must be accepted, and out of reach of the authorities that the policy names.

    An operator of which nothing is known may be within anybody's reach.
    """
    if endpoint.provider == OWN_MACHINES:
        return None
    terms, provider = conditions.hosting, availability.providers.get(endpoint.provider)
    if endpoint.provider in {name.casefold() for name in terms.denied_operators}:
        return f"the policy denies the operator {endpoint.provider}"
    if provider is None:
        return f"nothing is known of its operator {endpoint.provider}"
    if reached := sorted(place for place in provider.reach if lies_in(place, terms.denied_reach)):
        return f"authorities of {', '.join(reached)} could ask {provider.name} for what it processes"
    if terms.verified_operator and not provider.verified:
        return f"nobody has checked the facts about {provider.name}"
    return None


ENDPOINT_RULES: dict[str, EndpointRule] = {
    "region": rule_region,
    "location": rule_location,
    "operator": rule_operator,
}
"""In the order in which they are asked."""
