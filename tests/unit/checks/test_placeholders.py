"""Placeholders, tags and addresses are carried letter for letter."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pipeline.checks.placeholders import check_placeholders
from pipeline.domain.issue import Issue


@pytest.mark.parametrize(
    ("source", "kept", "lost"),
    [
        ("Hi {name}!", "Hallo {name}!", "Hallo Name!"),
        ("Hi {{ name }}!", "नमस्ते {{name}}!", "नमस्ते {{ नाम }}!"),
        ("%s left", "Noch %s", "Noch etwas"),
        ("%1$s of %2$s", "%2$s から %1$s", "%2$s から"),
        ("%d days", "%d日", "数日"),
        ("Pay ${price}", "ادفع ${price}", "ادفع {price}"),
        ("%(count)s new", "%(count)s neue", "neue"),
        ("<b>Now</b> cold", "<b>Jetzt</b> kalt", "<b>Jetzt kalt"),
        ('See <a href="/x">more</a>', 'Mehr <a href="/x">hier</a>', 'Mehr <a href="/y">hier</a>'),
        (
            "Visit https://aqualis.example/tap.",
            "Los: https://aqualis.example/tap!",
            "Los: https://aqualis.example/hahn",
        ),
        ("Visit www.aqualis.com now", "www.aqualis.comへ", "ウェブサイトへ"),
        ("Write to hi@aqualis.com", "Schreib an hi@aqualis.com.", "Schreib uns"),
        ("More at aqualis.com", "Mehr auf aqualis.com", "Mehr auf aqualis.de"),
    ],
)
def test_each_kind_must_be_kept_exactly(
    issues_of: Callable[..., list[Issue]], source: str, kept: str, lost: str
) -> None:
    assert issues_of(check_placeholders, kept, source=source) == []
    found = issues_of(check_placeholders, lost, source=source)
    assert found
    assert all(issue.blocking for issue in found)


def test_an_invented_placeholder_is_marked_where_it_stands(issues_of: Callable[..., list[Issue]]) -> None:
    (issue,) = issues_of(check_placeholders, "Kalt, {name}!", source="Cold!")
    assert (issue.start, issue.end) == (6, 12)


def test_an_invented_address_is_blocked(issues_of: Callable[..., list[Issue]]) -> None:
    (issue,) = issues_of(check_placeholders, "Kalt: https://evil.example", source="Cold!")
    assert issue.blocking


def test_a_placeholder_kept_once_of_twice_is_lost_once(issues_of: Callable[..., list[Issue]]) -> None:
    found = issues_of(check_placeholders, "{n} und", source="{n} and {n}")
    assert len(found) == 1


@pytest.mark.parametrize(
    "text",
    [
        "100 % sûr",
        "50 %de descuento",
        "%50 indirim",
        "Ich <3 dich",
        "a < b und c > d",
        "1.000.000 Flaschen",
        "Kalt.Immer.",
    ],
)
def test_prose_is_no_placeholder(issues_of: Callable[..., list[Issue]], text: str) -> None:
    assert issues_of(check_placeholders, text, source="Plain prose.") == []


def test_nothing_is_known_without_a_source(issues_of: Callable[..., list[Issue]]) -> None:
    assert issues_of(check_placeholders, "{name} https://a.example") == []
