"""What is to be drafted: campaigns, and the units that they plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Row, Select, Table, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from pipeline.domain.brand import Brand
from pipeline.domain.brief import Brief
from pipeline.domain.provenance import Provenance
from pipeline.domain.value import digest_of
from pipeline.errors import GlocalError, StoreError, UnknownCampaign
from pipeline.store.rows import StoredCampaign, UnitRow, UnitState, as_json
from pipeline.store.tables import campaign, draft, plan, unit

UNPLANNED = "unplanned:"
"""What stands for the fingerprint of a unit that could not be planned: it never got one."""


def new_id() -> str:
    """A random key: nothing can be read from it, so it may appear in logs and in Prefect."""
    return str(uuid4())


def insert_ignoring(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert the rows that break no unique constraint, and leave the others out."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    connection.execute(dialect.insert(table).on_conflict_do_nothing(), rows)


def add_campaign(connection: Connection, brief: Brief, brand: Brand, region: str) -> str:
    """The id of the campaign with this content in this region, which is added when it is new."""
    now, digest = datetime.now(UTC), digest_of(brief, brand)
    fresh = {
        "id": new_id(),
        "slug": brief.id,
        "brand_id": brand.id,
        "region": region,
        "brief": as_json(brief),
        "brand": as_json(brand),
        "digest": digest,
        "created_at": now,
        "last_added_at": now,
    }
    insert_ignoring(connection, campaign, [fresh])
    same = (campaign.c.region == region) & (campaign.c.digest == digest)
    connection.execute(update(campaign).where(same).values(last_added_at=now))
    return str(connection.execute(select(campaign.c.id).where(same)).scalar_one())


def read_campaign(connection: Connection, campaign_id: str) -> StoredCampaign:
    """The campaign of that id; UnknownCampaign when there is none."""
    row = connection.execute(select(campaign).where(campaign.c.id == campaign_id)).one_or_none()
    if row is None:
        raise _unknown(campaign_id)
    return campaign_from(row)


def find_campaign(connection: Connection, slug: str, region: str) -> StoredCampaign:
    """The campaign last added for that brief and region; UnknownCampaign when there is none."""
    newest = (
        select(campaign)
        .where(campaign.c.slug == slug, campaign.c.region == region)
        .order_by(campaign.c.last_added_at.desc(), campaign.c.id)
        .limit(1)
    )
    row = connection.execute(newest).one_or_none()
    if row is None:
        raise UnknownCampaign(f"the campaign {slug!r} was never run in the region {region!r}")
    return campaign_from(row)


def campaign_from(row: Row[Any]) -> StoredCampaign:
    """A row of the campaign table as a value."""
    brief, brand = Brief.model_validate(row.brief), Brand.model_validate(row.brand)
    return StoredCampaign(id=row.id, region=row.region, brief=brief, brand=brand, created_at=row.created_at)


def enqueue(connection: Connection, campaign_id: str, planned: Sequence[Provenance]) -> list[UnitRow]:
    """One unit for each plan, in its order; a fingerprint that the region already has gives the unit there is."""
    region = _region_locked(connection, campaign_id)
    rows = [_queued(campaign_id, region, provenance) for provenance in planned]
    # In one order always, so that two runs that plan the same units never wait for each other in a ring.
    rows.sort(key=lambda row: row["fingerprint"])
    if rows:
        insert_ignoring(connection, unit, rows)
    prints = [provenance.fingerprint for provenance in planned]
    found = _units_by_fingerprint(connection, region, prints)
    _forget_unplanned(connection, campaign_id, planned)
    _put_on_plan(connection, campaign_id, [found[fingerprint].id for fingerprint in prints])
    return [found[fingerprint] for fingerprint in prints]


def _region_locked(connection: Connection, campaign_id: str) -> str:
    """The campaign's region; its row stays locked, so that two runs of a campaign plan one after the other."""
    mine = select(campaign.c.region).where(campaign.c.id == campaign_id).with_for_update(key_share=True)
    region = connection.execute(mine).scalar_one_or_none()
    if region is None:
        raise _unknown(campaign_id)
    return str(region)


def _unknown(campaign_id: str) -> UnknownCampaign:
    return UnknownCampaign(f"no campaign has the id {campaign_id!r}")


