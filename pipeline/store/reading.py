"""What reviewers and exports read: the queue, one draft's sheet, the memory, and what is approved."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select

from pipeline.domain.approved import ApprovedText
from pipeline.domain.assessment import Assessment
from pipeline.domain.candidate import Candidate
from pipeline.domain.decision import Decision, DecisionKind
from pipeline.domain.draft import DraftStatus
from pipeline.domain.provenance import Provenance
from pipeline.domain.value import text_digest
from pipeline.errors import StoreError, UnknownDraft
from pipeline.store.planning import campaign_from
from pipeline.store.rows import DraftSheet, MemoryMatch, QueueEntry, ScoredText, StoredDecision, StoredRevision
from pipeline.store.tables import campaign, candidate, decision, draft, memory, plan, revision, unit

_CURRENT = and_(revision.c.draft_id == draft.c.id, revision.c.number == draft.c.current_revision)
_TEXT = (revision.c.text, revision.c.text_sha256, revision.c.author, revision.c.assessment)


def _drafts(*more: ColumnElement[Any]) -> Select[Any]:
    """Drafts with their current text and the slug of the campaign they were made for."""
    columns = select(draft, campaign.c.slug, *_TEXT).add_columns(*more)
    return columns.join(revision, _CURRENT).join(campaign, campaign.c.id == draft.c.campaign_id)


def read_queue(
    connection: Connection,
    region: str | None,
    locale: str | None,
    status: DraftStatus | None,
    in_campaign: str | None,
    window: tuple[int, int],
) -> list[QueueEntry]:
    """Drafts that match every filter that is not None, oldest first; `window` is limit and offset."""
    wanted: list[ColumnElement[bool]] = [
        column == value
        for column, value in ((draft.c.region, region), (draft.c.locale, locale), (draft.c.status, status))
        if value is not None
    ]
    if in_campaign is not None:
        wanted.append(_planned_by(in_campaign))
    limit, offset = window
    found = _drafts().where(*wanted).order_by(draft.c.created_at, draft.c.id).limit(limit).offset(offset)
    return [_entry(row) for row in connection.execute(found)]


def _planned_by(in_campaign: str) -> ColumnElement[bool]:
    named = or_(campaign.c.id == in_campaign, campaign.c.slug == in_campaign)
    units = select(plan.c.unit_id).join(campaign, campaign.c.id == plan.c.campaign_id).where(named)
    return draft.c.unit_id.in_(units.correlate(None))


def _entry(row: Row[Any]) -> QueueEntry:
    return QueueEntry(
        draft_id=row.id,
        campaign_id=row.campaign_id,
        campaign=row.slug,
        region=row.region,
        segment_id=row.segment_id,
        locale=row.locale,
        channel=row.channel,
        source=row.source,
        text=row.text,
        assessment=Assessment.model_validate(row.assessment),
        status=DraftStatus(row.status),
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def read_scored(connection: Connection, region: str, brand_id: str) -> list[ScoredText]:
    """All drafts of a brand, oldest first, each with its current text and the score that was stored with it."""
    found = (
        _drafts(unit.c.model_id)
        .join(unit, unit.c.id == draft.c.unit_id)
        .where(draft.c.region == region, campaign.c.brand_id == brand_id)
        .order_by(draft.c.created_at, draft.c.id)
    )
    return [
        ScoredText(
            draft_id=row.id,
            unit=f"{row.segment_id}/{row.locale}",
            locale=row.locale,
            model_id=row.model_id,
            status=DraftStatus(row.status),
            text=row.text,
            brand_score=Assessment.model_validate(row.assessment).score("brand"),
            created_at=row.created_at,
        )
        for row in connection.execute(found)
    ]


def count_drafts(
    connection: Connection, region: str | None, in_campaign: str | None = None
) -> dict[tuple[str, DraftStatus], int]:
    """How many drafts there are, by locale and status."""
    counted = select(draft.c.locale, draft.c.status, func.count()).group_by(draft.c.locale, draft.c.status)
    if region is not None:
        counted = counted.where(draft.c.region == region)
    if in_campaign is not None:
        counted = counted.where(_planned_by(in_campaign))
    return {(locale, DraftStatus(status)): count for locale, status, count in connection.execute(counted)}


def read_sheet(connection: Connection, draft_id: str) -> DraftSheet:
    """Everything about one draft; UnknownDraft when there is none."""
    row = connection.execute(select(draft).where(draft.c.id == draft_id)).one_or_none()
    if row is None:
        raise UnknownDraft(f"no draft has the id {draft_id!r}")
    made_for = connection.execute(select(campaign).where(campaign.c.id == row.campaign_id)).one()
    revisions = _revisions(connection, draft_id)
    return DraftSheet(
        id=row.id,
        unit_id=row.unit_id,
        campaign=campaign_from(made_for),
        segment_id=row.segment_id,
        locale=row.locale,
        channel=row.channel,
        source=row.source,
        status=DraftStatus(row.status),
        version=row.version,
        provenance=Provenance.model_validate(row.provenance),
        revision=next(one for one in revisions if one.number == row.current_revision),
        revisions=revisions,
        candidates=_candidates(connection, draft_id),
        decisions=_decisions(connection, draft_id),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _revisions(connection: Connection, draft_id: str) -> tuple[StoredRevision, ...]:
    found = select(revision).where(revision.c.draft_id == draft_id).order_by(revision.c.number)
    return tuple(
        StoredRevision(
            number=row.number,
            text=row.text,
            text_sha256=row.text_sha256,
            author=row.author,
            assessment=Assessment.model_validate(row.assessment),
            created_at=row.created_at,
        )
        for row in connection.execute(found)
    )


def _candidates(connection: Connection, draft_id: str) -> tuple[Candidate, ...]:
    found = select(candidate).where(candidate.c.draft_id == draft_id).order_by(candidate.c.rank)
    return tuple(
        Candidate(
            text=row.text,
            log_probability=row.log_probability,
            assessment=Assessment.model_validate(row.assessment),
        )
        for row in connection.execute(found)
    )


def _decisions(connection: Connection, draft_id: str) -> tuple[StoredDecision, ...]:
    found = select(decision).where(decision.c.draft_id == draft_id).order_by(decision.c.version)
    return tuple(
        StoredDecision(id=row.id, version=row.version, revision=row.revision, decision=_decision_from(row))
        for row in connection.execute(found)
    )


def _decision_from(row: Row[Any]) -> Decision:
    return Decision(
        kind=DecisionKind(row.kind),
        reviewer=row.reviewer,
        reason=row.reason,
        text_sha256=row.text_sha256,
        decided_at=row.decided_at,
    )


def recall(
    connection: Connection, region: str, brand_id: str, locale: str, source: str, limit: int
) -> list[MemoryMatch]:
    """Approved copy of a brand and locale: that of exactly this source first, then the newest."""
    exact = (memory.c.source == source).label("exact")
    found = (
        select(memory, exact)
        .where(memory.c.region == region, memory.c.brand_id == brand_id, memory.c.locale == locale)
        .order_by(exact.desc(), memory.c.created_at.desc(), memory.c.id)
        .limit(limit)
    )
    return [
        MemoryMatch(
            source=row.source,
            target=row.target,
            channel=row.channel,
            exact=bool(row.exact),
            decision_id=row.decision_id,
            created_at=row.created_at,
        )
        for row in connection.execute(found)
    ]


def read_approved(connection: Connection, campaign_id: str) -> list[ApprovedText]:
    """The newest approved draft of each segment and locale of a campaign, by segment and locale.

    StoreError when a stored text is not the one that its latest decision approved: somebody changed it
    behind the record's back, and nothing of it may leave.
    """
    latest = (
        select(decision.c.draft_id, func.max(decision.c.version).label("version"))
        .group_by(decision.c.draft_id)
        .subquery()
    )
    bound = (decision.c.kind, decision.c.reviewer, decision.c.reason, decision.c.decided_at)
    found = (
        _drafts(*bound, decision.c.text_sha256.label("approved_sha256"))
        .join(plan, plan.c.unit_id == draft.c.unit_id)
        .join(latest, latest.c.draft_id == draft.c.id)
        .join(decision, and_(decision.c.draft_id == draft.c.id, decision.c.version == latest.c.version))
        .where(plan.c.campaign_id == campaign_id, draft.c.status == DraftStatus.APPROVED)
        .order_by(draft.c.segment_id, draft.c.locale, draft.c.created_at, draft.c.id)
    )
    # Later rows replace earlier ones: dictionaries keep the place and take the newest draft.
    newest = {(row.segment_id, row.locale): row for row in connection.execute(found)}
    return [_approved(row) for row in newest.values()]


def _approved(row: Row[Any]) -> ApprovedText:
    approves = DecisionKind(row.kind).leads_to is DraftStatus.APPROVED
    if not approves or text_digest(row.text) != row.approved_sha256:
        raise StoreError(
            f"the text of draft {row.id} is not the one that was approved",
            hint="It was changed outside the review desk: send the draft back and decide again.",
        )
    return ApprovedText(
        draft_id=row.id,
        version=row.version,
        segment=row.segment_id,
        locale=row.locale,
        channel=row.channel,
        source=row.source,
        text=row.text,
        decision=Decision(
            kind=DecisionKind(row.kind),
            reviewer=row.reviewer,
            reason=row.reason,
            text_sha256=row.approved_sha256,
            decided_at=row.decided_at,
        ),
        assessment=Assessment.model_validate(row.assessment),
        provenance=Provenance.model_validate(row.provenance),
    )
