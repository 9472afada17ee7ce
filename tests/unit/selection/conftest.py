"""Cards, policies and requests that differ in one fact at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.domain.catalog import FirstChoices
from pipeline.domain.endpoint import Endpoint, Provider
from pipeline.domain.model_card import ModelCard
from pipeline.domain.policy import Policy
from pipeline.selection.request import Availability, Request

EVERYWHERE = Availability(in_store=lambda _: True)
"""A store that has every model."""


def card(name: str = "a/model", **facts: Any) -> ModelCard:
    """A lawful card, but for the facts given."""
    return ModelCard.model_validate(
        {
            "id": name,
            "name": name,
            "role": "generator",
            "developer": "Acme",
            "developer_country": "US",
            "jurisdiction": "US",
            "parameters_b": 1,
            "architecture": "acme",
            "auto_class": "AutoModelForCausalLM",
            "languages": ["de", "en"],
            "licence": "Apache-2.0",
            "commercial_use": "yes",
            "commercial_reason": "the licence says so",
            "verified": True,
            "sources": ["https://example.org"],
        }
        | facts
    )


def policy(default: Mapping[str, Any] | None = None, **jurisdictions: Mapping[str, Any]) -> Policy:
    """A policy of a default and of what single jurisdictions ask."""
    return Policy.model_validate({"name": "test", "default": default or {}, "jurisdictions": jurisdictions})


def german(rules: Policy | None = None, choices: list[str] | None = None) -> Request:
    """What the German market asks under a policy, with first choices where given."""
    rules = rules or policy()
    first = (
        FirstChoices.model_validate({"models": [{"model": name, "reason": "tried"} for name in choices]})
        if choices
        else None
    )
    return Request("de-DE", ("DE", "EU"), rules.conditions(("DE", "EU")), rules.version, first)


def endpoint(name: str = "eu", **facts: Any) -> Endpoint:
    """An endpoint that runs `a/model` on the team's own machine in Germany."""
    return Endpoint.model_validate(
        {"id": name, "url": "https://llm.example/v1", "model": "a/model", "provider": "self", "located_in": "DE"}
        | facts
    )


def provider(name: str = "cloud", **facts: Any) -> Provider:
    """An operator in Germany that nobody else can reach."""
    return Provider.model_validate(
        {"id": name, "name": "Cloud GmbH", "country": "DE", "verified": True, "sources": ["https://example.org"]}
        | facts
    )


def behind(
    *endpoints: Endpoint, hosts: tuple[str, ...] = ("llm.example",), providers: tuple[Provider, ...] = ()
) -> Availability:
    """No weights in the store; some endpoints, and the hosts that the region allows."""
    return Availability(
        in_store=lambda _: False,
        region="eu",
        endpoints=endpoints,
        providers={item.id: item for item in providers},
        allowed_hosts=frozenset(hosts),
    )
