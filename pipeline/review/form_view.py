"""The form of a decision as a page shows it: what may be decided, what was typed, and what stood in the way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipeline.domain.decision import DecisionKind
from pipeline.errors import GlocalError, StaleDraft
from pipeline.review.comparing import Comparison, compare_words
from pipeline.review.draft_view import Event, view_decision
from pipeline.review.forms import DecisionForm
from pipeline.review.marking import Piece, mark_text
from pipeline.reviewing import allowed_decisions
from pipeline.store.rows import DraftSheet

LABELS = {
    DecisionKind.APPROVE: "Approve",
    DecisionKind.EDIT: "Save edit and approve",
    DecisionKind.REQUEST_CHANGES: "Request changes",
    DecisionKind.REJECT: "Reject",
    DecisionKind.SEND_BACK: "Send back to review",
}
"""What the buttons say."""


@dataclass(frozen=True)
class Button:
    """One decision that the draft's status allows."""

    action: DecisionKind
    label: str


@dataclass(frozen=True)
class Problem:
    """Why nothing was saved, and what to do."""

    message: list[Piece]
    hint: list[Piece]


@dataclass(frozen=True)
class Conflict:
    """What others did since the reviewer opened the draft, and the two texts side by side."""

    events: list[Event]
    comparison: Comparison
    same_text: bool


@dataclass(frozen=True)
class FormView:
    """What stands in the form; `shows_text` when the status allows an edit, or a text was typed that must be kept."""

    version: int
    reviewer: str
    text: str
    reason: str
    buttons: list[Button]
    shows_text: bool
    problem: Problem | None = None
    conflict: Conflict | None = None
    from_candidate: int = 0

    @property
    def can_edit(self) -> bool:
        """Whether the draft's status allows an edit."""
        return any(button.action is DecisionKind.EDIT for button in self.buttons)


def blank_form(sheet: DraftSheet, reviewer: str, candidate: int = 0) -> FormView:
    """A form to start with: the draft's text, or that of the candidate of a rank from 1."""
    chosen = candidate if 1 <= candidate <= len(sheet.candidates) else 0
    return FormView(
        version=sheet.version,
        reviewer=reviewer,
        text=sheet.candidates[chosen - 1].text if chosen else sheet.text,
        reason="",
        buttons=_buttons(sheet),
        shows_text=_may_edit(sheet),
        from_candidate=chosen,
    )


def kept_form(sheet: DraftSheet, sent: DecisionForm, error: GlocalError | None, now: datetime) -> FormView:
    """The form as it was sent, on the draft as it stands now, with what stood in the way."""
    return FormView(
        version=sheet.version,
        reviewer=sent.reviewer,
        text=sent.text,
        reason=sent.reason,
        buttons=_buttons(sheet),
        shows_text=_may_edit(sheet) or sent.changes(sheet.text),
        problem=problem_of(error) if error else None,
        conflict=_conflict(sheet, sent, now) if isinstance(error, StaleDraft) else None,
    )


def problem_of(error: GlocalError) -> Problem:
    """An error in its own words; the page ends the sentence."""
    return Problem(mark_text(str(error).rstrip(".")), mark_text(error.hint))


def _buttons(sheet: DraftSheet) -> list[Button]:
    return [Button(kind, LABELS[kind]) for kind in allowed_decisions(sheet)]


def _may_edit(sheet: DraftSheet) -> bool:
    return DecisionKind.EDIT in allowed_decisions(sheet)


def _conflict(sheet: DraftSheet, sent: DecisionForm, now: datetime) -> Conflict:
    since = [view_decision(sheet, stored, now) for stored in sheet.decisions if stored.version >= sent.version]
    return Conflict(since, compare_words(sheet.text, sent.text), same_text=not sent.changes(sheet.text))
