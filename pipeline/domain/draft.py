"""A unit of work, the draft that comes of it, and the life of that draft."""

from __future__ import annotations

from enum import StrEnum

from pipeline.domain.assessment import Assessment
from pipeline.domain.brand import Brand
from pipeline.domain.brief import Brief, Segment
from pipeline.domain.candidate import Candidate
from pipeline.domain.channel import Channel
from pipeline.domain.provenance import Provenance
from pipeline.domain.value import LocaleTag, Value


class DraftStatus(StrEnum):
    """Where a draft stands. `TRANSITIONS` says what may follow."""

    DRAFTED = "drafted"
    IN_REVIEW = "in_review"
    CHANGES_REQUESTED = "changes_requested"
    APPROVED = "approved"
    REJECTED = "rejected"
    PUBLISHED = "published"
    RETRACTED = "retracted"


TRANSITIONS: dict[DraftStatus, frozenset[DraftStatus]] = {
    DraftStatus.DRAFTED: frozenset({DraftStatus.IN_REVIEW}),
    DraftStatus.IN_REVIEW: frozenset({DraftStatus.APPROVED, DraftStatus.CHANGES_REQUESTED, DraftStatus.REJECTED}),
    DraftStatus.CHANGES_REQUESTED: frozenset({DraftStatus.APPROVED, DraftStatus.IN_REVIEW, DraftStatus.REJECTED}),
    DraftStatus.APPROVED: frozenset({DraftStatus.IN_REVIEW, DraftStatus.PUBLISHED}),
    DraftStatus.REJECTED: frozenset({DraftStatus.IN_REVIEW}),
    DraftStatus.PUBLISHED: frozenset({DraftStatus.RETRACTED}),
    DraftStatus.RETRACTED: frozenset({DraftStatus.IN_REVIEW}),
}


class Unit(Value):
    """One segment for one locale: the smallest thing drafted. It carries all that drafting it needs."""

    brief: Brief
    brand: Brand
    segment: Segment
    channel: Channel
    locale: LocaleTag

    @property
    def name(self) -> str:
        """`segment/locale`, the unit's name within its campaign."""
        return f"{self.segment.id}/{self.locale}"


class Draft(Value):
    """The best candidate of a unit with its assessment, all other candidates, and where it came from."""

    unit: Unit
    text: str
    assessment: Assessment
    candidates: tuple[Candidate, ...]
    provenance: Provenance
