"""The flow on a real Prefect server, with a scripted model."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from flows.running import run_campaign
from flows.workplace import Workplace, working_in
from pipeline.bootstrap import Parts
from pipeline.errors import GenerationFailed, StoreUnavailable, UnknownCampaign, WrongRegion
from pipeline.store.record import Record

pytestmark = pytest.mark.prefect


@pytest.fixture(autouse=True)
def _server(prefect_server: str) -> None:
    """Every test here reports to a real server."""


def drafts_of(parts: Parts, campaign_id: str) -> dict[str, str | None]:
    return {f"{row.segment_id}/{row.locale}": row.draft_id for row in parts.record.units(campaign_id)}


def test_every_segment_gets_a_draft_for_every_locale(parts: Parts, campaign_id: str) -> None:
    run_campaign(parts, campaign_id, ())

    drafts = drafts_of(parts, campaign_id)
    assert {"store-line/de-DE", "store-line/fr-FR", "push/de-DE", "push/fr-FR"} == set(drafts)
    assert all(drafts.values())


def test_a_second_run_drafts_nothing_and_loads_no_model(
    parts: Parts, campaign_id: str, scripted: Callable[..., None]
) -> None:
    run_campaign(parts, campaign_id, ())
    first = drafts_of(parts, campaign_id)
    scripted.loads.clear()  # type: ignore[attr-defined]

    workplace = run_campaign(parts, campaign_id, ())

    assert first == drafts_of(parts, campaign_id)
    assert [] == scripted.loads  # type: ignore[attr-defined]
    assert {} == workplace.outcomes


def test_only_the_locales_asked_for_are_drafted(parts: Parts, campaign_id: str) -> None:
    run_campaign(parts, campaign_id, ("fr-FR",))

    assert {"store-line/fr-FR", "push/fr-FR"} == set(drafts_of(parts, campaign_id))


def test_units_of_one_model_are_drafted_together(parts: Parts, campaign_id: str, scripted: Callable[..., None]) -> None:
    """The model changes once, not with every unit: two may not fit into memory."""
    run_campaign(parts, campaign_id, ())

    loads = scripted.loads  # type: ignore[attr-defined]
    assert sorted(loads) == loads


def test_a_failed_unit_stops_no_other_and_keeps_its_reason(
    parts: Parts, campaign_id: str, scripted: Callable[..., None]
) -> None:
    def refuse(*_: object) -> list[str]:
        raise GenerationFailed("not a number")

    scripted(german=refuse)

    workplace = run_campaign(parts, campaign_id, ())

    rows = {(row.segment_id, row.locale): row for row in parts.record.units(campaign_id)}
    assert "GenerationFailed" == rows["push", "de-DE"].error_code
    assert rows["push", "fr-FR"].draft_id
    assert "not a number" in {str(one.error) for one in workplace.outcomes.values() if one.error}


def test_a_fault_of_the_program_fails_one_unit_alone(
    parts: Parts, campaign_id: str, scripted: Callable[..., None]
) -> None:
    def break_down(*_: object) -> list[str]:
        raise ZeroDivisionError("while dividing copy")

    scripted(french=break_down)

    run_campaign(parts, campaign_id, ())

    drafts = drafts_of(parts, campaign_id)
    assert drafts["push/de-DE"]
    assert drafts["store-line/de-DE"]
    assert drafts["push/fr-FR"] is None


def test_a_unit_that_cannot_be_planned_is_noted_and_stops_no_other(
    parts: Parts, campaign_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts.models.__class__, "has", lambda _store, model: model == "test/first")

    run_campaign(parts, campaign_id, ())

    rows = {(row.segment_id, row.locale): row for row in parts.record.units(campaign_id)}
    assert "NoLawfulModel" == rows["push", "fr-FR"].error_code
    assert rows["push", "de-DE"].draft_id


@pytest.mark.usefixtures("fast_retries")
def test_a_passing_fault_is_tried_again(parts: Parts, campaign_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that says `retryable` is met again after a while, and the work goes on."""
    commit, calls = Record.commit, []

    def commit_at_the_second_try(self: Record, *args: object) -> str:
        calls.append(args)
        if len(calls) == 1:
            raise StoreUnavailable("the database does not answer")
        return commit(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(Record, "commit", commit_at_the_second_try)

    run_campaign(parts, campaign_id, ())

    assert all(drafts_of(parts, campaign_id).values())


@pytest.mark.usefixtures("fast_retries")
def test_a_lasting_fault_is_not_tried_again(parts: Parts, campaign_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def refuse(_record: Record, campaign: str) -> None:
        asked.append(campaign)
        raise UnknownCampaign(f"no campaign has the id {campaign!r}")

    monkeypatch.setattr(Record, "campaign", refuse)

    with pytest.raises(UnknownCampaign):
        run_campaign(parts, campaign_id, ())

    assert 1 == len(asked)


@pytest.mark.usefixtures("fast_retries")
def test_a_batch_that_is_given_up_leaves_the_next_one_to_run(
    parts: Parts, campaign_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = Record.claim

    def unavailable_for_german(self: Record, unit_id: str, owner: str, lease: timedelta) -> object:
        if self.unit(unit_id).locale == "de-DE":
            raise StoreUnavailable("the database does not answer")
        return claim(self, unit_id, owner=owner, lease=lease)

    monkeypatch.setattr(Record, "claim", unavailable_for_german)

    run_campaign(parts, campaign_id, ())

    drafts = drafts_of(parts, campaign_id)
    assert drafts["push/fr-FR"]
    assert drafts["push/de-DE"] is None


def test_another_region_is_refused_before_anything_is_read(
    parts: Parts, campaign_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows.localize import localize
    from flows.safety import SafeError

    monkeypatch.setattr(Record, "campaign", lambda *_: pytest.fail("content was read"))

    with working_in(Workplace(parts)) as workplace, pytest.raises(SafeError) as caught:
        localize(UUID(campaign_id), "elsewhere")

    assert "WrongRegion" == caught.value.code
    assert isinstance(workplace.failures[caught.value.reference], WrongRegion)


def test_a_campaign_of_another_region_is_refused(parts: Parts, campaign_file: object) -> None:
    """A record may hold several regions; a workspace works for its own."""
    brief = parts.library.brief(campaign_file)  # type: ignore[arg-type]
    foreign = parts.record.add_campaign(brief, parts.library.brand(brief.brand), "elsewhere")

    with pytest.raises(WrongRegion):
        run_campaign(parts, foreign, ())


def test_a_unit_held_by_another_run_is_waited_for(
    parts: Parts, campaign_id: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the other run dies its lease ends, and this run drafts the unit."""
    monkeypatch.setattr("flows.localize.POLL_SECONDS", 0.1)
    run_campaign(parts, campaign_id, ("fr-FR",))
    with working_in(Workplace(parts)):
        from flows.localize import plan_campaign

        rows = plan_campaign.fn(UUID(campaign_id), ("de-DE",)).rows
    parts.record.claim(rows[0].id, owner="another run", lease=timedelta(seconds=3))

    run_campaign(parts, campaign_id, ())

    assert all(drafts_of(parts, campaign_id).values())
    assert 1 == capsys.readouterr().err.count("waiting for 1 unit that another run is drafting")
