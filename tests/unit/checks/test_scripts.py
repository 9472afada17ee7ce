"""Which scripts the letters of a text belong to."""

from __future__ import annotations

import pytest

from pipeline.checks.scripts import OTHER, count_scripts


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("Aqualis と 水!", {"Latn": 7, "Hira": 1, "Hani": 1}),
        ("ボトルー", {"Kana": 3}),
        ("हिंदी", {"Deva": 2}),
        ("12 % 👍 …", {}),
        ("𐎠𐎡", {OTHER: 2}),
    ],
)
def test_letters_are_counted_by_script_and_nothing_else_is(text: str, counts: dict[str, int]) -> None:
    assert count_scripts(text) == counts
