"""Whose models there are, who may use them, and where they run: the three files that model choice reads."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated

from babel.core import get_global
from pydantic import AfterValidator

from pipeline.domain.catalog import CatalogFile, FirstChoices
from pipeline.domain.endpoint import OWN_MACHINES, Endpoint, EndpointFile, Provider
from pipeline.domain.jurisdiction import EUROPEAN_UNION
from pipeline.domain.model_card import ModelCard
from pipeline.domain.policy import Conditions, Policy
from pipeline.errors import DataError
from pipeline.resources.document import Document, listed_once, read_document

CATALOG_FILE = "models.yaml"
POLICY_FILE = "policy.yaml"
ENDPOINTS_FILE = "endpoints.yaml"

PLACES = frozenset(name for name in get_global("territory_languages") if name.isalpha()) | {EUROPEAN_UNION}
"""Countries and territories (ISO 3166, as Unicode's CLDR has them), and the European Union."""


class _ModelFile(CatalogFile):
    models: Annotated[tuple[ModelCard, ...], AfterValidator(listed_once)] = ()


@dataclass(frozen=True)
class ModelShelf:
    """Cards, first choices, policy and endpoints; those of the first root stand before those of the others."""

    roots: tuple[Path, ...]

    @cached_property
    def model_cards(self) -> tuple[ModelCard, ...]:
        """Every model card, by id; a workspace's card stands before the shipped card of that id."""
        cards = {card.id: card for file in self._catalog_files for card in file.models}
        return tuple(cards[name] for name in sorted(cards))

    def model_card(self, model_id: str) -> ModelCard | None:
        """The card of a model by its id or by a name that it had before, or None."""
        name = self._aliases.get(model_id, model_id)
        return next((card for card in self.model_cards if card.id == name), None)

    @cached_property
    def _aliases(self) -> dict[str, str]:
        """Ids of cards by names that they had before; a name that is a card's own now is none of them."""
        ids = {card.id for card in self.model_cards}
        return {alias: card.id for card in self.model_cards for alias in card.aliases if alias not in ids}

    @cached_property
    def first_choices(self) -> dict[str, FirstChoices]:
        """The models worth trying first, by locale; a workspace's list stands before the shipped one."""
        found: dict[str, FirstChoices] = {}
        for path in reversed(list(self._all(CATALOG_FILE))):
            document = read_document(path)
            for tag, choices in document.parse(_ModelFile).first_choices.items():
                named = [
                    entry.model_copy(update={"model": self._writer(document, entry.model, *place)})
                    for number, entry in enumerate(choices.models)
                    for place in (("first_choices", tag, "models", number, "model"),)
                ]
                found[tag] = choices.model_copy(update={"models": tuple(named)})
        return found

    def _writer(self, document: Document, model_id: str, *location: str | int) -> str:
        """The id of a generator that a file names, by its id or by a name that it had before."""
        card = self.model_card(model_id)
        if card is None or card.role != "generator":
            raise document.error(f"the catalog has no model {model_id!r} that writes", *location, kind=DataError)
        return card.id

    @cached_property
    def policy(self) -> Policy:
        """Which models each jurisdiction lets write: the workspace's policy, else the shipped one."""
        path = next(self._all(POLICY_FILE), None)
        if path is None:
            return Policy(name="none")
        document = read_document(path)
        policy = document.parse(Policy)
        for location, name, known, what in self._names_in(policy):
            if name.casefold() not in {each.casefold() for each in known}:
                raise document.error(f"{what} {name!r}, so this would forbid nothing", *location)
        return policy

    def _names_in(self, policy: Policy) -> Iterator[tuple[tuple[str | int, ...], str, Collection[str], str]]:
        """Every name that a policy gives: where it stands, the name, those there are, and what is wrong otherwise.

        A prohibition with a slip of the pen in it would be none.
        """
        makers = {name for card in self.model_cards for name in (card.developer, card.parent)}
        licences = {name for card in self.model_cards for name in card.licences}
        operators = {provider.id for provider in self.endpoint_file.providers}
        for place, at in self._conditions_in(policy):
            base = ("default",) if place is None else ("jurisdictions", place)
            if place is not None:
                yield base, place.split("-")[0], PLACES, "there is no jurisdiction"
            for field, names, known, what in (
                (("near",), at.near, PLACES, "there is no jurisdiction"),
                (("developer", "allowed_in"), at.developer.allowed_in, PLACES, "there is no jurisdiction"),
                (("developer", "denied_in"), at.developer.denied_in, PLACES, "there is no jurisdiction"),
                (("developer", "denied"), at.developer.denied, makers, "no card names the maker"),
                (("licence", "denied"), at.licence.denied, licences, "no card names the licence"),
                (("hosting", "located_in"), at.hosting.located_in, PLACES, "there is no jurisdiction"),
                (("hosting", "denied_reach"), at.hosting.denied_reach, PLACES, "there is no jurisdiction"),
                (("hosting", "denied_operators"), at.hosting.denied_operators, operators, "there is no provider"),
            ):
                for number, name in enumerate(names):
                    yield (*base, *field, number), name.split("-")[0] if known is PLACES else name, known, what

    @staticmethod
    def _conditions_in(policy: Policy) -> Iterator[tuple[str | None, Conditions]]:
        yield None, policy.default
        yield from policy.jurisdictions.items()

    @cached_property
    def endpoint_file(self) -> EndpointFile:
        """Providers and endpoints, the workspace's over the shipped ones; every endpoint's names are known."""
        providers: dict[str, Provider] = {}
        endpoints: dict[str, Endpoint] = {}
        allowed_hosts: dict[str, tuple[str, ...]] = {}
        for path in reversed(list(self._all(ENDPOINTS_FILE))):
            document = read_document(path)
            file = document.parse(EndpointFile)
            providers.update({provider.id: provider for provider in file.providers})
            endpoints.update({endpoint.id: endpoint for endpoint in file.endpoints})
            allowed_hosts.update(file.allowed_hosts)
            for number, endpoint in enumerate(file.endpoints):
                self._require_known(document, number, endpoint, providers)
        named = {card.id: card.id for card in self.model_cards} | self._aliases
        by_id = (each.model_copy(update={"model": named[each.model]}) for each in endpoints.values())
        return EndpointFile(providers=tuple(providers.values()), endpoints=tuple(by_id), allowed_hosts=allowed_hosts)

    def _require_known(
        self, document: Document, number: int, endpoint: Endpoint, providers: Mapping[str, Provider]
    ) -> None:
        if endpoint.provider != OWN_MACHINES and endpoint.provider not in providers:
            known = ", ".join([OWN_MACHINES, *sorted(providers)])
            message = f"there is no provider {endpoint.provider!r} (known: {known})"
            raise document.error(message, "endpoints", number, "provider", kind=DataError)
        self._writer(document, endpoint.model, "endpoints", number, "model")

    @cached_property
    def _catalog_files(self) -> tuple[CatalogFile, ...]:
        """Every models.yaml, the shipped one first."""
        return tuple(read_document(path).parse(_ModelFile) for path in reversed(list(self._all(CATALOG_FILE))))

    def _all(self, name: str) -> Iterator[Path]:
        return (root / name for root in self.roots if (root / name).is_file())
