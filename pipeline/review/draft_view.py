"""One draft as a page shows it: the text, what was found out about it, where it came from, what happened to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.domain.assessment import LanguageFinding, Score
from pipeline.domain.brand import Pillar
from pipeline.domain.candidate import Candidate
from pipeline.domain.channel import Channel
from pipeline.domain.counting import CountingUnit, count_graphemes
from pipeline.domain.draft import DraftStatus
from pipeline.domain.issue import Issue, Severity
from pipeline.domain.provenance import Provenance
from pipeline.errors import UnknownChannel
from pipeline.review.marking import Piece, mark_text
from pipeline.review.office import Office
from pipeline.review.scale_view import Scale, view_scale
from pipeline.review.wording import DECIDED, Moment, moment_of, words_of
from pipeline.review.writing import Writing
from pipeline.reviewing import recall_for
from pipeline.store.rows import DraftSheet, MemoryMatch, StoredDecision, StoredRevision


@dataclass(frozen=True)
class Finding:
    """One issue; `number` is that of its mark in the text, None where it is about no place of it."""

    number: int | None
    severity: Severity
    blocking: bool
    kind: str
    check: str
    message: list[Piece]
    suggestion: list[Piece]


@dataclass(frozen=True)
class Measure:
    """One score; `value` is in 0..1, None where it cannot be told. `scale` draws that of the brand."""

    name: str
    value: float | None
    explanation: list[Piece]
    scale: Scale | None


@dataclass(frozen=True)
class Alternative:
    """Another candidate; `rank` is its place in the model's ranking, from 1."""

    rank: int
    text: list[Piece]
    raw: str
    length: int
    issues: int
    blocked: bool
    scores: list[Measure]


@dataclass(frozen=True)
class Event:
    """Something that happened to the draft: a text it got, or a decision about it."""

    moment: Moment
    who: list[Piece]
    what: str
    reason: list[Piece]
    text: list[Piece]


@dataclass(frozen=True)
class Remembered:
    """Approved copy of before."""

    source: list[Piece]
    target: list[Piece]
    exact: bool
    moment: Moment


@dataclass(frozen=True)
class DraftView:
    """Everything on the page of a draft but its form."""

    id: str
    version: int
    segment: str
    campaign: str
    brand: str
    pillars: tuple[Pillar, ...]
    channel: str
    limit: int | None
    unit: CountingUnit
    writing: Writing
    source_writing: Writing
    source: list[Piece]
    text: list[Piece]
    raw_text: str
    length: int
    status: DraftStatus
    status_words: str
    language: LanguageFinding
    blocked: bool
    findings: list[Finding]
    scores: list[Measure]
    alternatives: list[Alternative]
    history: list[Event]
    memory: list[Remembered]
    provenance: Provenance
    written: Moment


def view_draft(office: Office, sheet: DraftSheet, now: datetime) -> DraftView:
    """The page of a draft; the memory is asked for what was approved before."""
    channel = _channel(office, sheet.channel)
    assessment = sheet.assessment
    return DraftView(
        id=sheet.id,
        version=sheet.version,
        segment=sheet.segment_id,
        campaign=sheet.brief.id,
        brand=sheet.brand.name,
        pillars=sheet.brand.pillars,
        channel=channel.name if channel else sheet.channel,
        limit=channel.limit if channel else None,
        unit=channel.unit if channel else CountingUnit.GRAPHEMES,
        writing=office.writing(sheet.locale),
        source_writing=office.writing(sheet.brand.source_locale),
        source=mark_text(sheet.source),
        text=mark_text(sheet.text, assessment.issues),
        raw_text=sheet.text,
        length=_length(sheet.text, channel),
        status=sheet.status,
        status_words=words_of(sheet.status),
        language=assessment.language,
        blocked=assessment.blocked,
        findings=[_finding(number, issue, sheet.text) for number, issue in enumerate(assessment.issues, 1)],
        scores=_measures(assessment.scores),
        alternatives=_alternatives(sheet, channel),
        history=_history(sheet, now),
        memory=[_remembered(match, now) for match in recall_for(office.desk, sheet)],
        provenance=sheet.provenance,
        written=moment_of(sheet.created_at, now),
    )


def _channel(office: Office, channel_id: str) -> Channel | None:
    # A channel may have left channels.yaml since: the draft can still be read, only its limit is not known.
    try:
        return office.desk.channel_of(channel_id)
    except UnknownChannel:
        return None


def _finding(number: int, issue: Issue, text: str) -> Finding:
    has_place = issue.start < issue.end <= len(text)
    return Finding(
        number=number if has_place else None,
        severity=issue.severity,
        blocking=issue.blocking,
        kind=words_of(issue.dimension),
        check=issue.check,
        message=mark_text(issue.message),
        suggestion=mark_text(issue.suggestion or ""),
    )


def _measures(scores: Sequence[Score]) -> list[Measure]:
    return [
        Measure(words_of(score.name), score.value, mark_text(score.explanation), view_scale(score)) for score in scores
    ]


def _length(text: str, channel: Channel | None) -> int:
    return channel.measure(text) if channel else count_graphemes(text)


def _alternatives(sheet: DraftSheet, channel: Channel | None) -> list[Alternative]:
    """Every candidate that is not the current text: the model's first one, too, once it was edited."""
    return [
        _alternative(rank, candidate, channel)
        for rank, candidate in enumerate(sheet.candidates, 1)
        if candidate.text != sheet.text
    ]


def _alternative(rank: int, candidate: Candidate, channel: Channel | None) -> Alternative:
    return Alternative(
        rank=rank,
        text=mark_text(candidate.text, candidate.assessment.issues),
        raw=candidate.text,
        length=_length(candidate.text, channel),
        issues=len(candidate.assessment.issues),
        blocked=candidate.assessment.blocked,
        scores=_measures(candidate.assessment.scores),
    )


def _history(sheet: DraftSheet, now: datetime) -> list[Event]:
    """Newest first, down to the model that wrote the draft."""
    decided = [view_decision(sheet, stored, now) for stored in reversed(sheet.decisions)]
    return [*decided, _drafted(sheet.revisions[0], now)]


def _drafted(revision: StoredRevision, now: datetime) -> Event:
    who = mark_text(revision.author.removeprefix("model:"))
    return Event(moment_of(revision.created_at, now), who, "wrote the draft", [], mark_text(revision.text))


def view_decision(sheet: DraftSheet, stored: StoredDecision, now: datetime) -> Event:
    """One decision, with the text that it is about."""
    decision = stored.decision
    text = next((one.text for one in sheet.revisions if one.number == stored.revision), "")
    return Event(
        moment=moment_of(decision.decided_at, now),
        who=mark_text(decision.reviewer),
        what=DECIDED[decision.kind],
        reason=mark_text(decision.reason),
        text=mark_text(text),
    )


def _remembered(match: MemoryMatch, now: datetime) -> Remembered:
    return Remembered(
        source=mark_text(match.source),
        target=mark_text(match.target),
        exact=match.exact,
        moment=moment_of(match.created_at, now),
    )
