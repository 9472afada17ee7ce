"""Errors become pages: the right status, a sentence, the text kept, nothing of the inside."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from pipeline import errors
from pipeline.domain.channel import Channel
from pipeline.domain.draft import DraftStatus, Unit
from pipeline.domain.issue import Issue, Severity
from pipeline.errors import (
    DiskFull,
    GlocalError,
    MissingExtra,
    ModelMissing,
    StaleDraft,
    StoreError,
    StoreUnavailable,
    UnknownChannel,
)
from pipeline.review.app import status_of
from pipeline.store.record import Record
from pipeline.store.rows import DraftSheet

HOSTILE = '<script>alert("x")</script><img src=x onerror=y>"\'&{{7*7}}'


def _failing(error: Exception) -> Callable[[Unit, str], Any]:
    def assess(_unit: Unit, _text: str) -> Any:
        raise error

    return assess


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ModelMissing("the weights of the encoder are not here", hint="Pull it: glocal models pull ID."), 503),
        (MissingExtra("sentence_transformers", "offline"), 503),
        (StoreUnavailable("the database does not answer"), 503),
        (DiskFull("no room left"), 507),
        (UnknownChannel("there is no channel 'x'"), 500),
        (StoreError("the database refused a statement"), 500),
    ],
)
def test_an_edit_that_cannot_be_saved_keeps_the_text(
    open_desk: Callable[..., Any], seed: Any, sheet_of: Callable[[str], DraftSheet], error: GlocalError, status: int
) -> None:
    """The form comes back as it was, with the error's own message and hint."""
    draft = seed.draft()
    answer = open_desk(assess=_failing(error)).post(draft, "edit", text="Mein Text.", reason="weil")

    assert status == answer.status_code
    assert ">\nMein Text.</textarea>" in answer.text
    assert ">\nweil</textarea>" in answer.text
    assert "Not saved:" in answer.text
    assert DraftStatus.IN_REVIEW is sheet_of(draft).status


def test_a_surprise_shows_nothing_of_the_inside_and_keeps_the_text(open_desk: Callable[..., Any], seed: Any) -> None:
    """What failed stands in the log of the desk, not on the page."""
    draft = seed.draft()
    answer = open_desk(assess=_failing(RuntimeError("secret path /home/x"))).post(draft, "edit", text="Mein Text.")

    assert 500 == answer.status_code
    assert ">\nMein Text.</textarea>" in answer.text
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert "Content-Security-Policy" in answer.headers


class _Broken:
    """A record whose database went away."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self.broken = False

    def __getattr__(self, name: str) -> Any:
        if self.broken:
            raise StoreUnavailable("the database does not answer")
        return getattr(self._record, name)


def test_without_a_database_the_text_is_kept_and_can_be_sent_again(
    open_desk: Callable[..., Any], seed: Any, record: Record, sheet_of: Callable[[str], DraftSheet]
) -> None:
    """503 tells when to come back; the kept page sends the same decision."""
    draft, broken = seed.draft(), _Broken(record)
    reviewer = open_desk(record=broken)
    page = reviewer.get(f"/drafts/{draft}")
    broken.broken = True
    lost = reviewer.post(draft, "edit", page=page, query="?locale=de-DE", text="Mein Text.", reason="weil")
    assert (503, "5") == (lost.status_code, lost.headers["Retry-After"])
    assert "Your text is kept here" in lost.text
    assert "Try again: Save edit and approve" in lost.text
    assert f'action="/drafts/{draft}/decision?locale=de-DE"' in lost.text

    broken.broken = False
    assert 303 == reviewer.post(draft, "edit", page=lost).status_code
    assert "Mein Text." == sheet_of(draft).text


def test_pages_without_a_form_tell_that_the_database_is_away(open_desk: Callable[..., Any], record: Record) -> None:
    """And the health of the desk itself stays good."""
    broken = _Broken(record)
    broken.broken = True
    reviewer = open_desk(record=broken)

    assert (503, "5") == (reviewer.get("/").status_code, reviewer.get("/").headers["Retry-After"])
    assert 200 == reviewer.get("/healthz").status_code


def test_a_draft_of_a_channel_that_is_gone_can_still_be_read(open_desk: Callable[..., Any], seed: Any) -> None:
    """Somebody took it out of channels.yaml: only its limit is not known."""

    def gone(name: str) -> Channel:
        raise UnknownChannel(f"there is no channel {name!r}")

    page = open_desk(channel_of=gone).get(f"/drafts/{seed.draft()}")

    assert (200, True, False) == (page.status_code, "app_store_short" in page.text, "data-limit" in page.text)


@pytest.mark.parametrize(("method", "address", "status"), [("GET", "/nothing", 404), ("PUT", "/", 405)])
def test_what_the_framework_refuses_is_a_page_too(reviewer: Any, method: str, address: str, status: int) -> None:
    """In the desk's own form."""
    headers = {"Origin": "http://127.0.0.1:8710"}
    answer = reviewer.client.request(method, address, headers=headers)

    assert (status, True) == (answer.status_code, "Back to the queue" in answer.text)


