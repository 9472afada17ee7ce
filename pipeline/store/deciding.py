"""Human decisions: one a version, bound to the digest of the text that was read, all in one transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from pipeline.domain.brand import Brand
from pipeline.domain.decision import Decision, DecisionKind
from pipeline.domain.draft import TRANSITIONS, DraftStatus
from pipeline.errors import DecisionRefused, ForbiddenTransition, StaleDraft, StoreError, UnknownDraft
from pipeline.store.planning import new_id
from pipeline.store.rows import NewRevision, as_json
from pipeline.store.tables import campaign, decision, draft, memory, revision


def decide(connection: Connection, draft_id: str, version: int, decided: Decision, edited: NewRevision | None) -> int:
    """Write one decision on the version that the reviewer saw; the draft's new version."""
    row = _read(connection, draft_id)
    if row.version != version:
        raise _stale(row.version)
    _check_transition(DraftStatus(row.status), decided.kind)
    _check_text(row, decided, edited)
    number = row.current_revision if edited is None else row.current_revision + 1
    _move(connection, draft_id, version, decided, number)
    if edited is not None:
        connection.execute(insert(revision), _revision(draft_id, number, edited, decided))
    _remember(connection, row, decided, _insert_decision(connection, row, number, decided), edited)
    return version + 1


def _read(connection: Connection, draft_id: str) -> Row[Any]:
    current = (revision.c.draft_id == draft.c.id) & (revision.c.number == draft.c.current_revision)
    row = connection.execute(
        select(draft, revision.c.text, revision.c.text_sha256).join(revision, current).where(draft.c.id == draft_id)
    ).one_or_none()
    if row is None:
        raise UnknownDraft(f"no draft has the id {draft_id!r}")
    return row


def _stale(now_at: int) -> StaleDraft:
    return StaleDraft(f"somebody else decided first: the draft is at version {now_at} now")


def _check_transition(status: DraftStatus, kind: DecisionKind) -> None:
    if kind.leads_to not in TRANSITIONS[status]:
        raise ForbiddenTransition(f"a draft that is {status} cannot become {kind.leads_to}")


def _check_text(row: Row[Any], decided: Decision, edited: NewRevision | None) -> None:
    if (decided.kind is DecisionKind.EDIT) != (edited is not None):
        raise DecisionRefused("an edit brings a text, and only an edit does")
    if decided.text_sha256 != (row.text_sha256 if edited is None else edited.text_sha256):
        raise DecisionRefused("the decision is about another text than the draft's")
    if edited is not None and edited.assessment.text_sha256 != edited.text_sha256:
        raise StoreError("the assessment is of another text than the edit's")


def _move(connection: Connection, draft_id: str, version: int, decided: Decision, number: int) -> None:
    moved = (
        update(draft)
        .where(draft.c.id == draft_id, draft.c.version == version)
        .values(
            status=decided.kind.leads_to,
            version=version + 1,
            current_revision=number,
            updated_at=decided.decided_at,
        )
    )
    if connection.execute(moved).rowcount == 0:
        # PostgreSQL lets two read the same version; the one that writes second finds it gone.
        raise _stale(_read(connection, draft_id).version)


def _revision(draft_id: str, number: int, edited: NewRevision, decided: Decision) -> dict[str, Any]:
    return {
        "id": new_id(),
        "draft_id": draft_id,
        "number": number,
        "text": edited.text,
        "text_sha256": edited.text_sha256,
        "author": edited.author,
        "assessment": as_json(edited.assessment),
        "created_at": decided.decided_at,
    }


def _insert_decision(connection: Connection, row: Row[Any], number: int, decided: Decision) -> str:
    decision_id = new_id()
    bound = {"id": decision_id, "draft_id": row.id, "version": row.version, "revision": number}
    connection.execute(insert(decision), bound | decided.model_dump())
    return decision_id


def _remember(
    connection: Connection, row: Row[Any], decided: Decision, decision_id: str, edited: NewRevision | None
) -> None:
    """Memory holds what is approved now: an older approval of this draft goes, the new one comes."""
    earlier = select(decision.c.id).where(decision.c.draft_id == row.id)
    connection.execute(delete(memory).where(memory.c.decision_id.in_(earlier)))
    if decided.kind.leads_to is not DraftStatus.APPROVED:
        return
    stored_brand = select(campaign.c.brand).where(campaign.c.id == row.campaign_id)
    brand = Brand.model_validate(connection.execute(stored_brand).scalar_one())
    approved = {
        "id": new_id(),
        "decision_id": decision_id,
        "region": row.region,
        "brand_id": brand.id,
        "source_locale": brand.source_locale,
        "locale": row.locale,
        "channel": row.channel,
        "source": row.source,
        "target": row.text if edited is None else edited.text,
        "created_at": decided.decided_at,
    }
    connection.execute(insert(memory), approved)
