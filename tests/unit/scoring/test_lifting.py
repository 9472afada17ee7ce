"""A score cannot be bought with the brand's own words."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pipeline.scoring.lifting import OwnWords, TextWords

LINES = (
    "Every chat is end-to-end encrypted, and we keep no record of who talks to whom.",
    "Share a code, not your phone number.",
    "飲み物は一日中ずっと冷たいままです。",
)


def is_lifted(text: str, lines: Sequence[str]) -> bool:
    return OwnWords.of(lines).is_lifted(TextWords.of(text))


def is_stuffed(text: str, lines: Sequence[str]) -> bool:
    return OwnWords.of(lines).is_stuffed(TextWords.of(text))


@pytest.mark.parametrize(
    "text",
    [
        "Share a code, not your phone number.",
        "SHARE A CODE: not your phone number!",
        "Download now. Share a code, not your phone number. It's free!",
        "飲み物は一日中、ずっと冷たいままです！",
    ],
)
def test_a_line_is_found_whatever_its_case_marks_and_company(text: str) -> None:
    assert is_lifted(text, LINES)


@pytest.mark.parametrize("text", ["Share a code", "A code, not a phone number.", "Your number, your phone.", "", "…"])
def test_part_of_a_line_is_not_a_line(text: str) -> None:
    assert not is_lifted(text, LINES)


def test_a_short_line_may_stand_in_a_longer_text() -> None:
    assert not is_lifted("Always on, day and night.", ["Always on."])
    assert is_lifted("Always on!", ["Always on."])


@pytest.mark.parametrize(
    "text",
    [
        "chat encrypted record phone code number",
        "Phone number code, encrypted chat: share, keep, share.",
        "encrypted encrypted encrypted encrypted encrypted",
        "冷たいまま一日中ずっと",
    ],
)
def test_words_of_the_brand_in_any_order_are_stuffed(text: str) -> None:
    assert is_stuffed(text, LINES)


@pytest.mark.parametrize(
    "text",
    [
        "Nobody but you and your friends can read what you write, not even us.",
        "Your chat, your phone",
        "Nur du und deine Freunde lesen mit.",
        "氷を入れなくても夕方まで冷たい。",
        "",
    ],
)
def test_copy_with_words_of_its_own_is_not_stuffed(text: str) -> None:
    """Nor is a line of four words, which may agree by accident."""
    assert not is_stuffed(text, LINES)
