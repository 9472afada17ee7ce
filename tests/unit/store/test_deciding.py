"""Rules of decisions: one a version, about exactly one text, and the memory follows them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.domain.decision import Decision, DecisionKind
from pipeline.domain.draft import DraftStatus
from pipeline.domain.value import text_digest
from pipeline.errors import DecisionRefused, ForbiddenTransition, StaleDraft, StoreError, UnknownDraft
from pipeline.store import deciding
from pipeline.store.record import Record
from pipeline.store.rows import NewRevision

TEXT = "Kaltes Wasser."


def decision(kind: DecisionKind = DecisionKind.APPROVE, text: str = TEXT, reviewer: str = "Ada") -> Decision:
    return Decision(
        kind=kind, reviewer=reviewer, reason="", text_sha256=text_digest(text), decided_at=datetime.now(UTC)
    )


@pytest.fixture
def draft_id(record: Record, samples: Any) -> str:
    return samples.stored(record, samples.provenance(), TEXT)


@pytest.fixture
def edit(samples: Any) -> Callable[[str], NewRevision]:
    return lambda text: NewRevision(text=text, author="Ada", assessment=samples.assessment(text))


def test_an_approval_is_kept_with_its_text(record: Record, draft_id: str) -> None:
    """Who, when, why and the digest of what: all of it can be read back."""
    made = decision()
    assert record.decide(draft_id, version=1, decision=made) == 2
    sheet = record.sheet(draft_id)
    assert (sheet.status, sheet.version) == (DraftStatus.APPROVED, 2)
    assert [(kept.version, kept.revision, kept.decision) for kept in sheet.decisions] == [(1, 1, made)]
    assert sheet.updated_at == made.decided_at


def test_an_edit_is_a_new_revision(record: Record, draft_id: str, edit: Callable[[str], NewRevision]) -> None:
    """The model's text stays readable; the reviewer's is the current one, assessed and approved."""
    record.decide(draft_id, version=1, decision=decision(DecisionKind.EDIT, "Kühl."), revision=edit("Kühl."))
    sheet = record.sheet(draft_id)
    assert [(kept.number, kept.text, kept.author) for kept in sheet.revisions] == [
        (1, TEXT, "model:acme/writer"),
        (2, "Kühl.", "Ada"),
    ]
    assert (sheet.text, sheet.assessment.text_sha256) == ("Kühl.", text_digest("Kühl."))


def test_a_decision_on_an_old_version_is_stale(record: Record, draft_id: str) -> None:
    """Somebody else decided first: nothing of the second decision is written."""
    record.decide(draft_id, version=1, decision=decision(DecisionKind.REQUEST_CHANGES))
    with pytest.raises(StaleDraft, match="version 2"):
        record.decide(draft_id, version=1, decision=decision())
    assert len(record.sheet(draft_id).decisions) == 1


def test_one_of_many_who_decide_at_once_wins(record: Record, draft_id: str, edit: Callable[[str], NewRevision]) -> None:
    """Eight reviewers press a button at the same moment: one decision is kept, seven hear that they were late."""
    together = threading.Barrier(8)

    def decide(reviewer: int) -> bool:
        text = f"Fassung {reviewer}"
        together.wait()
        try:
            record.decide(draft_id, version=1, decision=decision(DecisionKind.EDIT, text), revision=edit(text))
        except StaleDraft:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(decide, range(8)))
    sheet = record.sheet(draft_id)
    assert sum(won) == 1
    assert (sheet.version, sheet.text) == (2, f"Fassung {won.index(True)}")
    assert (len(sheet.decisions), len(sheet.revisions)) == (1, 2)


def test_two_who_read_the_same_version_cannot_both_write(record: Record, draft_id: str) -> None:
    """The second finds the version gone when it writes, though it was there when it read."""
    record.decide(draft_id, version=1, decision=decision(DecisionKind.REQUEST_CHANGES))
    with pytest.raises(StaleDraft, match="version 2"), record._writing() as connection:
        deciding._move(connection, draft_id, 1, decision(), 1)
    assert record.sheet(draft_id).status is DraftStatus.CHANGES_REQUESTED


def test_a_status_that_does_not_allow_a_decision_forbids_it(record: Record, draft_id: str) -> None:
    """What is rejected cannot be approved before it is sent back."""
    record.decide(draft_id, version=1, decision=decision(DecisionKind.REJECT))
    with pytest.raises(ForbiddenTransition, match="rejected cannot become approved"):
        record.decide(draft_id, version=2, decision=decision())


def test_a_decision_about_another_text_is_refused(record: Record, draft_id: str) -> None:
    """An approval without the text's own digest approves nothing."""
    with pytest.raises(DecisionRefused, match="another text"):
        record.decide(draft_id, version=1, decision=decision(text="Etwas anderes."))
    assert record.sheet(draft_id).status is DraftStatus.IN_REVIEW


