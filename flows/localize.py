"""The flow: one run drafts one campaign in one region.

    plan -> batches of units of one model -> units that another run held

Prefect sees ids, counts and hashes: parameters are UUIDs and tags, errors are `SafeError`, nothing is printed,
no result is kept. The record is the truth: every unit is claim, work, commit, so a run that is killed, started
twice or retried loses nothing and doubles nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Annotated, Any, TypedDict
from uuid import UUID

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed
from prefect.tasks import exponential_backoff
from pydantic import StringConstraints

from flows.safety import SafeError, guarded
from flows.workplace import Workplace, at_work, here, keep_details
from pipeline.domain.brief import Segment
from pipeline.domain.draft import Unit
from pipeline.domain.provenance import Provenance
from pipeline.domain.value import LocaleTag
from pipeline.errors import GenerationError, GlocalError, WrongRegion
from pipeline.planning import foresee, plan_unit
from pipeline.store.rows import StoredCampaign, UnitRow
from pipeline.workflow import Outcome, draft_claimed

Region = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,31}$")]

POLL_SECONDS = 1.0
"""How often a unit that another run holds is looked at."""


class Counts(TypedDict):
    """What a run came to; `drafted` are the drafts of this run, `failed` the units that have none."""

    units: int
    drafted: int
    failed: int


@dataclass(frozen=True)
class Planned:
    """The units of a campaign, and how many more could not be planned."""

    rows: tuple[UnitRow, ...]
    unplanned: int


def _may_retry(_task: object, _run: object, state: State[Any]) -> bool:
    return isinstance(state.data, SafeError) and state.data.retryable


_CONTENT_FREE: dict[str, Any] = {"log_prints": False, "persist_result": False}
_STEP: dict[str, Any] = {
    **_CONTENT_FREE,
    "cache_policy": NO_CACHE,
    "retries": 4,
    "retry_delay_seconds": exponential_backoff(backoff_factor=2),
    "retry_jitter_factor": 0.5,
    "retry_condition_fn": _may_retry,
}


@flow(name="localize", flow_run_name="localize", result_serializer="json", **_CONTENT_FREE)
@guarded
def localize(campaign_id: UUID, region: Region, locales: tuple[LocaleTag, ...] = ()) -> State[Counts]:
    """Draft every unit of a campaign that has no draft yet; only of `locales` where given.

    Ends as Failed when a unit is left without a draft. Raises SafeError when nothing could be tried at all.
    """
    with at_work() as place:
        _refuse_other_region(place, region)
        planned = plan_campaign(campaign_id, locales)
        missing = [row for row in planned.rows if row.draft_id is None]
        place.listener.planned(len(planned.rows), len(missing))
        _draft_all(place, campaign_id, missing, patient=False)
        held = [row for row in missing if _is_held(place, row)]
        if held:
            place.listener.waiting(len(held))
            _draft_all(place, campaign_id, held, patient=True)
        return _told_in_counts(place, planned)


@task(name="plan-campaign", task_run_name="plan-campaign", **_STEP)
@guarded
def plan_campaign(campaign_id: UUID, locales: tuple[LocaleTag, ...]) -> Planned:
    """Plan every segment for every locale. What cannot be planned is noted in the record, and stops nothing."""
    place = here()
    record = place.parts.record
    stored = _campaign(place, campaign_id)
    planned: list[Provenance] = []
    unplanned = 0
    for tag in locales or stored.brief.locales:
        for segment in stored.brief.segments:
            try:
                planned.append(plan_unit(_unit(place, stored, segment, tag), place.tools).provenance)
            except Exception as error:  # noqa: BLE001 (one unit's error is that unit's)
                record.note_unplanned(stored.id, segment.id, tag, _final(error))
                unplanned += 1
    return Planned(tuple(record.enqueue(stored.id, planned)), unplanned)


@task(name="draft-batch", task_run_name="draft-batch", **_STEP)
@guarded
def draft_batch(campaign_id: UUID, unit_ids: Sequence[str], *, patient: bool) -> State[None]:
    """Draft units of one model, one after another; their candidates are drawn several units at a time.

    A unit that another run holds is left out, or, when `patient`, looked at until it is drafted or free.
    """
    place = here()
    stored = _campaign(place, campaign_id)
    foresee(_free_units(place, stored, unit_ids), place.tools)
    outcomes = [_draft_one(place, stored, unit_id) for unit_id in unit_ids]
    while patient and any(outcome.busy for outcome in outcomes):
        time.sleep(POLL_SECONDS)
        outcomes = [_draft_one(place, stored, one.unit_id) if one.busy else one for one in outcomes]
    drafted = sum(outcome.draft_id is not None for outcome in outcomes)
    return Completed(message=f"units: {len(outcomes)}, drafted now: {drafted}")


def _draft_all(place: Workplace, campaign_id: UUID, rows: Sequence[UnitRow], *, patient: bool) -> None:
    """Batch after batch in this thread: two models may not fit into memory together."""
    for batch in _batches(rows, place.parts.settings.batch_units):
        # As a state: a batch that was given up must not keep the next one from being tried.
        draft_batch(campaign_id, [row.id for row in batch], patient=patient, return_state=True)


def _batches(rows: Sequence[UnitRow], size: int) -> Iterator[list[UnitRow]]:
    """Rows of one model together, `size` at most, so that each model is loaded once."""
    for _, group in groupby(sorted(rows, key=lambda row: row.model_id), key=lambda row: row.model_id):
        same = list(group)
        yield from (same[start : start + size] for start in range(0, len(same), size))


def _draft_one(place: Workplace, stored: StoredCampaign, unit_id: str) -> Outcome:
    row = place.parts.record.unit(unit_id)
    unit = _unit(place, stored, stored.brief.segment(row.segment_id), row.locale)
    lease = timedelta(seconds=place.parts.settings.lease_seconds)
    try:
        outcome = draft_claimed(place.parts.record, row, unit, place.tools, owner=place.owner, lease=lease)
    except Exception as error:  # noqa: BLE001 (one unit's error is that unit's)
        outcome = Outcome(row.id, unit.name, error=_final(error))
    return place.note(outcome)


def _free_units(place: Workplace, stored: StoredCampaign, unit_ids: Sequence[str]) -> Iterator[Unit]:
    """The units that are still to be drafted, and that no other run holds."""
    for unit_id in unit_ids:
        row = place.parts.record.unit(unit_id)
        if row.draft_id is None and row.state != "drafting":
            yield _unit(place, stored, stored.brief.segment(row.segment_id), row.locale)


def _final(error: Exception) -> GlocalError:
    """An error to list for one unit. One that may pass is raised, so that Prefect tries again."""
    if isinstance(error, GlocalError):
        if error.retryable:
            raise error
        return error
    reference = keep_details(error)
    return GenerationError(
        f"it stopped on {type(error).__name__} ({reference})", hint="See the workspace's .glocal/logs/errors.log."
    )


def _unit(place: Workplace, stored: StoredCampaign, segment: Segment, locale: str) -> Unit:
    channel = place.parts.library.channel(segment.channel)
    return Unit(brief=stored.brief, brand=stored.brand, segment=segment, channel=channel, locale=locale)


def _campaign(place: Workplace, campaign_id: UUID) -> StoredCampaign:
    stored = place.parts.record.campaign(str(campaign_id))
    _refuse_other_region(place, stored.region)
    return stored


def _refuse_other_region(place: Workplace, region: str) -> None:
    own = place.parts.settings.region
    if region != own:
        raise WrongRegion(f"this workspace works for the region {own!r}, not for {region!r}")


def _is_held(place: Workplace, row: UnitRow) -> bool:
    outcome = place.outcomes.get(row.id)
    return outcome is not None and outcome.busy


def _told_in_counts(place: Workplace, planned: Planned) -> State[Counts]:
    drafted = sum(outcome.draft_id is not None for outcome in place.outcomes.values())
    left = sum(place.parts.record.unit(row.id).draft_id is None for row in planned.rows) + planned.unplanned
    counts = Counts(units=len(planned.rows) + planned.unplanned, drafted=drafted, failed=left)
    message = f"units: {counts['units']}, drafted now: {drafted}, without a draft: {left}"
    return Failed(message=message, data=counts) if left else Completed(message=message, data=counts)
