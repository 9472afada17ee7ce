"""The queue as a page shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pipeline.domain.draft import DraftStatus
from pipeline.domain.issue import Severity
from pipeline.review.forms import Filter
from pipeline.review.marking import Piece, mark_text
from pipeline.review.office import Office
from pipeline.review.wording import Moment, moment_of, words_of
from pipeline.review.writing import Writing
from pipeline.store.rows import QueueEntry

PAGE_SIZE = 50
"""Drafts on one page of the queue."""

_EXCERPT = 160
"""Code points of a text that the queue shows."""

_ALWAYS_SHOWN = (
    DraftStatus.IN_REVIEW,
    DraftStatus.CHANGES_REQUESTED,
    DraftStatus.APPROVED,
    DraftStatus.REJECTED,
)


@dataclass(frozen=True)
class Choice:
    """One value of a filter: a link with the number of drafts behind it."""

    label: str
    tag: str
    count: int
    href: str
    current: bool


@dataclass(frozen=True)
class Row:
    """One draft in the table; `worst` is the severity of its worst issue."""

    href: str
    segment: str
    campaign: str
    campaign_href: str
    source: list[Piece]
    text: list[Piece]
    writing: Writing
    status: DraftStatus
    status_words: str
    issues: int
    worst: Severity | None
    language: str
    waiting: Moment


@dataclass(frozen=True)
class QueueView:
    """The queue, its filters with counts, and the way to the pages before and after."""

    asked: Filter
    region: str
    rows: list[Row]
    statuses: list[Choice]
    locales: list[Choice]
    campaigns: list[str]
    total: int
    first: int
    newer_href: str
    older_href: str

    @property
    def last(self) -> int:
        """The place of the last row, from 1."""
        return self.first + len(self.rows) - 1


def view_queue(office: Office, asked: Filter, now: datetime) -> QueueView:
    """Read what the filter asks for: one page of drafts and how many there are of each kind."""
    record, start = office.desk.record, asked.at - asked.at % PAGE_SIZE
    campaign = asked.campaign or None
    entries = record.queue(
        office.region,
        locale=asked.locale or None,
        status=asked.wanted_status,
        campaign=campaign,
        limit=PAGE_SIZE,
        offset=start,
    )
    counts = record.counts(office.region, campaign)
    total = _count(counts, asked.locale, asked.wanted_status)
    return QueueView(
        asked=asked,
        region=office.region,
        rows=[_row(office, asked, entry, start + place, now) for place, entry in enumerate(entries)],
        statuses=_statuses(asked, counts),
        locales=_locales(office, asked, counts),
        campaigns=sorted({entry.campaign for entry in entries}),
        total=total,
        first=start + 1,
        newer_href="/" + asked.query(at=max(start - PAGE_SIZE, 0) or "") if start else "",
        older_href="/" + asked.query(at=start + PAGE_SIZE) if start + PAGE_SIZE < total else "",
    )


def _row(office: Office, asked: Filter, entry: QueueEntry, place: int, now: datetime) -> Row:
    issues = entry.assessment.issues
    return Row(
        href=f"/drafts/{entry.draft_id}{asked.query(at=place or '')}",
        segment=entry.segment_id,
        campaign=entry.campaign,
        campaign_href="/" + asked.query(campaign=entry.campaign, at=""),
        source=mark_text(_excerpt(entry.source)),
        text=mark_text(_excerpt(entry.text)),
        writing=office.writing(entry.locale),
        status=entry.status,
        status_words=words_of(entry.status),
        issues=len(issues),
        worst=max((issue.severity for issue in issues), key=list(Severity).index, default=None),
        language=entry.assessment.language.verdict,
        waiting=moment_of(entry.created_at, now),
    )


def _excerpt(text: str) -> str:
    return text if len(text) <= _EXCERPT else text[:_EXCERPT] + "…"


def _statuses(asked: Filter, counts: Mapping[tuple[str, DraftStatus], int]) -> list[Choice]:
    found = [
        Choice(
            label=words_of(status),
            tag=status,
            count=_count(counts, asked.locale, status),
            href="/" + asked.query(status=status, at=""),
            current=asked.status == status,
        )
        for status in DraftStatus
    ]
    shown = [choice for choice in found if choice.tag in _ALWAYS_SHOWN or choice.count or choice.current]
    everything = _count(counts, asked.locale, None)
    return [*shown, Choice("All", "", everything, "/" + asked.query(status="all", at=""), asked.status == "all")]


def _locales(office: Office, asked: Filter, counts: Mapping[tuple[str, DraftStatus], int]) -> list[Choice]:
    tags = sorted({locale for locale, _ in counts} | ({asked.locale} - {""}))
    found = [
        Choice(
            label=office.writing(tag).name,
            tag=tag,
            count=_count(counts, tag, asked.wanted_status),
            href="/" + asked.query(locale=tag, at=""),
            current=tag == asked.locale,
        )
        for tag in tags
    ]
    everywhere = _count(counts, "", asked.wanted_status)
    return [Choice("All locales", "", everywhere, "/" + asked.query(locale="", at=""), not asked.locale), *found]


def _count(counts: Mapping[tuple[str, DraftStatus], int], locale: str, status: DraftStatus | None) -> int:
    return sum(
        number
        for (in_locale, has_status), number in counts.items()
        if locale in ("", in_locale) and status in (None, has_status)
    )
