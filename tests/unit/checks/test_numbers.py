"""Figures are carried over, none is new."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pipeline.checks.numbers import check_numbers
from pipeline.domain.issue import Issue, Severity


@pytest.mark.parametrize(
    ("locale", "source", "text"),
    [
        ("de-DE", "Cold for 24 hours", "24 Stunden kalt"),
        ("de-DE", "1,000 taps, 2.5 liters", "1.000 Hähne, 2,5 Liter"),
        ("fr-FR", "10,000 taps, 20% off", "10\u202f000 fontaines, 20\u00a0% de remise"),
        ("ar-AE", "Cold for 24 hours, 15% off", "بارد ٢٤ ساعة، خصم ١٥٪"),
        ("hi-IN", "Over 100,000 taps for 24 hours", "24 घंटे, १,००,००० से ज़्यादा नल"),
        ("ja-JP", "10,000 taps", "1万か所の給水スポット"),
        ("tr-TR", "20% off", "%20 indirim"),
        ("de-CH", "1,000 taps", "1’000 Hähne"),
        ("de-DE", "Save 5K liters", "Spar 5.000 Liter"),
        ("de-DE", "See https://a.example/2024", "Siehe hier"),
    ],
)
def test_a_number_is_the_same_in_the_digits_and_separators_of_its_locale(
    issues_of: Callable[..., list[Issue]], locale: str, source: str, text: str
) -> None:
    assert issues_of(check_numbers, text, locale, source=source) == []


@pytest.mark.parametrize(
    ("source", "text"), [("Cold for 24 hours", "Den ganzen Tag kalt"), ("20% off", "Reduziert"), ("In 2030", "Bald")]
)
def test_a_lost_number_is_major(issues_of: Callable[..., list[Issue]], source: str, text: str) -> None:
    (issue,) = issues_of(check_numbers, text, source=source)
    assert issue.severity is Severity.MAJOR


def test_an_invented_number_is_major_and_marked(issues_of: Callable[..., list[Issue]]) -> None:
    text = "48 Stunden kalt"
    (issue,) = issues_of(check_numbers, text, source="Cold all day")
    assert (issue.severity, text[issue.start : issue.end]) == (Severity.MAJOR, "48")


def test_a_changed_number_is_both(issues_of: Callable[..., list[Issue]]) -> None:
    assert len(issues_of(check_numbers, "١٢٫٥ لتر", "ar-AE", source="Hold 21.5 liters")) == 2


def test_a_small_number_may_be_written_as_a_word(issues_of: Callable[..., list[Issue]]) -> None:
    (issue,) = issues_of(check_numbers, "Drei Flaschen", source="3 bottles")
    assert issue.severity is Severity.MINOR


def test_nothing_is_known_without_a_source(issues_of: Callable[..., list[Issue]]) -> None:
    assert issues_of(check_numbers, "100 Prozent") == []
