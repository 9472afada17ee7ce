"""Facts about one open model, and how it comes to this machine."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.domain.value import Line, Value

MANY_LANGUAGES = "mul"
"""The vendor claims many languages without an official list (ISO 639-2 `mul`)."""


class ModelCard(Value):
    """One open model: who made it, under which terms, for which languages, and where the weights are.

    `jurisdiction` is the developer's (ISO 3166 country, or EU). `package` names the Python package that
    carries the weights, for a machine without a hub. `verified` is true when the facts were read in `sources`.
    """

    id: str = Field(pattern=r"^[A-Za-z0-9][\w.-]*/[\w.-]+$")
    name: Line
    role: Literal["generator", "encoder"]
    developer: Line
    developer_country: str = Field(pattern=r"^[A-Z]{2}$")
    jurisdiction: str = Field(pattern=r"^[A-Z]{2}$")
    parameters_b: float = Field(gt=0)
    architecture: Line
    auto_class: Line
    languages: tuple[str, ...] = Field(min_length=1)
    context_length: int = Field(gt=0)
    licence: Line
    licence_url: str = ""
    commercial_use: Literal["yes", "conditional", "no"]
    commercial_reason: Line
    chat_template: bool = False
    needs_remote_code: bool = False
    gated: bool | None = None
    package: str | None = None
    revision: str | None = Field(default=None, pattern=r"^[0-9a-f]{40}$")
    verified: bool
    sources: tuple[Line, ...] = Field(min_length=1)
    notes: str = ""

    def speaks(self, language: str) -> Literal["listed", "claimed", "no"]:
        """Whether the model's makers list an ISO 639 language, only claim many, or do not name it."""
        if language in self.languages:
            return "listed"
        return "claimed" if MANY_LANGUAGES in self.languages else "no"
