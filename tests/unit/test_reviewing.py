"""Rules of the review desk: what a decision must have, and what always holds whoever decides what."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from pipeline import reviewing
from pipeline.domain.decision import Decision, DecisionKind
from pipeline.domain.draft import TRANSITIONS, DraftStatus, Unit
from pipeline.domain.value import text_digest
from pipeline.errors import DecisionRefused, ForbiddenTransition, GlocalError, StaleDraft, UnknownDraft
from pipeline.reviewing import Desk
from pipeline.store.record import Record, open_record

TEXT = "Kaltes Wasser."
BLOCKED = "Heilt alles."
Reasoned = Callable[..., Decision]
NEEDS_REASON = [reviewing.request_changes, reviewing.reject, reviewing.send_back]


def make_desk(record: Record, samples: Any) -> Desk:
    """A desk whose checks find a blocking issue in one text, and none in any other."""

    def assess(unit: Unit, text: str) -> Any:
        assert unit == samples.draft(samples.provenance(unit.locale)).unit
        return samples.assessment(text, blocked=text == BLOCKED)

    return Desk(record=record, assess=assess, channel_of={"push": samples.channel}.__getitem__)


@pytest.fixture
def desk(tmp_path: Path, samples: Any) -> Any:
    with open_record(f"sqlite:///{tmp_path / 'glocal.db'}") as record:
        yield make_desk(record, samples)


@pytest.fixture
def draft_id(desk: Desk, samples: Any) -> str:
    return samples.stored(desk.record, samples.provenance(), TEXT)


def test_an_approval_is_about_the_text_that_was_read(desk: Desk, draft_id: str) -> None:
    """The decision carries its digest, and the reviewer's name without the blanks around it."""
    decision = reviewing.approve(desk, draft_id, version=1, reviewer="  Ada ")
    assert (decision.kind, decision.reviewer, decision.text_sha256) == (DecisionKind.APPROVE, "Ada", text_digest(TEXT))
    assert reviewing.open_sheet(desk, draft_id).status is DraftStatus.APPROVED


def test_an_edit_is_checked_again(desk: Desk, draft_id: str, samples: Any) -> None:
    """The new revision is the reviewer's, with an assessment of its own."""
    decision = reviewing.edit_and_approve(desk, draft_id, version=1, reviewer="Ada", text="Kühl.")
    sheet = reviewing.open_sheet(desk, draft_id)
    assert (decision.kind, decision.text_sha256) == (DecisionKind.EDIT, text_digest("Kühl."))
    assert (sheet.text, sheet.revision.author) == ("Kühl.", "Ada")
    assert sheet.assessment == samples.assessment("Kühl.")


def test_an_edit_that_changes_nothing_is_an_approval(desk: Desk, draft_id: str) -> None:
    """No second revision with the same text."""
    decision = reviewing.edit_and_approve(desk, draft_id, version=1, reviewer="Ada", text=TEXT)
    assert decision.kind is DecisionKind.APPROVE
    assert len(reviewing.open_sheet(desk, draft_id).revisions) == 1


def test_a_forms_line_breaks_are_the_only_thing_that_changes(desk: Desk, draft_id: str) -> None:
    """No-break spaces, blanks at the end and joiners are typography: they stay."""
    typed = "  Fraîche\u202f!\r\nToute la\u00a0journée\u200d \rfin "
    reviewing.edit_and_approve(desk, draft_id, version=1, reviewer="Ada", text=typed)
    assert reviewing.open_sheet(desk, draft_id).text == "  Fraîche\u202f!\nToute la\u00a0journée\u200d \nfin "


@pytest.mark.parametrize("text", ["", " \r\n", "\u00a0\u200b\u2060"])
def test_an_empty_edit_is_refused(desk: Desk, draft_id: str, text: str) -> None:
    """Nothing to see is nothing to approve."""
    with pytest.raises(DecisionRefused, match="the text is empty"):
        reviewing.edit_and_approve(desk, draft_id, version=1, reviewer="Ada", text=text)


def test_an_edit_has_a_greatest_length(desk: Desk, draft_id: str) -> None:
    """The limit itself passes."""
    with pytest.raises(DecisionRefused, match="longer than 10,000"):
        reviewing.edit_and_approve(desk, draft_id, version=1, reviewer="Ada", text="ä" * 10_001)
    reviewing.edit_and_approve(desk, draft_id, version=1, reviewer="Ada", text="ä" * 10_000)


@pytest.mark.parametrize("odd", ["\0", "\ud83d"])
def test_what_cannot_be_stored_is_refused(desk: Desk, draft_id: str, odd: str) -> None:
    """In the text, in the name and in the reason: before anything is written."""
    for given in ({"text": f"a{odd}"}, {"text": "a", "reviewer": f"a{odd}"}, {"text": "a", "reason": f"a{odd}"}):
        with pytest.raises(DecisionRefused, match="cannot be stored"):
            reviewing.edit_and_approve(desk, draft_id, version=1, **({"reviewer": "Ada"} | given))
    assert reviewing.open_sheet(desk, draft_id).version == 1


