"""What the record hands out: frozen values that stay true when the connection is gone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from pipeline.domain.assessment import Assessment
from pipeline.domain.brand import Brand
from pipeline.domain.brief import Brief
from pipeline.domain.candidate import Candidate
from pipeline.domain.decision import Decision
from pipeline.domain.draft import DraftStatus
from pipeline.domain.provenance import Provenance
from pipeline.domain.value import Value, text_digest


def as_json(value: Value) -> Mapping[str, Any]:
    """A value as it is stored: fields only, so that `model_validate` takes it back."""
    return value.model_dump(mode="json", round_trip=True)


class UnitState(StrEnum):
    """Where the machine's work on a unit stands."""

    QUEUED = "queued"
    DRAFTING = "drafting"
    DRAFTED = "drafted"
    FAILED = "failed"


@dataclass(frozen=True)
class StoredCampaign:
    """A brief and its brand, as they were when the campaign was added."""

    id: str
    region: str
    brief: Brief
    brand: Brand
    created_at: datetime


@dataclass(frozen=True)
class UnitRow:
    """One unit; `campaign_id` is the campaign that planned it first, `draft_id` is set once it is drafted."""

    id: str
    campaign_id: str
    segment_id: str
    locale: str
    model_id: str
    fingerprint: str
    state: UnitState
    attempt: int
    draft_id: str | None
    error_code: str | None
    error_message: str | None
    error_hint: str | None


@dataclass(frozen=True)
class Claim:
    """The right to work on a unit. Owner and attempt together fence off whoever held it before."""

    unit_id: str
    owner: str
    attempt: int
    fingerprint: str


@dataclass(frozen=True)
class NewRevision:
    """A text that an edit brings, with the assessment of exactly that text."""

    text: str
    author: str
    assessment: Assessment

    @property
    def text_sha256(self) -> str:
        """The digest that a decision on this text is bound to."""
        return text_digest(self.text)


@dataclass(frozen=True)
class StoredRevision:
    """A text that a draft has or had; `author` is `model:<id>` or a reviewer."""

    number: int
    text: str
    text_sha256: str
    author: str
    assessment: Assessment
    created_at: datetime


@dataclass(frozen=True)
class StoredDecision:
    """A decision, the revision it was about, and the draft's version that the reviewer saw."""

    id: str
    version: int
    revision: int
    decision: Decision


@dataclass(frozen=True)
class ScoredText:
    """The current text of a draft of one brand, who wrote the draft, and what the text's brand score was then."""

    draft_id: str
    unit: str
    locale: str
    model_id: str
    status: DraftStatus
    text: str
    brand_score: float | None
    created_at: datetime


@dataclass(frozen=True)
class QueueEntry:
    """One line of the review queue; `campaign` is the brief's id, text and assessment are the current ones."""

    draft_id: str
    campaign_id: str
    campaign: str
    region: str
    segment_id: str
    locale: str
    channel: str
    source: str
    text: str
    assessment: Assessment
    status: DraftStatus
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class DraftSheet:
    """All there is to know about one draft; revisions and decisions are oldest first, candidates best first."""

    id: str
    unit_id: str
    campaign: StoredCampaign
    segment_id: str
    locale: str
    channel: str
    source: str
    status: DraftStatus
    version: int
    provenance: Provenance
    revision: StoredRevision
    revisions: tuple[StoredRevision, ...]
    candidates: tuple[Candidate, ...]
    decisions: tuple[StoredDecision, ...]
    created_at: datetime
    updated_at: datetime

    @property
    def text(self) -> str:
        """The current text."""
        return self.revision.text

    @property
    def assessment(self) -> Assessment:
        """The assessment of the current text."""
        return self.revision.assessment

    @property
    def brief(self) -> Brief:
        """The brief that the draft was made from."""
        return self.campaign.brief

    @property
    def brand(self) -> Brand:
        """The brand that the draft was made for."""
        return self.campaign.brand


@dataclass(frozen=True)
class MemoryMatch:
    """Approved copy of the same brand and locale; `exact` when its source is the one asked for."""

    source: str
    target: str
    channel: str
    exact: bool
    decision_id: str
    created_at: datetime
