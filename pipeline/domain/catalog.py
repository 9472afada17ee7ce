"""All model cards, and which of them a person would try first in each market."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from pipeline.domain.model_card import ModelCard
from pipeline.domain.value import Line, LocaleTag, Value


class FirstChoice(Value):
    """One model worth trying for a locale, and why."""

    model: Line
    reason: Line


class FirstChoices(Value):
    """The models worth trying for a locale, best first: judgement, weighed only among models that fit equally."""

    models: tuple[FirstChoice, ...] = Field(min_length=1)
    caution: str = ""

    def position(self, model_id: str) -> int:
        """Where a model stands in the list, from 0; one that is not listed comes after all that are."""
        return next((at for at, choice in enumerate(self.models) if choice.model == model_id), len(self.models))


class CatalogFile(Value):
    """What a `models.yaml` holds."""

    models: tuple[ModelCard, ...] = ()
    first_choices: Mapping[LocaleTag, FirstChoices] = Field(default_factory=dict)
