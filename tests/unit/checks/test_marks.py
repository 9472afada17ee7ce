"""Marks are closed, and nothing is hidden."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pipeline.checks.marks import check_marks
from pipeline.domain.issue import Issue, Severity


@pytest.mark.parametrize(
    ("locale", "text", "mark"),
    [
        ("de-DE", "Kalt (den ganzen Tag", "("),
        ("de-DE", "„Kalt, den ganzen Tag", "„"),
        ("fr-FR", "« Froide toute la journée", "«"),
        ("ja-JP", "「一日中冷たい", "「"),
        ("ar-AE", "ماء بارد «طوال اليوم", "«"),
        ("hi-IN", "“पूरे दिन ठंडा", "“"),
        ("en-US", 'Cold "all day', '"'),
    ],
)
def test_an_open_mark_is_minor_and_marked(
    issues_of: Callable[..., list[Issue]], locale: str, text: str, mark: str
) -> None:
    (issue,) = issues_of(check_marks, text, locale)
    assert issue.severity is Severity.MINOR
    assert text[issue.start : issue.end] == mark


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("de-DE", "„Kalt“, ‚kühl‘ und »frisch«."),
        ("sv-SE", "”Kallt”"),
        ("fr-FR", "« L’eau, aujourd’hui »"),
        ("ja-JP", "「冷たい『水』」（一日中）【新】"),
        ("he-IL", 'מים קרים לכל צה"ל'),
        ("en-US", 'A 12" bottle'),
        ("en-US", "Cold all day :) and light"),
        ("en-US", "1) Fill it. 2) Drink it."),
        ("en-US", "Don't stop (ever)"),
    ],
)
def test_closed_marks_pass_as_each_language_sets_them(
    issues_of: Callable[..., list[Issue]], locale: str, text: str
) -> None:
    assert issues_of(check_marks, text, locale) == []


def test_a_mark_that_the_source_leaves_open_may_stay_open(issues_of: Callable[..., list[Issue]]) -> None:
    assert issues_of(check_marks, "Kalt (", source="Cold (") == []


@pytest.mark.parametrize("hidden", ["\u202e", "\u200b", "\ufeff", "\u2067", "\x07", "\u200d", "\U000e0041"])
def test_what_nobody_sees_is_major_and_marked(issues_of: Callable[..., list[Issue]], hidden: str) -> None:
    (issue,) = issues_of(check_marks, f"Kalt{hidden}es Wasser")
    assert (issue.severity, issue.start, issue.end) == (Severity.MAJOR, 4, 5)


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("fa-IR", "می\u200cخواهم"),
        ("hi-IN", "क्\u200dष"),
        ("th-TH", "น้ำ\u200bเย็น"),
        ("ar-AE", "اشربوا \u200eAqualis\u200e الآن"),
        ("he-IL", "\u2067מים\u2069"),
        ("fr-FR", "Froide\u202f! 20\u00a0%"),
        ("de-DE", "Trink\u00adwasser"),
        ("en-US", "For the 👨‍👩‍👧 in ❤️ and 🏴󠁧󠁢󠁥󠁮󠁧󠁿"),
    ],
)
def test_hidden_characters_pass_where_they_are_at_home(
    issues_of: Callable[..., list[Issue]], locale: str, text: str
) -> None:
    assert issues_of(check_marks, text, locale) == []


def test_an_isolate_left_open_is_reported_even_in_right_to_left_copy(issues_of: Callable[..., list[Issue]]) -> None:
    assert len(issues_of(check_marks, "\u2067مياه باردة", "ar-AE")) == 1


def test_an_override_is_reported_in_right_to_left_copy(issues_of: Callable[..., list[Issue]]) -> None:
    assert len(issues_of(check_marks, "مياه\u202e باردة", "ar-AE")) == 1


def test_a_text_that_lost_bytes_is_blocked(issues_of: Callable[..., list[Issue]]) -> None:
    (issue,) = issues_of(check_marks, "K\ufffdhl", "de-DE")
    assert issue.severity is Severity.CRITICAL
