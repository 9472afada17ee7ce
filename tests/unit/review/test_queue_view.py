"""The queue: what the filters show, how many there are, and what an empty one says."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from pipeline.domain.issue import Issue, Severity
from pipeline.review import queue_view


@pytest.fixture
def filled(reviewer: Any, seed: Any) -> Any:
    """Four drafts: three German, of which one is approved, and one Arabic of another campaign."""
    for text in ("Eins.", "Zwei.", "Drei."):
        seed.draft(text)
    seed.draft("نص", locale="ar-AE", campaign="summer")
    reviewer.post(seed.planted[0], "approve")
    return reviewer


def _texts(page: Any) -> list[str]:
    return re.findall(r'<a class="copy"[^>]*>(.*?)</a>', page.text)


@pytest.mark.parametrize(
    ("query", "texts"),
    [
        ("", ["Zwei.", "Drei.", "نص"]),
        ("?status=all", ["Eins.", "Zwei.", "Drei.", "نص"]),
        ("?status=approved", ["Eins."]),
        ("?locale=de-DE", ["Zwei.", "Drei."]),
        ("?locale=de-DE&status=rejected", []),
        ("?campaign=summer", ["نص"]),
        ("?campaign=&locale=&status=in_review", ["Zwei.", "Drei.", "نص"]),
        ("?campaign=unheard-of", []),
    ],
)
def test_every_filter_narrows_the_queue(filled: Any, query: str, texts: list[str]) -> None:
    """Oldest first; without a word, what waits for review."""
    assert texts == _texts(filled.get(f"/{query}"))


def test_every_filter_tells_how_much_is_behind_it(filled: Any) -> None:
    """Statuses within the locale, locales within the status."""
    page = filled.get("/?locale=de-DE").text
    counts = dict(re.findall(r'>([^<>]+) <span class="count">(\d+)</span>', page))

    assert {"In review": "2", "Approved": "1", "Rejected": "0", "All": "3"}.items() <= counts.items()
    assert {"All locales": "3", "German (Germany)": "2", "Arabic (United Arab Emirates)": "1"}.items() <= counts.items()


def test_a_campaign_narrows_the_counts_too(filled: Any) -> None:
    """A number beside a filter is the number of rows that it shows."""
    page = filled.get("/?campaign=summer").text

    assert "German (Germany)" not in page
    assert 'In review <span class="count">1</span>' in page


def test_the_current_filter_is_told_to_those_who_do_not_see_it(filled: Any) -> None:
    """By `aria-current`."""
    page = filled.get("/?status=approved&locale=de-DE").text

    assert 2 == page.count('aria-current="true"')


def test_a_long_queue_has_pages(reviewer: Any, seed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each knows the ones beside it; a place in the middle of a page shows that page."""
    monkeypatch.setattr(queue_view, "PAGE_SIZE", 2)
    for number in range(5):
        seed.draft(f"Text {number}.")

    first, second, last = (reviewer.get(f"/?at={at}") for at in (0, 3, 4))
    assert [["Text 0.", "Text 1."], ["Text 2.", "Text 3."], ["Text 4."]] == [_texts(p) for p in (first, second, last)]
    assert 'rel="next" href="/?at=2"' in first.text
    assert "prev" not in first.text
    assert 'rel="prev" href="/"' in second.text
    assert "5–5 of 5" in last.text
    assert 'rel="next"' not in last.text


def test_an_empty_desk_says_how_to_begin(reviewer: Any) -> None:
    """The first thing that a new user sees."""
    page = reviewer.get("/").text

    assert "No drafts yet" in page
    assert "glocal run campaigns/spring.yaml" in page


def test_a_row_tells_the_worst_issue_and_a_doubtful_language(
    reviewer: Any, seed: Any, an_issue: Callable[..., Issue]
) -> None:
    """So that a reviewer can start with what needs them most."""
    seed.draft(issues=(an_issue(Severity.MINOR), an_issue(Severity.CRITICAL), an_issue(Severity.NEUTRAL)))

    assert '<span class="badge critical">3 critical</span>' in reviewer.get("/").text


def test_a_long_text_is_cut_in_the_queue(reviewer: Any, seed: Any) -> None:
    """The page of the draft has all of it."""
    [text] = _texts(reviewer.get("/")) if seed.draft("lang " * 100) else []

    assert (161, "…") == (len(text), text[-1])
