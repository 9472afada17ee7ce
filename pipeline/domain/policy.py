"""Which models a jurisdiction lets write: data that a person can read, and that a chooser obeys."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from functools import cached_property
from typing import Literal

from pydantic import Field

from pipeline.domain.rule import Jurisdiction
from pipeline.domain.value import Line, Value, digest_of

CommercialUse = Literal["yes", "conditional", "no", "unknown"]


class Mode(StrEnum):
    """What where a model was made means for the choice, from the loosest to the strictest.

    `open`: nothing, only how well it fits. `prefer`: the nearest lawful model at hand, and a word about it when it
    comes from elsewhere. `strict`: no model from elsewhere; rather none.
    """

    OPEN = "open"
    PREFER = "prefer"
    STRICT = "strict"


class LicenceTerms(Value):
    """Terms of use that are accepted; `denied` names licences that are not, whatever they allow."""

    commercial_use: tuple[CommercialUse, ...] = ("yes", "conditional")
    denied: tuple[Line, ...] = ()


class DeveloperTerms(Value):
    """Whose models are accepted: makers under any of `allowed_in` (all where it is empty) and none that is denied."""

    allowed_in: tuple[Jurisdiction, ...] = ()
    denied_in: tuple[Jurisdiction, ...] = ()
    denied: tuple[Line, ...] = ()


class SizeTerms(Value):
    """Smallest and largest model, in billions of parameters."""

    at_least: float = Field(default=0, ge=0)
    at_most: float | None = Field(default=None, gt=0)


class HostingTerms(Value):
    """Where and by whom a model may be run; this machine's own process is always the team's own.

    `located_in` names the countries that machines may stand in (all where it is empty), `denied_reach` the
    jurisdictions whose authorities must not be able to ask the operator for content.
    """

    located_in: tuple[Jurisdiction, ...] = ()
    denied_reach: tuple[Jurisdiction, ...] = ()
    denied_operators: tuple[Line, ...] = ()
    verified_operator: bool = False


class Conditions(Value):
    """What one jurisdiction asks of a model and of where it runs.

    `near` names the jurisdictions whose models come before those from anywhere else. `language`: `listed` asks that
    the makers list it, `claimed` is content when they claim many. `remote_code`: a model with code of its own never
    runs in this process; `endpoint` lets an endpoint run it.
    """

    mode: Mode = Mode.PREFER
    near: tuple[Jurisdiction, ...] = ()
    licence: LicenceTerms = LicenceTerms()
    developer: DeveloperTerms = DeveloperTerms()
    language: Literal["listed", "claimed"] = "claimed"
    size: SizeTerms = SizeTerms()
    gated: bool = True
    verified: bool = False
    remote_code: Literal["never", "endpoint"] = "never"
    hosting: HostingTerms = HostingTerms()

    def over(self, base: Conditions) -> Conditions:
        """These conditions with everything that they leave unsaid taken from `base`."""
        said: dict[str, object] = {}
        for name in self.model_fields_set:
            own, below = getattr(self, name), getattr(base, name)
            nested = isinstance(own, Value)
            said[name] = (
                below.model_copy(update={part: getattr(own, part) for part in own.model_fields_set}) if nested else own
            )
        return base.model_copy(update=said)


class Policy(Value):
    """Conditions by jurisdiction over a default that holds where none is named.

    A market sits under several jurisdictions at once: a model must meet the conditions of each that is named here,
    and the strictest mode of them holds.
    """

    name: Line
    default: Conditions = Conditions()
    jurisdictions: dict[Jurisdiction, Conditions] = Field(default_factory=dict)

    @cached_property
    def version(self) -> str:
        """SHA-256 (hex) over the whole policy: any change is another version."""
        return digest_of(self)

    def conditions(self, jurisdictions: Iterable[str]) -> dict[str, Conditions]:
        """The conditions that hold for a market, by the jurisdiction that sets them, else by `default`."""
        named = [place for place in dict.fromkeys(jurisdictions) if place in self.jurisdictions]
        if not named:
            return {"default": self.default}
        return {place: self.jurisdictions[place].over(self.default) for place in named}
