"""Rules of planning: the same work is never queued twice, and what cannot be planned is not forgotten."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from pipeline.domain.brief import Segment
from pipeline.errors import NoLawfulModel, StoreError, UnknownCampaign
from pipeline.store.record import Record
from pipeline.store.rows import UnitState

MINUTE = timedelta(minutes=1)


def test_the_same_campaign_is_added_once(record: Record, samples: Any) -> None:
    """The same brief and brand in the same region are one campaign; another region has its own."""
    first = record.add_campaign(samples.brief, samples.brand, "eu")
    assert record.add_campaign(samples.brief, samples.brand, "eu") == first
    assert record.add_campaign(samples.brief, samples.brand, "us") != first


def test_a_campaign_comes_back_as_it_was_added(record: Record, samples: Any) -> None:
    """Brief and brand are kept whole, whatever the files say later."""
    stored = record.campaign(record.add_campaign(samples.brief, samples.brand, "eu"))
    assert (stored.brief, stored.brand, stored.region) == (samples.brief, samples.brand, "eu")


def test_the_campaign_that_was_run_last_is_found(record: Record, samples: Any) -> None:
    """An edited brief is another campaign of the same name; going back to the old brief makes that the last one."""
    old = record.add_campaign(samples.brief, samples.brand, "eu")
    new = record.add_campaign(_edited(samples), samples.brand, "eu")
    assert record.find_campaign("spring", "eu").id == new
    record.add_campaign(samples.brief, samples.brand, "eu")
    assert record.find_campaign("spring", "eu").id == old


def test_a_campaign_of_another_region_is_unknown(record: Record, samples: Any) -> None:
    """Content stays in its region, and so does the knowledge of it."""
    record.add_campaign(samples.brief, samples.brand, "eu")
    with pytest.raises(UnknownCampaign, match="'us'"):
        record.find_campaign("spring", "us")


def test_an_unknown_campaign_is_said_to_be_unknown(record: Record, samples: Any) -> None:
    """By every way in."""
    for ask in (
        lambda: record.campaign("none"),
        lambda: record.enqueue("none", [samples.provenance()]),
        lambda: record.note_unplanned("none", "line", "de-DE", NoLawfulModel("de-DE", [])),
    ):
        with pytest.raises(UnknownCampaign, match="'none'"):
            ask()


def test_units_come_back_in_the_order_of_their_plans(record: Record, samples: Any) -> None:
    """Callers pair plans and units by position."""
    campaign_id = record.add_campaign(samples.brief, samples.brand, "eu")
    plans = [samples.provenance(locale, seed=seed) for seed in range(4) for locale in ("fr-FR", "de-DE")]
    units = record.enqueue(campaign_id, plans)
    assert [unit.fingerprint for unit in units] == [plan.fingerprint for plan in plans]
    assert {unit.state for unit in units} == {UnitState.QUEUED}


def test_the_same_plan_is_queued_once(record: Record, samples: Any) -> None:
    """A second start finds the units of the first, as they stand."""
    campaign_id = record.add_campaign(samples.brief, samples.brand, "eu")
    first = record.enqueue(campaign_id, [samples.provenance()])
    assert record.enqueue(campaign_id, [samples.provenance()]) == first
    assert record.enqueue(campaign_id, []) == []
    assert len(record.units(campaign_id)) == 1


def test_runs_that_plan_at_once_share_their_units(record: Record, samples: Any) -> None:
    """Eight starts at the same moment, half of them in the other order, queue each unit once."""
    campaign_id = record.add_campaign(samples.brief, samples.brand, "eu")
    plans = [samples.provenance(seed=seed) for seed in range(20)]
    with ThreadPoolExecutor(8) as pool:
        runs = list(pool.map(lambda step: record.enqueue(campaign_id, plans[::step]), [1, -1] * 4))
    assert len({unit.id for units in runs for unit in units}) == len(plans)


def test_the_unit_planned_last_is_the_current_one(record: Record, samples: Any) -> None:
    """Another seed makes another unit of the same segment and locale; planning the old one again brings it back."""
    campaign_id = record.add_campaign(samples.brief, samples.brand, "eu")
    (old,) = record.enqueue(campaign_id, [samples.provenance(seed=0)])
    (new,) = record.enqueue(campaign_id, [samples.provenance(seed=1)])
    assert record.units(campaign_id) == [new]
    record.enqueue(campaign_id, [samples.provenance(seed=0)])
    assert record.units(campaign_id) == [old]


def test_an_edited_brief_keeps_the_units_it_left_alone(record: Record, samples: Any) -> None:
    """A unit with the same inputs is drafted once, and belongs to both editions of the brief."""
    draft_id = samples.stored(record, samples.provenance())
    edited = record.add_campaign(_edited(samples), samples.brand, "eu")
    (unit,) = record.enqueue(edited, [samples.provenance()])
    assert (unit.state, unit.draft_id) == (UnitState.DRAFTED, draft_id)
    assert record.units(edited) == [unit]
    assert [entry.draft_id for entry in record.queue(campaign=edited)] == [draft_id]


def test_regions_do_not_share_units(record: Record, samples: Any) -> None:
    """Even in one database, another region's draft is not taken for one's own."""
    samples.stored(record, samples.provenance())
    elsewhere = record.add_campaign(samples.brief, samples.brand, "us")
    assert record.enqueue(elsewhere, [samples.provenance()])[0].state is UnitState.QUEUED


def test_a_unit_that_cannot_be_planned_is_listed_with_its_reason(record: Record, samples: Any) -> None:
    """No lawful model: the unit is failed, and says why; noting it again adds nothing; nobody can claim it."""
    campaign_id = record.add_campaign(samples.brief, samples.brand, "eu")
    error = NoLawfulModel("de-DE", [("acme/writer", "licence", "it forbids it")])
    for _ in range(2):
        record.note_unplanned(campaign_id, "line", "de-DE", error)
    (unit,) = record.units(campaign_id)
    assert (unit.state, unit.error_code, unit.error_message) == (UnitState.FAILED, "NoLawfulModel", str(error))
    assert unit.error_hint == error.hint
    assert record.claim(unit.id, "run", MINUTE) is None


def test_a_later_plan_replaces_the_reason(record: Record, samples: Any) -> None:
    """Once a model is there, the failure is gone; that of another locale stays."""
    campaign_id = record.add_campaign(samples.brief, samples.brand, "eu")
    for locale in ("de-DE", "fr-FR"):
        record.note_unplanned(campaign_id, "line", locale, NoLawfulModel(locale, []))
    record.enqueue(campaign_id, [samples.provenance("de-DE")])
    states = {unit.locale: unit.state for unit in record.units(campaign_id)}
    assert states == {"de-DE": UnitState.QUEUED, "fr-FR": UnitState.FAILED}


def test_a_plan_that_fails_later_is_the_current_state(record: Record, samples: Any) -> None:
    """The model was revoked after the first run: the list says so, and the draft there was is kept."""
    draft_id = samples.stored(record, samples.provenance())
    campaign_id = record.find_campaign("spring", "eu").id
    record.note_unplanned(campaign_id, "line", "de-DE", NoLawfulModel("de-DE", []))
    assert [unit.error_code for unit in record.units(campaign_id)] == ["NoLawfulModel"]
    assert record.sheet(draft_id).id == draft_id


def test_an_unknown_unit_is_an_error(record: Record) -> None:
    """Nothing is made up."""
    with pytest.raises(StoreError, match="no unit"):
        record.unit("none")


def _edited(samples: Any) -> Any:
    more = Segment(id="second", channel="push", source="No bin.")
    return samples.brief.model_copy(update={"segments": (*samples.brief.segments, more)})
