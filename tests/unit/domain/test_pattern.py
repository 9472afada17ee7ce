"""Patterns in data files cost no more than the text is long."""

from __future__ import annotations

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.pattern import LONGEST, bounded


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"\b(climate|carbon)[- ]?neutral\b", "Carbon neutral water"),
        (r"\d{1,2}\s?%", "now 20 %"),
        (r"[0-9]+冠達成", "三12冠達成"),
        (r"neutr\w+ (en )?carbone.{0,40}20[2-6]\d", "neutre en carbone dès 2030"),
        (r"最[高低][\u4e00-\u9fff]?", "最高的"),
    ],
)
def test_a_plain_pattern_works_as_written(pattern: str, text: str) -> None:
    """Words, groups, classes and bounded repeats keep their meaning."""
    assert regex.search(bounded(pattern), text, regex.IGNORECASE)


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+b",
        "(a|aa)*b",
        "(a){2,5}",
        "(?=a)b",
        "(?<!a)b",
        "(?i)a",
        r"(a)\1",
        "a{1,999}",
        "a{9,2}",
        "a*?b",
        "a++b",
        "[a-",
        "(a",
        "a)",
        "*a",
        "x*",
        "a|",
        r"\w*\w*\w*b",
        "a" * 501,
    ],
)
def test_a_pattern_that_could_run_away_is_refused(pattern: str) -> None:
    """Nested repeats, lookarounds, back references, patterns that match nothing: none is let in."""
    with pytest.raises(ValueError, match=r"."):
        bounded(pattern)


def test_an_open_repeat_gets_an_end() -> None:
    """What has no end in the file has one in the program."""
    assert regex.fullmatch(bounded("a+b"), "a" * LONGEST + "b")
    assert regex.fullmatch(bounded("a+b"), "a" * (LONGEST + 1) + "b") is None


@given(st.text(st.sampled_from(r"ab.()|[]{}*+?\dw,1-é"), max_size=20))
def test_whatever_is_written_is_refused_or_compiles(pattern: str) -> None:
    """No pattern gets through that cannot be used, and none fails in another way."""
    try:
        written = bounded(pattern)
    except ValueError:
        return
    assert regex.compile(written).fullmatch("") is None
