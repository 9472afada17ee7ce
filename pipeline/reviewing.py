"""What a reviewer can do with a draft: open it, approve it, edit it, ask for changes, reject it, send it back.

Each decision names its reviewer, is bound to the digest of the exact text, and is made on the version that
the reviewer saw. Knows the record and a way to assess a text; knows nothing of HTTP or of pages.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from pipeline.domain.assessment import Assessment
from pipeline.domain.channel import Channel
from pipeline.domain.decision import Decision, DecisionKind
from pipeline.domain.draft import TRANSITIONS, Unit
from pipeline.errors import DecisionRefused, StaleDraft
from pipeline.store.record import Record
from pipeline.store.rows import DraftSheet, MemoryMatch, NewRevision

MAX_TEXT = 10_000
"""Code points that an edited text or a reason may have."""

MAX_NAME = 200
"""Code points that a reviewer's name may have."""


@dataclass(frozen=True)
class Desk:
    """What human decisions need: the record, a way to assess a text, and the channels by id."""

    record: Record
    assess: Callable[[Unit, str], Assessment]
    channel_of: Callable[[str], Channel]


def open_sheet(desk: Desk, draft_id: str) -> DraftSheet:
    """Everything about one draft; UnknownDraft."""
    return desk.record.sheet(draft_id)


def recall_for(desk: Desk, sheet: DraftSheet, limit: int = 5) -> list[MemoryMatch]:
    """What was approved before for the same brand and locale, this draft's own approval left out."""
    own = {stored.id for stored in sheet.decisions}
    campaign = sheet.campaign
    found = desk.record.recall(campaign.region, campaign.brand.id, sheet.locale, sheet.source, limit + 1)
    return [match for match in found if match.decision_id not in own][:limit]


def allowed_decisions(sheet: DraftSheet) -> tuple[DecisionKind, ...]:
    """The decisions that the draft's status allows."""
    return tuple(kind for kind in DecisionKind if kind.leads_to in TRANSITIONS[sheet.status])


def approve(desk: Desk, draft_id: str, *, version: int, reviewer: str, reason: str = "") -> Decision:
    """Approve the text as it stands; a text with a blocking issue only with a reason."""
    sheet = _sheet_at(desk, draft_id, version)
    return _approve(desk, sheet, _name(reviewer), _stated(reason))


def edit_and_approve(
    desk: Desk, draft_id: str, *, version: int, reviewer: str, text: str, reason: str = ""
) -> Decision:
    """Check the reviewer's own text, keep it as a new revision, and approve it. No change is a plain approval."""
    sheet, name, why = _sheet_at(desk, draft_id, version), _name(reviewer), _stated(reason)
    written = _edited(text)
    if written == sheet.text:
        return _approve(desk, sheet, name, why)
    revision = NewRevision(text=written, author=name, assessment=desk.assess(_unit_of(desk, sheet), written))
    _check_blocking(revision.assessment, why)
    return _decide(desk, sheet, DecisionKind.EDIT, name, why, revision)


def request_changes(desk: Desk, draft_id: str, *, version: int, reviewer: str, reason: str) -> Decision:
    """Ask for another text, and say what is wrong with this one."""
    return _decide_with_reason(desk, draft_id, version, DecisionKind.REQUEST_CHANGES, reviewer, reason)


def reject(desk: Desk, draft_id: str, *, version: int, reviewer: str, reason: str) -> Decision:
    """Refuse the draft, and say why."""
    return _decide_with_reason(desk, draft_id, version, DecisionKind.REJECT, reviewer, reason)


def send_back(desk: Desk, draft_id: str, *, version: int, reviewer: str, reason: str) -> Decision:
    """Put a decided draft back into review, and say why; an approved text leaves the memory."""
    return _decide_with_reason(desk, draft_id, version, DecisionKind.SEND_BACK, reviewer, reason)


def _decide_with_reason(
    desk: Desk, draft_id: str, version: int, kind: DecisionKind, reviewer: str, reason: str
) -> Decision:
    sheet, name, why = _sheet_at(desk, draft_id, version), _name(reviewer), _stated(reason)
    if not why:
        raise DecisionRefused("a reason is missing: say what is wrong, so that it can be put right")
    return _decide(desk, sheet, kind, name, why)


def _approve(desk: Desk, sheet: DraftSheet, reviewer: str, reason: str) -> Decision:
    _check_blocking(sheet.assessment, reason)
    return _decide(desk, sheet, DecisionKind.APPROVE, reviewer, reason)


def _decide(
    desk: Desk,
    sheet: DraftSheet,
    kind: DecisionKind,
    reviewer: str,
    reason: str,
    revision: NewRevision | None = None,
) -> Decision:
    digest = sheet.revision.text_sha256 if revision is None else revision.text_sha256
    decision = Decision(kind=kind, reviewer=reviewer, reason=reason, text_sha256=digest, decided_at=datetime.now(UTC))
    desk.record.decide(sheet.id, version=sheet.version, decision=decision, revision=revision)
    return decision


def _sheet_at(desk: Desk, draft_id: str, version: int) -> DraftSheet:
    """The draft as the reviewer saw it. Looking first tells them so before anything else is asked of them."""
    sheet = desk.record.sheet(draft_id)
    if sheet.version != version:
        raise StaleDraft(f"somebody else decided first: the draft is at version {sheet.version} now")
    return sheet


def _unit_of(desk: Desk, sheet: DraftSheet) -> Unit:
    return Unit(
        brief=sheet.brief,
        brand=sheet.brand,
        segment=sheet.brief.segment(sheet.segment_id),
        channel=desk.channel_of(sheet.channel),
        locale=sheet.locale,
    )


def _check_blocking(assessment: Assessment, reason: str) -> None:
    blocking = [f"{issue.check}: {issue.message}" for issue in assessment.issues if issue.blocking]
    if blocking and not reason:
        raise DecisionRefused(f"a text with a blocking issue is approved only with a reason ({'; '.join(blocking)})")


def _name(reviewer: str) -> str:
    name = _storable(reviewer.strip(), "the reviewer's name", MAX_NAME)
    if _looks_empty(name):
        raise DecisionRefused("the reviewer's name is missing")
    if name.lower().startswith("model:"):
        raise DecisionRefused("a reviewer's name cannot start with 'model:', which marks what a model wrote")
    return name


def _stated(reason: str) -> str:
    why = _storable(_one_line_break(reason).strip(), "the reason", MAX_TEXT)
    return "" if _looks_empty(why) else why


def _edited(text: str) -> str:
    # A form sends every line break as CR LF. Nothing else is touched: spaces that do not break are typography.
    written = _storable(_one_line_break(text), "the text", MAX_TEXT)
    if _looks_empty(written):
        raise DecisionRefused("the text is empty")
    return written


def _one_line_break(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _looks_empty(text: str) -> bool:
    """True when there is nothing to see: only separators, controls and marks without a shape of their own."""
    return all(unicodedata.category(character)[0] in "ZC" for character in text)


def _storable(text: str, what: str, limit: int) -> str:
    if len(text) > limit:
        raise DecisionRefused(f"{what} is longer than {limit:,} characters")
    if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text):
        raise DecisionRefused(f"{what} holds a character that cannot be stored (NUL or half a surrogate pair)")
    return text
