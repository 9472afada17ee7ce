"""Rules of reading: the queue, the memory, and what may leave."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from pipeline.domain.decision import Decision, DecisionKind
from pipeline.domain.draft import DraftStatus
from pipeline.domain.value import text_digest
from pipeline.errors import StoreError
from pipeline.store.record import Record
from pipeline.store.tables import decision as decisions
from pipeline.store.tables import draft, memory, revision


def decide(record: Record, draft_id: str, kind: DecisionKind = DecisionKind.APPROVE) -> None:
    sheet = record.sheet(draft_id)
    made = Decision(
        kind=kind, reviewer="Ada", reason="", text_sha256=text_digest(sheet.text), decided_at=datetime.now(UTC)
    )
    record.decide(draft_id, version=sheet.version, decision=made)


def test_the_queue_shows_what_a_reviewer_chooses_by(record: Record, samples: Any) -> None:
    """Where the draft belongs, its source, its current text and what was found in it."""
    draft_id = samples.stored(record, samples.provenance(), "Kühl.", blocked=True)
    (entry,) = record.queue()
    assert (entry.draft_id, entry.campaign, entry.segment_id, entry.locale) == (draft_id, "spring", "line", "de-DE")
    assert (entry.channel, entry.source, entry.text) == ("push", "Cold water, all day.", "Kühl.")
    assert entry.assessment.blocked
    assert (entry.status, entry.version, entry.region) == (DraftStatus.IN_REVIEW, 1, "eu")
    assert timedelta(0) <= datetime.now(UTC) - entry.created_at < timedelta(minutes=1)


def test_the_queue_is_filtered_by_everything_at_once(record: Record, samples: Any) -> None:
    """Region, locale, status and campaign, by the campaign's id or its brief's; no filter shows all."""
    german, french = (samples.stored(record, samples.provenance(locale)) for locale in ("de-DE", "fr-FR"))
    decide(record, german)
    campaign_id = record.find_campaign("spring", "eu").id
    for wanted, filters in (
        ({german, french}, {}),
        ({french}, {"locale": "fr-FR"}),
        ({german}, {"status": DraftStatus.APPROVED}),
        (set(), {"status": DraftStatus.APPROVED, "locale": "fr-FR"}),
        ({german, french}, {"campaign": "spring"}),
        ({german, french}, {"campaign": campaign_id}),
        (set(), {"campaign": "autumn"}),
        (set(), {"region": "us"}),
    ):
        assert {entry.draft_id for entry in record.queue(**filters)} == wanted, filters


def test_the_queue_is_read_page_by_page(record: Record, samples: Any) -> None:
    """Oldest first, nothing twice, nothing left out."""
    stored = [samples.stored(record, samples.provenance(seed=seed)) for seed in range(5)]
    pages = [record.queue(limit=2, offset=offset) for offset in (0, 2, 4, 6)]
    assert [entry.draft_id for page in pages for entry in page] == stored
    assert [len(page) for page in pages] == [2, 2, 1, 0]


def test_drafts_are_counted_by_locale_and_status(record: Record, samples: Any) -> None:
    """The queue's front page; a region sees its own, a campaign its own."""
    decide(record, samples.stored(record, samples.provenance("de-DE")))
    samples.stored(record, samples.provenance("fr-FR"))
    samples.stored(record, samples.provenance("fr-FR", seed=1))
    wanted = {("de-DE", DraftStatus.APPROVED): 1, ("fr-FR", DraftStatus.IN_REVIEW): 2}
    assert record.counts() == record.counts("eu") == wanted
    assert record.counts(campaign="spring") == wanted
    assert record.counts("us") == record.counts(campaign="autumn") == {}


def test_a_sheet_knows_brief_and_brand_of_its_draft(record: Record, samples: Any) -> None:
    """As they were when the draft was made."""
    sheet = record.sheet(samples.stored(record, samples.provenance()))
    assert (sheet.brief, sheet.brand, sheet.campaign.region) == (samples.brief, samples.brand, "eu")


def test_exact_matches_come_before_newer_ones(record: Record, samples: Any) -> None:
    """Then the newest of the same brand and locale; `limit` is kept."""
    first, second, third = (samples.stored(record, samples.provenance(seed=seed), f"T{seed}") for seed in range(3))
    for draft_id in (first, second, third):
        decide(record, draft_id)
    with record._writing() as connection:
        connection.execute(update(memory).where(memory.c.target != "T0").values(source="Another line."))
    matches = record.recall("eu", "aqualis", "de-DE", "Cold water, all day.")
    assert [(match.target, match.exact) for match in matches] == [("T0", True), ("T2", False), ("T1", False)]
    assert [match.target for match in record.recall("eu", "aqualis", "de-DE", "x", limit=1)] == ["T2"]