def test_every_error_has_a_status() -> None:
    """A class that is not in the table has its parent's; a surprise is 500."""
    known = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, GlocalError)]

    assert all(400 <= status_of(kind.__new__(kind)) <= 599 for kind in known)
    assert 409 == status_of(StaleDraft("x"))


def test_nothing_that_was_written_becomes_markup(reviewer: Any, seed: Any, an_issue: Callable[..., Issue]) -> None:
    """Not in the text, a candidate, the source, an issue, a name, a reason, the memory or the history."""
    issue = an_issue(Severity.MINOR, span=(0, 9), message=HOSTILE)
    first = seed.draft(HOSTILE + "1", source=HOSTILE, issues=(issue,), others=(HOSTILE + "2",))
    second = seed.draft(HOSTILE + "3", source=HOSTILE)
    reviewer.post(first, "edit", text=HOSTILE + "4", reviewer=HOSTILE, reason=HOSTILE)
    conflict = reviewer.post(first, "edit", text=HOSTILE + "5", reviewer=HOSTILE, reason=HOSTILE, version="1")
    pages = [
        reviewer.get("/?status=all"),
        reviewer.get(f"/drafts/{first}"),
        reviewer.get(f"/drafts/{second}"),
        reviewer.get(f"/drafts/{second}?candidate=1"),
        reviewer.post(second, "reject", reviewer=HOSTILE, text=HOSTILE),
        conflict,
    ]

    for page in pages:
        body = page.text.split("<body>")[1]
        assert "<script" not in body
        assert "<img src=x" not in body
        assert "49" not in body.replace("-49", "").replace("49-", "") or "{{7*7}}" in body
        assert "&lt;script&gt;" in body


def test_characters_that_reorder_text_are_shown_by_name(reviewer: Any, seed: Any) -> None:
    """A page shows what is there, not what a control character makes of it; only the field to edit holds it."""
    draft = seed.draft("Nur 5\u202e € heute\u200b.")
    for address in ("/", f"/drafts/{draft}"):
        page = reviewer.get(address).text
        shown = page.split("<textarea")[0]
        assert ">RLO</bdi>" in shown
        assert ">ZWSP</bdi>" in shown
        assert "\u202e" not in shown


@pytest.mark.parametrize(("locale", "direction"), [("ar-AE", "rtl"), ("de-DE", "ltr"), ("he-IL", "rtl")])
def test_copy_is_shown_in_its_own_direction_and_language(reviewer: Any, seed: Any, locale: str, direction: str) -> None:
    """The draft, and the field to edit it in."""
    page = reviewer.get(f"/drafts/{seed.draft('Text', locale=locale)}").text

    assert f'<p class="copy draft" lang="{locale}" dir="{direction}">Text</p>' in page
    assert f'lang="{locale}" dir="{direction}" data-stored="Text"' in page


def test_texts_are_assessed_one_at_a_time(open_desk: Callable[..., Any], seed: Any) -> None:
    """One encoder serves everybody: two edits at once wait for each other."""
    inside, most = [], []
    lock = threading.Event()

    def assess(_unit: Unit, _text: str) -> Any:
        inside.append(1)
        most.append(len(inside))
        lock.wait(0.2)
        inside.pop()
        raise ModelMissing("no encoder")

    reviewer, drafts = open_desk(assess=assess), [seed.draft(), seed.draft()]
    pages = [reviewer.get(f"/drafts/{draft}") for draft in drafts]
    threads = [
        threading.Thread(target=reviewer.post, args=(draft, "edit"), kwargs={"page": page, "text": "Neu."})
        for draft, page in zip(drafts, pages, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [1, 1] == most