def test_an_edit_and_its_decision_are_about_the_same_text(
    record: Record, draft_id: str, edit: Callable[[str], NewRevision]
) -> None:
    """The digest approved is that of the new text, not of the old one."""
    with pytest.raises(DecisionRefused, match="another text"):
        record.decide(draft_id, version=1, decision=decision(DecisionKind.EDIT), revision=edit("Kühl."))
    assert len(record.sheet(draft_id).revisions) == 1


def test_only_an_edit_brings_a_text(record: Record, draft_id: str, edit: Callable[[str], NewRevision]) -> None:
    """No text slips in with a rejection; no edit comes without one."""
    for kind, revision in ((DecisionKind.REJECT, edit(TEXT)), (DecisionKind.EDIT, None)):
        with pytest.raises(DecisionRefused, match="only an edit"):
            record.decide(draft_id, version=1, decision=decision(kind), revision=revision)


def test_an_assessment_of_another_text_is_refused(record: Record, draft_id: str, samples: Any) -> None:
    """What the reviewer sees beside the text was found in the text."""
    revision = NewRevision(text="Kühl.", author="Ada", assessment=samples.assessment(TEXT))
    with pytest.raises(StoreError, match="assessment"):
        record.decide(draft_id, version=1, decision=decision(DecisionKind.EDIT, "Kühl."), revision=revision)


def test_an_unknown_draft_is_said_to_be_unknown(record: Record) -> None:
    """Nothing is decided about nothing."""
    with pytest.raises(UnknownDraft, match="'none'"):
        record.decide("none", version=1, decision=decision())
    with pytest.raises(UnknownDraft, match="'none'"):
        record.sheet("none")


def test_approved_text_is_remembered(record: Record, draft_id: str, samples: Any) -> None:
    """The next draft of the same source for this brand and locale can be shown it."""
    record.decide(draft_id, version=1, decision=decision())
    (match,) = record.recall("eu", "aqualis", "de-DE", samples.brief.segments[0].source)
    assert (match.target, match.channel, match.exact) == (TEXT, "push", True)
    assert match.decision_id == record.sheet(draft_id).decisions[0].id


def test_memory_ends_with_the_approval(record: Record, draft_id: str) -> None:
    """A text that is no longer approved is recalled to nobody."""
    record.decide(draft_id, version=1, decision=decision())
    record.decide(draft_id, version=2, decision=decision(DecisionKind.SEND_BACK))
    assert record.recall("eu", "aqualis", "de-DE", "x") == []


def test_memory_holds_the_edited_text(record: Record, draft_id: str, edit: Callable[[str], NewRevision]) -> None:
    """What was approved is what is remembered, once, however often it was sent back."""
    record.decide(draft_id, version=1, decision=decision())
    record.decide(draft_id, version=2, decision=decision(DecisionKind.SEND_BACK))
    record.decide(draft_id, version=3, decision=decision(DecisionKind.EDIT, "Kühl."), revision=edit("Kühl."))
    assert [match.target for match in record.recall("eu", "aqualis", "de-DE", "x")] == ["Kühl."]


def test_a_decision_that_is_cut_off_never_happened(
    record: Record, draft_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Status, revision, decision and memory are one transaction."""

    def die(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(deciding, "_remember", die)
        with pytest.raises(KeyboardInterrupt):
            record.decide(draft_id, version=1, decision=decision())
    sheet = record.sheet(draft_id)
    assert (sheet.status, sheet.version, sheet.decisions) == (DraftStatus.IN_REVIEW, 1, ())
