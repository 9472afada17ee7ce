"""The desk's own words for statuses, decisions, names and moments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.domain.decision import DecisionKind

DONE = {
    DecisionKind.APPROVE: "Approved.",
    DecisionKind.EDIT: "Your text was saved and approved.",
    DecisionKind.REQUEST_CHANGES: "Changes requested.",
    DecisionKind.REJECT: "Rejected.",
    DecisionKind.SEND_BACK: "Back in review.",
}
"""What a page says after a decision."""

DECIDED = {
    DecisionKind.APPROVE: "approved the text",
    DecisionKind.EDIT: "edited the text and approved it",
    DecisionKind.REQUEST_CHANGES: "requested changes",
    DecisionKind.REJECT: "rejected the text",
    DecisionKind.SEND_BACK: "sent the draft back to review",
}
"""What somebody did, after their name."""

_STEPS = ((timedelta(days=1), "d"), (timedelta(hours=1), "h"), (timedelta(minutes=1), "min"))


@dataclass(frozen=True)
class Moment:
    """A moment for people: how long ago in short, the exact time, and the form that machines read."""

    ago: str
    exact: str
    machine: str


def moment_of(then: datetime, now: datetime) -> Moment:
    """A moment as seen from now; one in the future, by a clock that goes ahead, is now."""
    return Moment(_ago(now - then), f"{then:%Y-%m-%d %H:%M} UTC", then.isoformat(timespec="seconds"))


def words_of(name: str) -> str:
    """A code name as words: `changes_requested` is `Changes requested`."""
    return name.replace("_", " ").replace("-", " ").capitalize()


def _ago(passed: timedelta) -> str:
    for step, unit in _STEPS:
        if passed >= step:
            return f"{passed // step} {unit}"
    return "now"
