"""Units are known by the names that CLDR has for them, and converted quantities are the same quantity."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.checks.numbers import check_numbers
from pipeline.checks.units import find_measures, value_of
from pipeline.domain.issue import Issue, Severity

Run = Callable[..., list[Issue]]


@pytest.mark.parametrize(
    ("text", "locale", "found"),
    [
        ("Cold for 24 hours, 5 GB", "en-US", [("24 hours", "duration-hour"), ("5 GB", "digital-gigabyte")]),
        ("5 Go en 24\u00a0h", "fr-FR", [("5 Go", "digital-gigabyte"), ("24\u00a0h", "duration-hour")]),
        ("10\u202f000 km", "fr-FR", [("10\u202f000 km", "length-kilometer")]),
        ("24 часа, 3 кг", "ru-RU", [("24 часа", "duration-hour"), ("3 кг", "mass-kilogram")]),
        ("٢٤ ساعة", "ar-AE", [("٢٤ ساعة", "duration-hour")]),
        ("24 घंटे", "hi-IN", [("24 घंटे", "duration-hour")]),
        ("24時間ずっと5GB", "ja-JP", [("24時間", "duration-hour"), ("5GB", "digital-gigabyte")]),
        ("5-in-1, MP3, 24/7, 4K, 50 %", "en-US", []),
        ("24 hours", "xx", []),
    ],
)
def test_a_number_with_a_unit_is_a_measure(text: str, locale: str, found: list[tuple[str, str]]) -> None:
    measures = [(text[m.start : m.end], m.units) for m in find_measures(text, locale)]
    assert [written for written, _ in measures] == [written for written, _ in found]
    assert all(unit in units for (_, units), (_, unit) in zip(measures, found, strict=True))


@pytest.mark.parametrize(
    ("number", "value"),
    [
        ("1.5", 1.5),
        ("1,5", 1.5),
        ("1,000", 1_000),
        ("1.000", 1_000),
        ("1.000,5", 1_000.5),
        ("10\u202f000", 10_000),
        ("٢٤", 24),
        ("٢٫٥", 2.5),
    ],
)
def test_a_number_is_read_as_any_language_writes_it(number: str, value: float) -> None:
    assert value_of(number) == value


@pytest.mark.parametrize(
    ("locale", "source", "text", "marked"),
    [
        ("de-DE", "5 GB of music", "5 MB Musik", "5 MB"),
        ("fr-FR", "Cold for 24 hours", "Froid pendant 24 jours", "24 jours"),
        ("ru-RU", "3 kg of ice", "3 г льда", "3 г"),
        ("hi-IN", "24 hours", "24 दिन", "24 दिन"),
        ("ja-JP", "24 hours cold", "24分、冷たい", "24分"),
    ],
)
def test_another_unit_is_major_and_marked(issues_of: Run, locale: str, source: str, text: str, marked: str) -> None:
    (issue,) = issues_of(check_numbers, text, locale, source=source)
    assert (text[issue.start : issue.end], issue.severity) == (marked, Severity.MAJOR)


@pytest.mark.parametrize(
    ("locale", "source", "text"),
    [
        ("fr-FR", "5 GB of music", "5 Go de musique"),
        ("de-DE", "10 miles a day", "16 km am Tag"),
        ("de-DE", "Holds 12 oz", "Fasst 350 ml"),
        ("ar-AE", "Cold for 24 hours", "بارد لمدة ٢٤ ساعة"),
        ("ja-JP", "Cold for 24 hours", "24時間、冷たい"),
        ("hi-IN", "Keeps 40 °F", "4 °C पर रखें"),
        ("de-DE", "5 GB, 24 hours", "24 Stunden, 5 GB"),
        ("de-DE", "One day, 24 hours", "Ein Tag, 24 Stunden"),
        ("es-MX", "1 day cold", "24 horas fría"),
    ],
)
def test_the_same_quantity_passes(issues_of: Run, locale: str, source: str, text: str) -> None:
    assert issues_of(check_numbers, text, locale, source=source) == []


def test_a_wrong_conversion_is_a_wrong_number(issues_of: Run) -> None:
    issues = issues_of(check_numbers, "60 km am Tag", source="10 miles a day")
    assert [issue.severity for issue in issues] == [Severity.MINOR, Severity.MAJOR]


@given(text=st.text(st.sampled_from("0123456789٢.,' kmGBhoursоч時間\u202f-"), max_size=60))
def test_a_measure_lies_within_its_text(text: str) -> None:
    for locale in ("en-US", "ru-RU", "ja-JP"):
        for measure in find_measures(text, locale):
            assert 0 <= measure.start < measure.end <= len(text)
            assert measure.value >= 0
