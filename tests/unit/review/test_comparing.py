"""Two texts are compared word by word."""

from __future__ import annotations

import time

from pipeline.review.comparing import Run, compare_words


def _changed(runs: list[Run]) -> list[str]:
    return ["".join(piece.text for piece in run.pieces) for run in runs if run.changed]


def test_only_the_words_that_differ_are_marked() -> None:
    """Each side shows its own words."""
    comparison = compare_words("Kaltes Wasser, den ganzen Tag.", "Frisches Wasser, den ganzen Abend.")

    assert ["Kaltes", "Tag"] == _changed(comparison.theirs)
    assert ["Frisches", "Abend"] == _changed(comparison.mine)


def test_scripts_without_spaces_are_compared_character_by_character() -> None:
    """One changed character does not mark a whole Japanese sentence."""
    comparison = compare_words("一日中冷たい水を。", "一日中熱い水を。")

    assert ["冷た"] == _changed(comparison.theirs)
    assert ["熱"] == _changed(comparison.mine)


def test_equal_texts_have_no_marks() -> None:
    """Nothing differs."""
    comparison = compare_words("ماء بارد", "ماء بارد")

    assert [] == _changed(comparison.theirs) + _changed(comparison.mine)


def test_nothing_of_either_text_is_lost() -> None:
    """The runs put together are the texts."""
    comparison = compare_words("a  b\nc", "a c d")

    assert "a  b\nc" == "".join(piece.text for run in comparison.theirs for piece in run.pieces)
    assert "a c d" == "".join(piece.text for run in comparison.mine for piece in run.pieces)


def test_a_text_made_to_be_slow_is_marked_as_a_whole() -> None:
    """Aligning is quadratic; above a bound the desk answers at once and marks everything."""
    started = time.monotonic()
    comparison = compare_words("a b " * 2_500, "b a " * 2_500)

    assert [True] == [run.changed for run in comparison.mine]
    assert time.monotonic() - started < 5
