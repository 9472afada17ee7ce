"""Which model writes for a locale, where it runs, and why not the others."""

from __future__ import annotations

from typing import Literal

from pydantic import computed_field

from pipeline.domain.endpoint import STORE
from pipeline.domain.policy import Mode
from pipeline.domain.value import LocaleTag, Value, digest_of

Fit = Literal["home", "near", "elsewhere"]
"""Whether a model's makers are under a jurisdiction of the market, under one that the policy calls near, or neither."""


class Rejection(Value):
    """A model that may not write for a locale, and the rule that says so."""

    model: str
    rule: str
    reason: str


class Choice(Value):
    """The model that writes for a locale, the reasons for it, and every rejected candidate.

    `runs_on` is `store` or the id of an endpoint. `passed_over` lists lawful models that ranked lower, each with the
    reason. `fit` other than `home` is a fallback, and `notice` says so in one plain sentence; `wanted` is the model
    that would be chosen if every lawful model of the catalog were in the store, when that is another one.
    `refused_endpoints` lists endpoints of lawful models that may not be used here, whatever runs instead.
    `policy_version` is the policy's digest.
    """

    locale: LocaleTag
    model: str
    runs_on: str = STORE
    fit: Fit = "home"
    mode: Mode = Mode.PREFER
    notice: str = ""
    wanted: str | None = None
    reasons: tuple[str, ...]
    rejected: tuple[Rejection, ...]
    passed_over: tuple[Rejection, ...] = ()
    refused_endpoints: tuple[Rejection, ...] = ()
    policy_version: str = ""

    @property
    def is_fallback(self) -> bool:
        """Whether the model comes from elsewhere because nothing of the market's own is at hand."""
        return self.fit != "home"

    @computed_field  # type: ignore[prop-decorator]
    @property
    def id(self) -> str:
        """Digest (16 hex digits of SHA-256) of the whole choice: the same facts and policy give the same id."""
        return digest_of(self.model_dump(mode="json", exclude={"id"}))[:16]
