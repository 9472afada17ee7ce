"""Remnants of the source, and letters of scripts that a locale does not use."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pipeline.checks.untranslated import check_untranslated
from pipeline.domain.brand import Brand, Term, TermRule
from pipeline.domain.issue import Issue, Severity

Run = Callable[..., list[Issue]]
SOURCE = "Carry less plastic. Cold water, all day."


@pytest.mark.parametrize(
    ("locale", "text", "remnant"),
    [
        ("de-DE", "Weniger Plastik. Cold water, all day.", "Cold water, all day"),
        ("hi-IN", "कम प्लास्टिक। cold water, all day", "cold water, all day"),
        ("ja-JP", "プラスチックを減らそう。Cold water, all day.", "Cold water, all day"),
        ("ar-AE", "بلاستيك أقل. Carry less plastic", "Carry less plastic"),
    ],
)
def test_three_source_words_in_a_row_block(issues_of: Run, locale: str, text: str, remnant: str) -> None:
    """A remnant of three words or more is critical, and the span is the remnant."""
    (issue,) = issues_of(check_untranslated, text, locale, source=SOURCE)
    assert issue.severity is Severity.CRITICAL
    assert text[issue.start : issue.end] == remnant


def test_two_source_words_in_a_row_are_suspect(issues_of: Run) -> None:
    """Two words may be a loan: they weigh, but do not block."""
    (issue,) = issues_of(check_untranslated, "Wenig Plastik, kaltes Wasser, all Day.", source=SOURCE)
    assert issue.severity is Severity.MAJOR


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("de-DE", "Weniger Plastik. Kaltes Wasser, den ganzen Tag."),
        ("ja-JP", "プラスチックを減らそう。冷たい水を、一日中。"),
        ("hi-IN", "प्लास्टिक कम। ठंडा पानी, दिन भर।"),
        ("ar-AE", "بلاستيك أقل. ماء بارد طوال اليوم."),
        ("en-GB", "Carry less plastic. Cold water, all day."),
    ],
)
def test_copy_in_its_own_words_passes(issues_of: Run, locale: str, text: str) -> None:
    """Copy that keeps no source words passes, and so does copy in the source's own language."""
    assert [] == issues_of(check_untranslated, text, locale, source=SOURCE)


def test_names_may_stay(issues_of: Run, make_brand: Callable[..., Brand]) -> None:
    """The brand, kept terms and names with a capital inside the sentence are no remnant."""
    brand = make_brand(Term(source="Refill Club", rule=TermRule.DO_NOT_TRANSLATE))
    source = "With Aqualis you meet the Refill Club in New York City."
    text = "Mit Aqualis triffst du den Refill Club in New York City."
    assert [] == issues_of(check_untranslated, text, source=source, brand=brand)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (
            "Override get_absolute_url in settings/base/main.py",
            "Überschreibe get_absolute_url in settings/base/main.py",
        ),
        ("Use HH MM SS for the time", "Schreibe die Zeit als HH MM SS"),
    ],
)
def test_technical_names_may_stay(issues_of: Run, source: str, text: str) -> None:
    """Identifiers, paths and words in capitals are carried over, not translated."""
    assert [] == issues_of(check_untranslated, text, source=source)


@pytest.mark.parametrize(
    ("locale", "text", "foreign"),
    [("hi-IN", "घर के लिए बोतल儿 रखें।", "儿"), ("de-DE", "Kaltes Wasser для alle", "для"), ("ja-JP", "冷たい물", "물")],
)
def test_letters_of_a_foreign_script_are_found(issues_of: Run, locale: str, text: str, foreign: str) -> None:
    """A stray letter of another script is an issue with its span."""
    (issue,) = issues_of(check_untranslated, text, locale)
    assert (issue.severity, text[issue.start : issue.end]) == (Severity.MAJOR, foreign)


def test_mostly_foreign_letters_block(issues_of: Run) -> None:
    """Copy that is mostly of another script is critical."""
    (issue,) = issues_of(check_untranslated, "Вода x", "de-DE")
    assert issue.severity is Severity.CRITICAL


@pytest.mark.parametrize(
    ("locale", "text", "source"),
    [
        ("hi-IN", "Wi-Fi और GPS चालू करें", None),
        ("de-DE", "Lern 日本語 im Zug", "Learn 日本語 on the train"),
        ("x", "Вода", None),
    ],
)
def test_latin_names_and_letters_of_the_source_are_no_strangers(
    issues_of: Run, locale: str, text: str, source: str | None
) -> None:
    """Latin names are at home in every script; letters that the source has may stay; an unknown locale asks nothing."""
    assert [] == issues_of(check_untranslated, text, locale, source=source)
