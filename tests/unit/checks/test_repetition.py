"""Copy does not loop."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pipeline.checks.repetition import check_repetition
from pipeline.domain.issue import Issue, Severity


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("de-DE", "Kaltes Wasser für alle, kaltes Wasser für alle!"),
        ("ar-AE", "ماء بارد طوال اليوم ماء بارد طوال اليوم"),
        ("hi-IN", "पूरे दिन ठंडा पानी, पूरे दिन ठंडा पानी"),
        ("ja-JP", "一日中冷たい水を一日中冷たい水を"),
        ("th-TH", "น้ำเย็นทั้งวันน้ำเย็นทั้งวัน"),
        ("de-DE", "Wasser Wasser Wasser Wasser Wasser Wasser"),
    ],
)
def test_copy_that_is_mostly_a_loop_is_blocked(issues_of: Callable[..., list[Issue]], locale: str, text: str) -> None:
    (issue,) = issues_of(check_repetition, text, locale)
    assert issue.severity is Severity.CRITICAL


def test_a_small_loop_in_longer_copy_is_major_and_marked(issues_of: Callable[..., list[Issue]]) -> None:
    text = (
        "Wir füllen deine Flasche an jeder Ecke der Stadt, an jeder Ecke der Stadt, und das kostet dich heute nichts."
    )
    (issue,) = issues_of(check_repetition, text)
    assert issue.severity is Severity.MAJOR
    assert text[issue.start : issue.end] == "an jeder Ecke der Stadt, an jeder Ecke der Stadt"


def test_three_times_one_word_may_be_meant(issues_of: Callable[..., list[Issue]]) -> None:
    (issue,) = issues_of(check_repetition, "Los, los, los!")
    assert issue.severity is Severity.MAJOR


def test_a_repetition_that_the_source_has_passes(issues_of: Callable[..., list[Issue]]) -> None:
    assert issues_of(check_repetition, "Los, los, los!", source="Go, go, go!") == []


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("de-DE", "Sehr, sehr kalt."),
        ("id-ID", "Jalan-jalan tanpa plastik, pelan-pelan saja."),
        ("ja-JP", "どんどん、どんどん飲もう"),
        ("de-DE", "Eine Flasche. Zehn Jahre. Eine Flasche. Kein Müll."),
        ("hi-IN", "धीरे-धीरे, बूँद-बूँद"),
        ("ko-KR", "하루 종일 시원하게, 하루 종일 가볍게"),
    ],
)
def test_rhetoric_passes(issues_of: Callable[..., list[Issue]], locale: str, text: str) -> None:
    assert issues_of(check_repetition, text, locale) == []
