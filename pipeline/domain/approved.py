"""Text that a human approved: the only thing that may leave."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from pipeline.domain.assessment import Assessment
from pipeline.domain.decision import Decision
from pipeline.domain.provenance import Provenance
from pipeline.domain.value import LocaleTag, Value, text_digest


class ApprovedText(Value):
    """One approved text and the decision bound to exactly it; `version` is the draft's, for sending it back."""

    draft_id: str
    version: int
    segment: str
    locale: LocaleTag
    channel: str
    source: str
    text: str
    decision: Decision
    assessment: Assessment
    provenance: Provenance

    @model_validator(mode="after")
    def _decision_is_about_this_text(self) -> Self:
        if self.decision.text_sha256 != text_digest(self.text):
            raise ValueError("the decision is about another text")
        return self
