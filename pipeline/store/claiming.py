"""Claim, work, commit: how the machine's work on a unit is neither lost nor done twice.

A claim is a lease by the database's clock. Whoever lets it run out may be overtaken; owner and attempt then
fence the late one off, so that it writes nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, insert, or_, select, update

from pipeline.domain.candidate import Candidate
from pipeline.domain.draft import Draft, DraftStatus
from pipeline.domain.value import text_digest
from pipeline.errors import GlocalError, LeaseLost, StoreError
from pipeline.store.clock import epoch_now
from pipeline.store.planning import UNPLANNED, new_id
from pipeline.store.rows import Claim, UnitState, as_json
from pipeline.store.tables import candidate, draft, revision, unit

_NO_ERROR = {"error_code": None, "error_message": None, "error_hint": None}


def claim_unit(connection: Connection, unit_id: str, owner: str, lease: timedelta) -> Claim | None:
    """Take a unit for `lease`; None when it is drafted already, or held by a run that is alive."""
    free = or_(
        unit.c.state.in_([UnitState.QUEUED, UnitState.FAILED]),
        and_(unit.c.state == UnitState.DRAFTING, unit.c.lease_until < epoch_now()),
    )
    taken = (
        update(unit)
        .where(unit.c.id == unit_id, free, unit.c.fingerprint.not_like(f"{UNPLANNED}%"))
        .values(
            state=UnitState.DRAFTING,
            attempt=unit.c.attempt + 1,
            lease_owner=owner,
            lease_until=epoch_now() + lease.total_seconds(),
            **_NO_ERROR,
        )
        .returning(unit.c.attempt, unit.c.fingerprint)
    )
    row = connection.execute(taken).one_or_none()
    return None if row is None else Claim(unit_id, owner, row.attempt, row.fingerprint)


def renew(connection: Connection, claim: Claim, lease: timedelta) -> None:
    """Hold a claim for `lease` from now on; LeaseLost when another run has the unit."""
    longer = update(unit).where(_held(claim)).values(lease_until=epoch_now() + lease.total_seconds())
    if connection.execute(longer).rowcount == 0:
        raise LeaseLost("another run took over the unit")


def fail(connection: Connection, claim: Claim, error: GlocalError) -> None:
    """Note why a unit could not be drafted, for people to read; nothing is written when the claim was lost."""
    connection.execute(
        update(unit)
        .where(_held(claim))
        .values(
            state=UnitState.FAILED,
            lease_until=None,
            error_code=error.code,
            error_message=str(error),
            error_hint=error.hint,
        )
    )


def commit(connection: Connection, claim: Claim, made: Draft) -> str:
    """Store the draft of a claimed unit and hand it to review; the draft's id.

    LeaseLost when another run has the unit. A repeat by the same claim changes nothing and gives the same id.
    """
    if made.provenance.fingerprint != claim.fingerprint:
        raise StoreError("the draft was made from other inputs than its unit was planned with")
    done = update(unit).where(_held(claim)).values(state=UnitState.DRAFTED, lease_until=None, **_NO_ERROR)
    if connection.execute(done).rowcount == 0:
        return _committed_before(connection, claim)
    return _insert_draft(connection, claim, made)


def _held(claim: Claim) -> ColumnElement[bool]:
    return and_(_last_claimed_by(claim), unit.c.state == UnitState.DRAFTING)


def _last_claimed_by(claim: Claim) -> ColumnElement[bool]:
    return and_(unit.c.id == claim.unit_id, unit.c.lease_owner == claim.owner, unit.c.attempt == claim.attempt)


def _committed_before(connection: Connection, claim: Claim) -> str:
    # A connection may break after the commit and before its answer: the same run then asks again.
    mine = select(draft.c.id).join(unit, draft.c.unit_id == unit.c.id).where(_last_claimed_by(claim))
    draft_id = connection.execute(mine).scalar_one_or_none()
    if draft_id is None:
        raise LeaseLost("another run took over the unit")
    return str(draft_id)


def _insert_draft(connection: Connection, claim: Claim, made: Draft) -> str:
    now, draft_id = datetime.now(UTC), new_id()
    campaign_id, region = connection.execute(
        select(unit.c.campaign_id, unit.c.region).where(unit.c.id == claim.unit_id)
    ).one()
    row = {
        "id": draft_id,
        "unit_id": claim.unit_id,
        "campaign_id": campaign_id,
        "region": region,
        "fingerprint": claim.fingerprint,
        "segment_id": made.unit.segment.id,
        "locale": made.unit.locale,
        "channel": made.unit.channel.id,
        "source": made.unit.segment.source,
        "status": DraftStatus.IN_REVIEW,
        "version": 1,
        "current_revision": 1,
        "provenance": as_json(made.provenance),
        "created_at": now,
        "updated_at": now,
    }
    connection.execute(insert(draft), row)
    connection.execute(insert(revision), _first_revision(draft_id, made, now))
    others = [_candidate(draft_id, rank, other) for rank, other in enumerate(made.candidates, 1)]
    if others:
        connection.execute(insert(candidate), others)
    return draft_id


def _first_revision(draft_id: str, made: Draft, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "draft_id": draft_id,
        "number": 1,
        "text": made.text,
        "text_sha256": text_digest(made.text),
        "author": f"model:{made.provenance.model_id}",
        "assessment": as_json(made.assessment),
        "created_at": now,
    }


def _candidate(draft_id: str, rank: int, other: Candidate) -> dict[str, Any]:
    return {
        "id": new_id(),
        "draft_id": draft_id,
        "rank": rank,
        "text": other.text,
        "log_probability": other.log_probability,
        "assessment": as_json(other.assessment),
    }
