"""What comes in: where a reviewer is in the queue and the form of a decision, as values; and what it then does.

Names, limits and reasons are judged by `pipeline.reviewing`, not here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from pipeline.domain.decision import Decision, DecisionKind
from pipeline.domain.draft import DraftStatus
from pipeline.errors import DecisionRefused
from pipeline.reviewing import Desk, approve, edit_and_approve, reject, request_changes, send_back

_Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{0,64}$")]

_Count = Annotated[int, Field(ge=0, le=1_000_000_000)]
"""A place or a version; databases count no further than 2**63."""


class Filter(BaseModel):
    """Which drafts a reviewer is working through; `at` is their place in that queue, from 0."""

    model_config = ConfigDict(frozen=True)

    locale: _Name = ""
    status: DraftStatus | Literal["all"] = DraftStatus.IN_REVIEW
    campaign: _Name = ""
    at: _Count = 0

    @property
    def wanted_status(self) -> DraftStatus | None:
        """The status asked for; None for all."""
        return None if self.status == "all" else self.status

    def query(self, **changed: object) -> str:
        """The filter as the query of an address, with its `?`; what is empty is left out."""
        status = "" if self.status is DraftStatus.IN_REVIEW else self.status
        fields = {"locale": self.locale, "status": status, "campaign": self.campaign, "at": self.at or ""}
        named = {name: str(value) for name, value in (fields | changed).items() if value != ""}
        return f"?{urlencode(named)}" if named else ""


class Asked(Filter):
    """A filter and what else an address may say: what was just `done` to which draft, the candidate to start from."""

    done: DecisionKind | None = None
    was: _Name = ""
    candidate: _Count = 0

    @property
    def filter(self) -> Filter:
        """The filter alone."""
        return Filter(locale=self.locale, status=self.status, campaign=self.campaign, at=self.at)


class DecisionForm(BaseModel):
    """A decision as it was sent; `version` is the draft's as the reviewer saw it."""

    model_config = ConfigDict(frozen=True)

    action: DecisionKind
    version: _Count
    token: Annotated[str, StringConstraints(max_length=200)] = ""
    reviewer: str = ""
    text: str = ""
    reason: str = ""

    def changes(self, stored: str) -> bool:
        """Whether the text differs from a stored one in more than the line breaks, which a form sends as CR LF."""
        return _line_feeds(self.text) != _line_feeds(stored)


def take_decision(desk: Desk, draft_id: str, form: DecisionForm) -> Decision:
    """Do what the form asks for; every GlocalError that the use case raises."""
    return _TAKE[form.action](desk, draft_id, form)


def _approve(desk: Desk, draft_id: str, form: DecisionForm) -> Decision:
    sheet = desk.record.sheet(draft_id)
    if sheet.version == form.version and form.changes(sheet.text):
        raise DecisionRefused(
            "the text in the form is not the draft's",
            hint="Choose “Save edit and approve” to approve what you wrote, or put the draft's text back.",
        )
    return approve(desk, draft_id, version=form.version, reviewer=form.reviewer, reason=form.reason)


def _edit(desk: Desk, draft_id: str, form: DecisionForm) -> Decision:
    return edit_and_approve(
        desk, draft_id, version=form.version, reviewer=form.reviewer, text=form.text, reason=form.reason
    )


def _request_changes(desk: Desk, draft_id: str, form: DecisionForm) -> Decision:
    return request_changes(desk, draft_id, version=form.version, reviewer=form.reviewer, reason=form.reason)


def _reject(desk: Desk, draft_id: str, form: DecisionForm) -> Decision:
    return reject(desk, draft_id, version=form.version, reviewer=form.reviewer, reason=form.reason)


def _send_back(desk: Desk, draft_id: str, form: DecisionForm) -> Decision:
    return send_back(desk, draft_id, version=form.version, reviewer=form.reviewer, reason=form.reason)


_TAKE: dict[DecisionKind, Callable[[Desk, str, DecisionForm], Decision]] = {
    DecisionKind.APPROVE: _approve,
    DecisionKind.EDIT: _edit,
    DecisionKind.REQUEST_CHANGES: _request_changes,
    DecisionKind.REJECT: _reject,
    DecisionKind.SEND_BACK: _send_back,
}


def _line_feeds(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