@pytest.mark.parametrize(
    ("reviewer", "message"), [("", "missing"), (" \t", "missing"), ("x" * 201, "longer"), ("Model:x", "'model:'")]
)
def test_a_reviewer_has_a_name_of_their_own(desk: Desk, draft_id: str, reviewer: str, message: str) -> None:
    """A decision without a person, or in a model's name, is none."""
    with pytest.raises(DecisionRefused, match=message):
        reviewing.approve(desk, draft_id, version=1, reviewer=reviewer)


@pytest.mark.parametrize("use_case", NEEDS_REASON)
def test_a_refusal_has_a_reason(desk: Desk, draft_id: str, use_case: Reasoned) -> None:
    """Whoever writes the next text must know what was wrong with this one."""
    with pytest.raises(DecisionRefused, match="a reason is missing"):
        use_case(desk, draft_id, version=1, reviewer="Ada", reason=" \r\n")
    assert reviewing.open_sheet(desk, draft_id).version == 1


@pytest.mark.parametrize(
    ("use_case", "status"),
    [(reviewing.request_changes, DraftStatus.CHANGES_REQUESTED), (reviewing.reject, DraftStatus.REJECTED)],
)
def test_a_refusal_is_kept_with_its_reason(desk: Desk, draft_id: str, use_case: Reasoned, status: DraftStatus) -> None:
    """And leads where its name says."""
    use_case(desk, draft_id, version=1, reviewer="Ada", reason="Zu\r\nlaut. ")
    sheet = reviewing.open_sheet(desk, draft_id)
    assert (sheet.status, sheet.decisions[-1].decision.reason) == (status, "Zu\nlaut.")


def test_what_is_sent_back_is_in_review_again(desk: Desk, draft_id: str) -> None:
    """And no longer approved."""
    reviewing.approve(desk, draft_id, version=1, reviewer="Ada")
    reviewing.send_back(desk, draft_id, version=2, reviewer="Bo", reason="Die Regel ist neu.")
    assert reviewing.open_sheet(desk, draft_id).status is DraftStatus.IN_REVIEW


def test_a_blocking_issue_needs_a_reason(desk: Desk, samples: Any) -> None:
    """The refusal names what was found; with a reason the human decides."""
    draft_id = samples.stored(desk.record, samples.provenance(), BLOCKED, blocked=True)
    with pytest.raises(DecisionRefused, match="claim: a claim without evidence"):
        reviewing.approve(desk, draft_id, version=1, reviewer="Ada")
    reviewing.approve(desk, draft_id, version=1, reviewer="Ada", reason="Belegt in der Studie von 2025.")
    assert reviewing.open_sheet(desk, draft_id).status is DraftStatus.APPROVED


def test_an_edit_with_a_blocking_issue_needs_a_reason(desk: Desk, draft_id: str) -> None:
    """What the checks say of the reviewer's own text counts as much."""
    with pytest.raises(DecisionRefused, match="claim without evidence"):
        reviewing.edit_and_approve(desk, draft_id, version=1, reviewer="Ada", text=BLOCKED)
    reviewing.edit_and_approve(desk, draft_id, version=1, reviewer="Ada", text=BLOCKED, reason="Belegt.")


def test_who_comes_late_is_told_before_anything_else(desk: Desk, draft_id: str) -> None:
    """Even when the late decision lacks something, that is not what it is about."""
    reviewing.approve(desk, draft_id, version=1, reviewer="Ada")
    with pytest.raises(StaleDraft, match="version 2"):
        reviewing.reject(desk, draft_id, version=1, reviewer="", reason="")


def test_an_unknown_draft_cannot_be_opened(desk: Desk) -> None:
    """It may belong to another database."""
    with pytest.raises(UnknownDraft):
        reviewing.open_sheet(desk, "none")


def test_the_desk_offers_what_the_status_allows(desk: Desk, draft_id: str) -> None:
    """Nothing is offered that would be forbidden."""
    offered = reviewing.allowed_decisions(reviewing.open_sheet(desk, draft_id))
    assert set(offered) == set(DecisionKind) - {DecisionKind.SEND_BACK}
    reviewing.approve(desk, draft_id, version=1, reviewer="Ada")
    assert reviewing.allowed_decisions(reviewing.open_sheet(desk, draft_id)) == (DecisionKind.SEND_BACK,)


def test_a_reviewer_sees_what_was_approved_before(desk: Desk, draft_id: str, samples: Any) -> None:
    """Of the same brand and locale; a draft's own approval is no precedent for itself."""
    other = samples.stored(desk.record, samples.provenance(seed=1), "Eiskalt.")
    for approved in (draft_id, other):
        reviewing.approve(desk, approved, version=1, reviewer="Ada")
    sheet = reviewing.open_sheet(desk, draft_id)
    assert [(match.target, match.exact) for match in reviewing.recall_for(desk, sheet)] == [("Eiskalt.", True)]
    assert reviewing.recall_for(desk, sheet, limit=0) == []


