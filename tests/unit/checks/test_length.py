"""Copy must have something to read and fit its channel."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from pipeline.checks.length import check_length
from pipeline.checks.subject import CheckedText
from pipeline.domain.channel import Channel
from pipeline.domain.counting import CountingUnit
from pipeline.domain.issue import Issue


def test_copy_at_the_limit_passes(
    issues_of: Callable[..., list[Issue]], make_channel: Callable[[int], Channel]
) -> None:
    assert issues_of(check_length, "a" * 80, channel=make_channel(80)) == []


def test_the_overhang_is_what_is_marked(
    issues_of: Callable[..., list[Issue]], make_channel: Callable[[int], Channel]
) -> None:
    (issue,) = issues_of(check_length, "Carry less", channel=make_channel(5))
    assert (issue.start, issue.end, issue.blocking) == (5, 10, True)
    assert issue.message == "5 characters over the limit of 5."


@pytest.mark.parametrize(
    ("text", "clusters"),
    [("क्षि", 1), ("हिंदी", 2), ("👨‍👩‍👧", 1), ("🇯🇵🇩🇪", 2), ("e\u0301te\u0301", 3), ("한국어", 3), ("مَرحَبا", 5)],
)
def test_a_reader_counts_characters_not_code_points(
    issues_of: Callable[..., list[Issue]], make_channel: Callable[[int], Channel], text: str, clusters: int
) -> None:
    assert issues_of(check_length, text, channel=make_channel(clusters)) == []
    if clusters > 1:
        assert len(issues_of(check_length, text, channel=make_channel(clusters - 1))) == 1


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\u00a0", "\u200b\ufeff"])
def test_copy_without_anything_to_read_is_blocked(issues_of: Callable[..., list[Issue]], text: str) -> None:
    (issue,) = issues_of(check_length, text)
    assert issue.blocking


def test_without_a_channel_any_length_passes(issues_of: Callable[..., list[Issue]]) -> None:
    assert issues_of(check_length, "word " * 1_000) == []


@given(text=st.text(min_size=1), limit=st.integers(1, 30))
def test_the_kept_part_has_exactly_the_limit_in_grapheme_clusters(text: str, limit: int) -> None:
    channel = Channel(id="line", name="Line", limit=limit, source="test")
    for issue in check_length(CheckedText(text=text, locale="de-DE", channel=channel)):
        assert 0 <= issue.start <= issue.end <= len(text)
        if "limit" in issue.message:
            assert len(regex.findall(r"\X", text)) > limit
            assert len(regex.findall(r"\X", text[: issue.start])) == limit


@pytest.mark.parametrize(
    ("unit", "limit", "text", "start", "message"),
    [
        ("x_weighted", 4, "水を飲む", 2, "4 weighted characters over the limit of 4."),
        ("full_width", 6, "ماء 水水", 5, "2 half-width characters over the limit of 6."),
        ("utf16", 3, "a🍎🍎", 2, "2 UTF-16 units over the limit of 3."),
        ("sms_segments", 1, "a" * 161, 160, "1 SMS segments over the limit of 1."),
        (
            "sms_segments",
            1,
            "L’eau " + "a" * 70,
            70,
            "1 SMS segments over the limit of 1. Not in the SMS alphabet: ’",
        ),
    ],
)
def test_the_overhang_is_measured_as_the_channel_measures(
    issues_of: Callable[..., list[Issue]], unit: str, limit: int, text: str, start: int, message: str
) -> None:
    channel = Channel(id="line", name="Line", limit=limit, unit=CountingUnit(unit), source="test")
    (issue,) = issues_of(check_length, text, channel=channel)
    assert (issue.start, issue.end, issue.message) == (start, len(text), message)
