"""Does an approval still hold? Asked before anything leaves: packs, terms and models change after a decision.

Knows nothing of export formats. A text that no longer passes goes back to its reviewer with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pipeline.domain.approved import ApprovedText
from pipeline.domain.brand import Brand
from pipeline.domain.brief import Brief
from pipeline.domain.choice import Rejection
from pipeline.domain.decision import Decision, DecisionKind
from pipeline.domain.draft import Unit
from pipeline.domain.issue import Issue
from pipeline.errors import UnknownChannel
from pipeline.resources.library import Library
from pipeline.selection.choose import endpoint_objection, objection
from pipeline.selection.request import Availability, Request
from pipeline.store.record import Record

AUDITOR = "glocal re-audit"
"""Who sends a text back when no person did."""


@dataclass(frozen=True)
class Auditor:
    """What a re-audit needs: the record, today's packs and model cards, and the checks."""

    record: Record
    library: Library
    availability: Availability
    issues_of: Callable[[Unit, str], Sequence[Issue]]


@dataclass(frozen=True)
class Verdict:
    """The texts whose approval holds, and those sent back, each with the reason."""

    holds: tuple[ApprovedText, ...]
    sent_back: tuple[tuple[ApprovedText, str], ...]


def reaudit(auditor: Auditor, brief: Brief, brand: Brand, approved: Sequence[ApprovedText]) -> Verdict:
    """Check approved texts against today's rules, `brand` as it is today; send back what no longer passes."""
    holds, sent_back = [], []
    for item in approved:
        reason = _objection(auditor, brief, brand, item)
        if reason is None:
            holds.append(item)
        else:
            _send_back(auditor.record, item, reason)
            sent_back.append((item, reason))
    return Verdict(tuple(holds), tuple(sent_back))


def _objection(auditor: Auditor, brief: Brief, brand: Brand, item: ApprovedText) -> str | None:
    """Why an approval no longer holds, or None. What the reviewer saw and accepted is not raised again."""
    revoked = _model_objection(auditor, item)
    if revoked is not None:
        return revoked
    try:
        unit = _unit_of(auditor.library, brief, brand, item)
    except UnknownChannel as gone:
        return str(gone)
    accepted = {(issue.check, issue.message) for issue in item.assessment.issues}
    issues = auditor.issues_of(unit, item.text)
    fresh = [issue for issue in issues if issue.blocking and (issue.check, issue.message) not in accepted]
    return f"{fresh[0].check}: {fresh[0].message}" if fresh else None


def _model_objection(auditor: Auditor, item: ApprovedText) -> str | None:
    """Why the model that wrote a text may no longer write for its market, by today's catalog and policy."""
    library = auditor.library
    card = library.model_card(item.provenance.model_id)
    if card is None:
        return f"the model {item.provenance.model_id} is no longer in the catalog"
    pack = library.find_locale(item.locale)
    policy = library.policy
    request = Request.of_market(pack, policy) if pack else Request.of_locale(item.locale, policy)
    rejected = objection(card, request) or _endpoint_objection(auditor, item, request)
    return f"the model {card.id} may no longer write for {item.locale}: {rejected.reason}" if rejected else None


def _endpoint_objection(auditor: Auditor, item: ApprovedText, request: Request) -> Rejection | None:
    """Why the endpoint that wrote a text could not be used today; nothing is known of one that is no longer there."""
    runs_on = item.provenance.choice.runs_on
    endpoint = next((found for found in auditor.availability.endpoints if found.id == runs_on), None)
    return endpoint_objection(endpoint, request, auditor.availability) if endpoint else None


def _unit_of(library: Library, brief: Brief, brand: Brand, item: ApprovedText) -> Unit:
    return Unit(
        brief=brief,
        brand=brand,
        segment=brief.segment(item.segment),
        channel=library.channel(item.channel),
        locale=item.locale,
    )


def _send_back(record: Record, item: ApprovedText, reason: str) -> None:
    decision = Decision(
        kind=DecisionKind.SEND_BACK,
        reviewer=AUDITOR,
        reason=reason,
        text_sha256=item.decision.text_sha256,
        decided_at=datetime.now(UTC),
    )
    record.decide(item.draft_id, version=item.version, decision=decision, revision=None)
