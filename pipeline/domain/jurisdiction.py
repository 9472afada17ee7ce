"""Places under a law of their own, and which of them lie in others."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

EUROPEAN_UNION = "EU"


def _no_union(code: str) -> str:
    if code == EUROPEAN_UNION:
        raise ValueError("the European Union is no country: name the member state")
    return code


Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$"), AfterValidator(_no_union)]
"""A country (ISO 3166)."""

MEMBERS = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()  # noqa: SIM905 (a table)
)
"""Member states of the European Union (ISO 3166; Treaty on European Union, article 52, less the United Kingdom)."""


def lies_in(country: str, places: Collection[str]) -> bool:
    """Whether a country is one of some places, or lies in one of them."""
    return country in places or (country in MEMBERS and EUROPEAN_UNION in places)
