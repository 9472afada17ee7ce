"""What a market asks of a model, and where models can run right now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Self

from pipeline.domain.catalog import FirstChoices
from pipeline.domain.choice import Choice, Fit
from pipeline.domain.endpoint import STORE, Endpoint, EndpointFile, Provider, canonical_host
from pipeline.domain.locale_pack import LocalePack
from pipeline.domain.model_card import ModelCard, Spoken
from pipeline.domain.policy import Conditions, Mode, Policy

_STRICTEST_FIRST = (Mode.STRICT, Mode.PREFER, Mode.OPEN)


@dataclass(frozen=True)
class Request:
    """One locale, the jurisdictions its market is under, and what the policy asks for them.

    `conditions` are keyed by the jurisdiction that sets them, or `default`.
    """

    locale: str
    jurisdictions: tuple[str, ...]
    conditions: Mapping[str, Conditions]
    policy_version: str
    first_choices: FirstChoices | None = None
    script: str = ""

    @classmethod
    def of_market(cls, pack: LocalePack, policy: Policy, first_choices: FirstChoices | None = None) -> Self:
        """What the market of a locale pack asks under a policy."""
        jurisdictions = tuple(dict.fromkeys((pack.market, *pack.jurisdictions)))
        return cls(
            pack.tag, jurisdictions, policy.conditions(jurisdictions), policy.version, first_choices, pack.script
        )

    @classmethod
    def of_locale(cls, locale: str, policy: Policy) -> Self:
        """What a locale without a pack asks: its region is all that is known of its law."""
        jurisdictions = tuple(part for part in locale.split("-")[1:] if len(part) == len("DE"))
        return cls(locale, jurisdictions, policy.conditions(jurisdictions), policy.version)

    @property
    def language(self) -> str:
        """The language subtag of the locale (ISO 639)."""
        return self.locale.split("-")[0]

    @property
    def mode(self) -> Mode:
        """The strictest mode that any jurisdiction of the market asks for."""
        modes = {conditions.mode for conditions in self.conditions.values()}
        return next(mode for mode in _STRICTEST_FIRST if mode in modes)

    @property
    def home(self) -> str:
        """The market's jurisdictions in words."""
        return ", ".join(self.jurisdictions)

    def spoken_by(self, card: ModelCard) -> Spoken:
        """What a model's makers say of the locale's language, in its variety."""
        return card.speaks(self.locale, self.script)

    def fit(self, card: ModelCard) -> Fit:
        """How near to the market a model was made."""
        makers = {card.developer_country, card.jurisdiction}
        if makers & set(self.jurisdictions):
            return "home"
        near = {place for conditions in self.conditions.values() for place in conditions.near}
        return "near" if makers & near else "elsewhere"


@dataclass(frozen=True)
class Availability:
    """Where models can run for one region: weights in the store, and endpoints that its content may be sent to."""

    in_store: Callable[[str], bool]
    region: str = "local"
    endpoints: tuple[Endpoint, ...] = ()
    providers: Mapping[str, Provider] = field(default_factory=dict)
    allowed_hosts: frozenset[str] = frozenset()

    @classmethod
    def of_region(cls, region: str, in_store: Callable[[str], bool], file: EndpointFile) -> Self:
        """The store, and the endpoints of a file as one region sees them."""
        return cls(
            in_store=in_store,
            region=region,
            endpoints=file.endpoints,
            providers={provider.id: provider for provider in file.providers},
            allowed_hosts=frozenset(canonical_host(host) for host in file.allowed_hosts.get(region, ())),
        )

    def endpoint(self, choice: Choice) -> Endpoint | None:
        """The endpoint that a choice runs on, None where it runs in this process."""
        if choice.runs_on == STORE:
            return None
        return next(found for found in self.endpoints_of(choice.model) if found.id == choice.runs_on)

    def endpoints_of(self, model_id: str) -> tuple[Endpoint, ...]:
        """The endpoints that run a model, in the order of the file, whether this region may use them or not."""
        return tuple(endpoint for endpoint in self.endpoints if endpoint.model == model_id)