@pytest.mark.parametrize(
    "elsewhere", [("us", "aqualis", "de-DE"), ("eu", "other", "de-DE"), ("eu", "aqualis", "fr-FR")]
)
def test_memory_stays_where_it_belongs(record: Record, samples: Any, elsewhere: tuple[str, str, str]) -> None:
    """No other region, brand or locale is shown it."""
    decide(record, samples.stored(record, samples.provenance()))
    assert record.recall(*elsewhere, "Cold water, all day.") == []


def test_only_approved_text_may_leave(record: Record, samples: Any) -> None:
    """In review, changes requested, rejected and sent back: nothing of it is handed out."""
    campaign_id = record.add_campaign(samples.brief, samples.brand, "eu")
    approved, changed, refused, back, _open = (
        samples.stored(record, samples.provenance("de-DE", seed=seed), f"T{seed}") for seed in range(5)
    )
    for draft_id in (approved, back):
        decide(record, draft_id)
    decide(record, changed, DecisionKind.REQUEST_CHANGES)
    decide(record, refused, DecisionKind.REJECT)
    decide(record, back, DecisionKind.SEND_BACK)
    (item,) = record.approved(campaign_id)
    assert (item.draft_id, item.version, item.text) == (approved, 2, "T0")
    assert (item.segment, item.locale, item.channel, item.source) == ("line", "de-DE", "push", "Cold water, all day.")
    assert (item.decision.reviewer, item.decision.text_sha256) == ("Ada", text_digest("T0"))
    assert (item.provenance, item.assessment.text_sha256) == (samples.provenance("de-DE"), text_digest("T0"))


def test_the_newest_approved_draft_leaves(record: Record, samples: Any) -> None:
    """One text for each segment and locale; a newer draft that nobody approved does not stand in its way."""
    campaign_id = record.add_campaign(samples.brief, samples.brand, "eu")
    for locale, seed in (("fr-FR", 0), ("de-DE", 0), ("de-DE", 1)):
        decide(record, samples.stored(record, samples.provenance(locale, seed=seed), f"{locale} {seed}"))
    samples.stored(record, samples.provenance("de-DE", seed=2), "de-DE 2")
    assert [item.text for item in record.approved(campaign_id)] == ["de-DE 1", "fr-FR 0"]


def test_a_text_changed_behind_the_desk_does_not_leave(record: Record, samples: Any) -> None:
    """Nothing leaves without a human decision on exactly that text, whatever the tables say."""
    draft_id = samples.stored(record, samples.provenance())
    decide(record, draft_id)
    campaign_id = record.find_campaign("spring", "eu").id
    with record._writing() as connection:
        connection.execute(update(revision).values(text="Etwas anderes."))
    with pytest.raises(StoreError, match=f"draft {draft_id} is not the one that was approved"):
        record.approved(campaign_id)


def test_a_status_changed_behind_the_desk_does_not_let_text_leave(record: Record, samples: Any) -> None:
    """The latest decision must be an approval; a status alone is not enough."""
    draft_id = samples.stored(record, samples.provenance())
    decide(record, draft_id, DecisionKind.REJECT)
    campaign_id = record.find_campaign("spring", "eu").id
    with record._writing() as connection:
        connection.execute(update(draft).values(status=DraftStatus.APPROVED))
    with pytest.raises(StoreError, match="not the one that was approved"):
        record.approved(campaign_id)
    with record._writing() as connection:
        connection.execute(decisions.delete())
    assert record.approved(campaign_id) == []


def test_the_scored_texts_of_a_brand_are_read_in_their_order(record: Record, samples: Any) -> None:
    """Each with its locale, the model that wrote it, its status and its text; of that brand and region alone."""
    first = samples.stored(record, samples.provenance(), "Kühl.")
    second = samples.stored(record, samples.provenance("fr-FR"), "Frais.")
    decide(record, first)
    found = record.scored("eu", "aqualis")
    assert [(each.draft_id, each.unit, each.text, each.status) for each in found] == [
        (first, "line/de-DE", "Kühl.", DraftStatus.APPROVED),
        (second, "line/fr-FR", "Frais.", DraftStatus.IN_REVIEW),
    ]
    assert {(each.model_id, each.brand_score) for each in found} == {("acme/writer", None)}
    assert record.scored("us", "aqualis") == record.scored("eu", "other") == []
