"""Going through the queue: what comes before and after a draft, and where a decision leads."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.domain.decision import DecisionKind
from pipeline.domain.draft import DraftStatus
from pipeline.review.forms import Filter
from pipeline.review.office import Office

_WAITING = (DraftStatus.IN_REVIEW, DraftStatus.CHANGES_REQUESTED)


@dataclass(frozen=True)
class Neighbours:
    """The addresses of the queue and of the drafts before and after; empty where there is none."""

    queue: str
    previous: str
    following: str


def neighbours_of(office: Office, draft_id: str, asked: Filter) -> Neighbours:
    """What stands around a draft in the queue that the reviewer came from."""
    start = max(asked.at - 1, 0)
    found = _ids(office, asked, start, 3)
    if draft_id not in found:
        return Neighbours("/" + asked.query(), "", "")
    place = found.index(draft_id)
    return Neighbours(
        queue="/" + asked.query(),
        previous=_address(found[place - 1], asked, start + place - 1) if place else "",
        following=_address(found[place + 1], asked, start + place + 1) if place + 1 < len(found) else "",
    )


def address_after(office: Office, draft_id: str, asked: Filter, done: DecisionKind) -> str:
    """Where a decision leads: to the next draft that waits, else to the queue; a draft sent back is shown again."""
    if done is DecisionKind.SEND_BACK:
        return f"/drafts/{draft_id}{asked.query(done=done)}"
    waiting = asked if asked.status in _WAITING else Filter(locale=asked.locale, campaign=asked.campaign)
    # The draft that was decided has left its place to the one after it; behind the last one comes the first.
    for place in (waiting.at, 0):
        for following in _ids(office, waiting, place, 1):
            return _address(following, waiting, place, done=done, was=draft_id)
    return "/" + asked.query(at="", done=done, was=draft_id)


def _ids(office: Office, asked: Filter, start: int, limit: int) -> list[str]:
    entries = office.desk.record.queue(
        office.region,
        locale=asked.locale or None,
        status=asked.wanted_status,
        campaign=asked.campaign or None,
        limit=limit,
        offset=start,
    )
    return [entry.draft_id for entry in entries]


def _address(draft_id: str, asked: Filter, place: int, **said: object) -> str:
    return f"/drafts/{draft_id}{asked.query(at=place or '', **said)}"