def _queued(campaign_id: str, region: str, provenance: Provenance) -> dict[str, Any]:
    return {
        "id": new_id(),
        "campaign_id": campaign_id,
        "region": region,
        "segment_id": provenance.segment,
        "locale": provenance.locale,
        "model_id": provenance.model_id,
        "fingerprint": provenance.fingerprint,
        "state": UnitState.QUEUED,
        "attempt": 0,
    }


def note_unplanned(connection: Connection, campaign_id: str, segment_id: str, locale: str, error: GlocalError) -> None:
    """Keep, as a failed unit, why a segment could not even be planned for a locale."""
    region = _region_locked(connection, campaign_id)
    digest = digest_of([campaign_id, segment_id, locale])
    stand_in = {
        "id": new_id(),
        "campaign_id": campaign_id,
        "region": region,
        "segment_id": segment_id,
        "locale": locale,
        "model_id": "",
        "fingerprint": UNPLANNED + digest[: 64 - len(UNPLANNED)],
        "state": UnitState.FAILED,
        "attempt": 0,
    }
    insert_ignoring(connection, unit, [stand_in])
    same = (unit.c.region == region) & (unit.c.fingerprint == stand_in["fingerprint"])
    connection.execute(
        update(unit).where(same).values(error_code=error.code, error_message=str(error), error_hint=error.hint)
    )
    _put_on_plan(connection, campaign_id, [connection.execute(select(unit.c.id).where(same)).scalar_one()])


def _forget_unplanned(connection: Connection, campaign_id: str, planned: Iterable[Provenance]) -> None:
    for provenance in planned:
        connection.execute(
            delete(unit).where(
                unit.c.campaign_id == campaign_id,
                unit.c.segment_id == provenance.segment,
                unit.c.locale == provenance.locale,
                unit.c.fingerprint.startswith(UNPLANNED),
            )
        )


def _put_on_plan(connection: Connection, campaign_id: str, unit_ids: Sequence[str]) -> None:
    """Make these units the current ones of their segments and locales."""
    if not unit_ids:
        return
    mine = plan.c.campaign_id == campaign_id
    edition = connection.execute(select(func.coalesce(func.max(plan.c.edition), 0) + 1).where(mine)).scalar_one()
    wanted = [{"campaign_id": campaign_id, "unit_id": unit_id, "edition": edition} for unit_id in sorted(unit_ids)]
    insert_ignoring(connection, plan, wanted)
    connection.execute(update(plan).where(mine, plan.c.unit_id.in_(unit_ids)).values(edition=edition))


def current_units(connection: Connection, campaign_id: str) -> list[UnitRow]:
    """The unit last planned for each segment and locale of a campaign, by segment and locale."""
    rank = (
        func.row_number()
        .over(partition_by=(unit.c.segment_id, unit.c.locale), order_by=(plan.c.edition.desc(), unit.c.id))
        .label("rank")
    )
    ranked = (
        select(unit.c.id, rank)
        .join(plan, plan.c.unit_id == unit.c.id)
        .where(plan.c.campaign_id == campaign_id)
        .subquery()
    )
    current = _units().join(ranked, ranked.c.id == unit.c.id).where(ranked.c.rank == 1)
    return [unit_from(row) for row in connection.execute(current.order_by(unit.c.segment_id, unit.c.locale))]


def read_unit(connection: Connection, unit_id: str) -> UnitRow:
    """The unit of that id; StoreError when there is none."""
    row = connection.execute(_units().where(unit.c.id == unit_id)).one_or_none()
    if row is None:
        raise StoreError(f"no unit has the id {unit_id!r}")
    return unit_from(row)


def _units_by_fingerprint(connection: Connection, region: str, prints: Sequence[str]) -> dict[str, UnitRow]:
    found = _units().where(unit.c.region == region, unit.c.fingerprint.in_(prints))
    return {row.fingerprint: unit_from(row) for row in connection.execute(found)}


def _units() -> Select[Any]:
    return select(unit, draft.c.id.label("draft_id")).outerjoin(draft, draft.c.unit_id == unit.c.id)


def unit_from(row: Row[Any]) -> UnitRow:
    """A row of the unit table, with its draft's id, as a value."""
    return UnitRow(
        id=row.id,
        campaign_id=row.campaign_id,
        segment_id=row.segment_id,
        locale=row.locale,
        model_id=row.model_id,
        fingerprint=row.fingerprint,
        state=UnitState(row.state),
        attempt=row.attempt,
        draft_id=row.draft_id,
        error_code=row.error_code,
        error_message=row.error_message,
        error_hint=row.error_hint,
    )
