"""Which model writes for a locale, and why not the others."""

from __future__ import annotations

from pipeline.domain.value import LocaleTag, Value


class Rejection(Value):
    """A model that may not write for a locale, and the rule that says so."""

    model: str
    rule: str
    reason: str


class Choice(Value):
    """The model that writes for a locale, the reasons for it, and every rejected candidate.

    `passed_over` lists lawful models that ranked lower, each with the reason.
    """

    locale: LocaleTag
    model: str
    reasons: tuple[str, ...]
    rejected: tuple[Rejection, ...]
    passed_over: tuple[Rejection, ...] = ()