class ReviewQueue(RuleBasedStateMachine):
    """Reviewers who do anything at all, in any order, also on versions that are gone."""

    def __init__(self, desk: Desk, draft_ids: list[str]) -> None:
        super().__init__()
        self.desk = desk
        self.draft_ids = draft_ids

    @rule(index=st.integers(0, 2), late=st.booleans(), reason=st.sampled_from(["", "Darum."]))
    def approve(self, index: int, late: bool, reason: str) -> None:
        self._decide(DecisionKind.APPROVE, reviewing.approve, index, late=late, reason=reason)

    @rule(index=st.integers(0, 2), late=st.booleans(), text=st.sampled_from([TEXT, "Kühl.", BLOCKED, ""]))
    def edit(self, index: int, late: bool, text: str) -> None:
        self._decide(DecisionKind.EDIT, reviewing.edit_and_approve, index, late=late, text=text)

    @rule(index=st.integers(0, 2), late=st.booleans(), reason=st.sampled_from(["", "Darum."]))
    def request_changes(self, index: int, late: bool, reason: str) -> None:
        self._decide(DecisionKind.REQUEST_CHANGES, reviewing.request_changes, index, late=late, reason=reason)

    @rule(index=st.integers(0, 2), late=st.booleans(), reason=st.sampled_from(["", "Darum."]))
    def reject(self, index: int, late: bool, reason: str) -> None:
        self._decide(DecisionKind.REJECT, reviewing.reject, index, late=late, reason=reason)

    @rule(index=st.integers(0, 2), reason=st.sampled_from(["", "Darum."]))
    @precondition(lambda self: any(self._sheet(index).decisions for index in range(3)))
    def send_back(self, index: int, reason: str) -> None:
        self._decide(DecisionKind.SEND_BACK, reviewing.send_back, index, late=False, reason=reason)

    @invariant()
    def approved_means_that_the_latest_decision_approves_exactly_this_text(self) -> None:
        for sheet in map(self._sheet, range(3)):
            latest = sheet.decisions[-1].decision if sheet.decisions else None
            approves = latest is not None and latest.kind.leads_to is DraftStatus.APPROVED
            holds = approves and latest is not None and latest.text_sha256 == text_digest(sheet.text)
            assert (sheet.status is DraftStatus.APPROVED) == approves == holds

    @invariant()
    def memory_holds_exactly_the_approved_texts(self) -> None:
        sheets = [self._sheet(index) for index in range(3)]
        campaign = sheets[0].campaign
        matches = self.desk.record.recall(campaign.region, campaign.brand.id, "de-DE", "x", limit=50)
        approved = sorted(sheet.text for sheet in sheets if sheet.status is DraftStatus.APPROVED)
        assert sorted(match.target for match in matches) == approved

    @invariant()
    def every_version_was_decided_once(self) -> None:
        for sheet in map(self._sheet, range(3)):
            assert [stored.version for stored in sheet.decisions] == list(range(1, sheet.version))

    @invariant()
    def only_an_approved_text_leaves(self) -> None:
        sheets = {sheet.id: sheet for sheet in map(self._sheet, range(3))}
        for item in self.desk.record.approved(next(iter(sheets.values())).campaign.id):
            sheet = sheets[item.draft_id]
            assert (sheet.status, sheet.text, sheet.version) == (DraftStatus.APPROVED, item.text, item.version)

    def _sheet(self, index: int) -> Any:
        return reviewing.open_sheet(self.desk, self.draft_ids[index])

    def _decide(self, kind: DecisionKind, use_case: Reasoned, index: int, *, late: bool, **given: str) -> None:
        """Decide; what is refused must change nothing, what is done must lead where the decision leads."""
        before = self._sheet(index)
        version = before.version - 1 if late else before.version
        refused = _refusal(lambda: use_case(self.desk, before.id, version=version, reviewer="Ada", **given))
        after = self._sheet(index)
        assert (refused is StaleDraft) == late
        allowed = kind.leads_to in TRANSITIONS[before.status]
        assert refused is not ForbiddenTransition if allowed else refused is not None
        assert after == before if refused else after.status is kind.leads_to


def _refusal(decide: Callable[[], Decision]) -> type[GlocalError] | None:
    try:
        decide()
    except (DecisionRefused, ForbiddenTransition, StaleDraft) as refused:
        return type(refused)
    return None


def test_whatever_reviewers_do_the_record_holds(tmp_path: Path, samples: Any) -> None:
    """Approved always means that the latest decision approves exactly the current text."""
    made = iter(range(1_000_000))

    def fresh() -> ReviewQueue:
        record = open_record(f"sqlite:///{tmp_path / f'{next(made)}.db'}")
        desk = make_desk(record, samples)
        stored = [samples.stored(record, samples.provenance(seed=seed), f"T{seed}") for seed in range(3)]
        machine = ReviewQueue(desk, stored)
        machine.teardown = record.close  # type: ignore[method-assign]
        return machine

    quick = settings(
        max_examples=20,
        stateful_step_count=12,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(fresh, settings=quick)  # type: ignore[arg-type]
