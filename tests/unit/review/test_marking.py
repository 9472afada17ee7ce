"""Texts are shown in pieces: found spans marked, invisible characters named."""

from __future__ import annotations

import pytest

from pipeline.domain.issue import Issue, MqmDimension, Severity
from pipeline.review.marking import Piece, mark_text


def _issue(start: int, end: int, severity: Severity = Severity.MAJOR) -> Issue:
    return Issue(check="terms", dimension=MqmDimension.STYLE, severity=severity, message="m", start=start, end=end)


def test_plain_text_is_one_piece() -> None:
    """Nothing to mark, nothing cut; line breaks are plain text."""
    assert [Piece("Kaltes Wasser.\nDen ganzen Tag.")] == mark_text("Kaltes Wasser.\nDen ganzen Tag.")


def test_an_empty_text_has_no_pieces() -> None:
    """There is nothing to show."""
    assert [] == mark_text("", [_issue(0, 0)])


def test_the_span_of_an_issue_is_marked_and_closed_where_it_ends() -> None:
    """Before, inside, after."""
    assert [
        Piece("ab"),
        Piece("cd", issues=(1,), severity=Severity.MAJOR, closes=(1,)),
        Piece("ef"),
    ] == mark_text("abcdef", [_issue(2, 4)])


def test_overlapping_spans_show_the_worst_severity_where_they_overlap() -> None:
    """Each piece names all issues that cover it."""
    pieces = mark_text("abcdef", [_issue(0, 4, Severity.MINOR), _issue(2, 6, Severity.CRITICAL)])

    assert [("ab", (1,)), ("cd", (1, 2)), ("ef", (2,))] == [(piece.text, piece.issues) for piece in pieces]
    assert [Severity.MINOR, Severity.CRITICAL, Severity.CRITICAL] == [piece.severity for piece in pieces]
    assert [(), (1,), (2,)] == [piece.closes for piece in pieces]


@pytest.mark.parametrize("span", [(0, 0), (3, 3), (2, 99)])
def test_a_span_without_a_place_in_the_text_marks_nothing(span: tuple[int, int]) -> None:
    """Issues about the whole text have an empty span; one beyond the end is about another text."""
    assert not any(piece.issues for piece in mark_text("abcdef", [_issue(*span)]))


@pytest.mark.parametrize(
    ("character", "label"),
    [
        ("\u202e", "RLO"),
        ("\u2066", "LRI"),
        ("\u200b", "ZWSP"),
        ("\u200f", "RLM"),
        ("\ufeff", "BOM"),
        ("\u3164", "HF"),
        ("\0", "U+0000"),
        ("\x1b", "U+001B"),
        ("\U000e0041", "U+E0041"),
        ("\ue000", "U+E000"),
    ],
)
def test_a_character_that_cannot_be_seen_is_replaced_by_its_name(character: str, label: str) -> None:
    """It neither hides nor reorders anything: it is not in the page at all."""
    before, shown, after = mark_text(f"ab{character}cd")

    assert ("ab", "cd") == (before.text, after.text)
    assert ("", label) == (shown.text, shown.label)
    assert f"U+{ord(character):04X}" in shown.name


def test_a_no_break_space_stays_and_is_marked() -> None:
    """It is typography that a reviewer must be able to see and keep."""
    _, space, _ = mark_text("partir\u00a0!")

    assert ("\u00a0", True, "no-break space (U+00A0)") == (space.text, space.space, space.name)


@pytest.mark.parametrize("text", ["क्\u200dष", "می\u200cخواهم", "👩\u200d💻"])
def test_a_joiner_that_shapes_what_it_joins_is_left_in_place(text: str) -> None:
    """Devanagari, Persian and emoji need it."""
    assert [Piece(text)] == mark_text(text)


def test_a_joiner_between_latin_letters_is_named() -> None:
    """There it does nothing but hide a difference."""
    assert "ZWJ" == mark_text("aqua\u200dlis")[1].label


def test_no_visible_character_is_lost() -> None:
    """The pieces put together are the text, but for what is named instead."""
    text = "Füll\u00a0deine \u202eFlasche\u200b nach 🇩🇪."
    pieces = mark_text(text, [_issue(2, 9), _issue(5, 12)])

    assert text.replace("\u202e", "").replace("\u200b", "") == "".join(piece.text for piece in pieces)
