"""Facts about one open model: whose weights they are, under which terms, and for which languages.

Where a model runs and who runs it there are other questions: see `endpoint`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from pipeline.domain.jurisdiction import Country
from pipeline.domain.rule import Jurisdiction
from pipeline.domain.value import Line, Value

MANY_LANGUAGES = "mul"
"""The vendor claims many languages without an official list (ISO 639-2 `mul`)."""

MACROLANGUAGES = {"nb": "no", "nn": "no"}
"""The ISO 639-3 macrolanguage under which a model's makers may list a language."""


LanguageTag = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?$")]
"""A language (ISO 639) as its makers list it, with script or region where they name one variety; `mul` for many."""

Spoken = Literal["listed", "claimed", "no"]


class ModelCard(Value):
    """One open model: who made it, under which terms, for which languages, and where the weights are.

    `jurisdiction` is the developer's: an ISO 3166 country, or EU. `parent` owns the developer; `parent_country` is
    given where that is another country than the developer's. `family` is the line of weights it descends
    from, whoever tuned it: with the first model of a line its licence and its maker's favour may go, too.
    `base_licences` are those of the models it was made from, where they bind its users, too.
    `commercial_use` is `unknown` where nobody has read the licence. `quality` is the mean rank on EuroEval by
    language (1 is best; understanding and knowledge, not copy). `package` names the Python package that carries
    the weights, for a machine without a hub. `revision` is the 40-hex commit that was pinned. `verified` is true
    when id, developer, licence, languages and size were read in `sources` or are beyond doubt; `from_memory` names
    the fields that no source gave.
    """

    id: str = Field(pattern=r"^[A-Za-z0-9][\w.-]*/[\w.-]+$")
    name: Line
    role: Literal["generator", "encoder"]
    developer: Line
    parent: str = ""
    parent_country: Jurisdiction | None = None
    developer_country: Country
    jurisdiction: Jurisdiction
    funding: Literal["public", "private", "mixed"] | None = None
    parameters_b: float = Field(gt=0)
    architecture: Line
    family: Line | None = None
    auto_class: str = Field(pattern=r"^AutoModel[A-Za-z]*$")
    min_transformers: str | None = Field(default=None, pattern=r"^\d+(\.\d+)*$")
    languages: tuple[LanguageTag, ...] = Field(min_length=1)
    context_length: int | None = Field(default=None, gt=0)
    licence: Line
    licence_url: str = ""
    base_licences: tuple[Line, ...] = ()
    commercial_use: Literal["yes", "conditional", "no", "unknown"]
    commercial_reason: Line
    chat_template: bool = False
    needs_remote_code: bool = False
    gated: bool | None = None
    training_data: Literal["open", "partial", "closed"] | None = None
    released: str | None = Field(default=None, pattern=r"^\d{4}(-\d{2})?$")
    quality: dict[str, Annotated[float, Field(ge=1)]] = Field(default_factory=dict)
    package: str | None = None
    revision: str | None = Field(default=None, pattern=r"^[0-9a-f]{40}$")
    aliases: tuple[str, ...] = ()
    verified: bool
    from_memory: tuple[str, ...] = ()
    sources: tuple[Line, ...] = Field(min_length=1)
    notes: str = ""

    @property
    def line(self) -> str:
        """The line of weights: `family`, or else the architecture."""
        return self.family or self.architecture

    @property
    def licences(self) -> tuple[str, ...]:
        """Every licence that binds who uses it: its own, and those of what it was made from."""
        return (self.licence, *self.base_licences)

    def speaks(self, tag: str, script: str = "") -> Spoken:
        """What the model's makers say of the language of a BCP 47 tag, whose script may be given apart.

        `listed` by its own name, or that of its macrolanguage; `claimed` when they claim many languages, or list
        another variety of it (Brazilian Portuguese is not that of Portugal); else `no`.
        """
        language, *own = tag.split("-")
        known = {language, MACROLANGUAGES.get(language, language)}
        varieties = [entry.split("-")[1:] for entry in self.languages if entry.split("-")[0] in known]
        if any(set(variety) <= {*own, script} for variety in varieties):
            return "listed"
        return "claimed" if varieties or MANY_LANGUAGES in self.languages else "no"
