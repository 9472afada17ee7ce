"""What a human decided, about exactly which text."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pipeline.domain.draft import DraftStatus
from pipeline.domain.value import Value


class DecisionKind(StrEnum):
    """The four things a reviewer can do, and `send_back`, done when an approval no longer holds."""

    APPROVE = "approve"
    EDIT = "edit"
    REQUEST_CHANGES = "request_changes"
    REJECT = "reject"
    SEND_BACK = "send_back"

    @property
    def leads_to(self) -> DraftStatus:
        """The status that a draft has after this decision. An edit is an approval of the edited text."""
        return _LEADS_TO[self]


_LEADS_TO = {
    DecisionKind.APPROVE: DraftStatus.APPROVED,
    DecisionKind.EDIT: DraftStatus.APPROVED,
    DecisionKind.REQUEST_CHANGES: DraftStatus.CHANGES_REQUESTED,
    DecisionKind.REJECT: DraftStatus.REJECTED,
    DecisionKind.SEND_BACK: DraftStatus.IN_REVIEW,
}


class Decision(Value):
    """One decision, bound to the digest of the exact text; `decided_at` is in UTC."""

    kind: DecisionKind
    reviewer: str
    reason: str
    text_sha256: str
    decided_at: datetime
