"""The brand score is drawn: for copy that is scored, copy that cannot be told, and copy that is void."""

from __future__ import annotations

import re
from typing import Any

import pytest

from pipeline.domain.assessment import BrandReading, Score
from pipeline.review.draft_view import Measure
from pipeline.review.marking import mark_text
from pipeline.review.pages import environment
from pipeline.review.scale_view import view_scale


def drawn(value: float | None, **reading: Any) -> str:
    """The markup of one brand score."""
    score = Score(name="brand", value=value, explanation="In full.", reading=BrandReading(**reading))
    measure = Measure("Brand", value, mark_text(score.explanation), view_scale(score))
    template = environment().from_string('{% import "_text.html" as text %}{{ text.measure(measure) }}')
    return template.render(measure=measure)


def test_scored_copy_stands_on_a_scale_with_the_threshold_and_what_is_near() -> None:
    page = drawn(
        0.25,
        verdict="off_brand",
        threshold=0.75,
        pillar="Less plastic",
        exemplar="Ten years. <No> bin.",
        pulled_down=("Not taken up: Cold.", "Another voice: “hype”."),
    )

    assert re.search(r'<circle class="mark" cx="50.0"', page)
    assert re.search(r'<line class="threshold" x1="150.0" x2="150.0"', page)
    assert "<title>Off brand</title>" in page
    assert "<desc>The score is 0.25; the threshold is 0.75.</desc>" in page
    headings = ["Nearest pillar", "Nearest exemplar", "Against it", "Against it"]
    assert re.findall(r"<dt>(.*?)</dt>", page) == headings
    assert "Ten years. &lt;No&gt; bin." in page
    assert "In full." in page


def test_void_copy_stands_at_nought_with_the_reason() -> None:
    page = drawn(0, verdict="undetermined", threshold=0.75, pulled_down=("It holds one of the brand's own lines.",))

    assert '<circle class="mark" cx="0.0"' in page
    assert "It holds one of the brand&#39;s own lines." in page
    assert "<title>Undetermined</title>" in page
    assert "<dt>Not judged</dt>" in page


def test_copy_that_cannot_be_told_has_a_scale_without_a_mark() -> None:
    page = drawn(None, verdict="undetermined", pulled_down=("There is no calibration.",))

    assert "<svg" in page
    assert "<circle" not in page
    assert 'class="threshold"' not in page
    assert "<desc>No score can be told.</desc>" in page
    assert "There is no calibration." in page


@pytest.mark.parametrize("name", ["adequacy", "brand"])
def test_a_score_without_a_reading_keeps_its_bar(name: str) -> None:
    """Other scores, and brand scores stored before they were read piece by piece."""
    assert view_scale(Score(name=name, value=0.5, explanation="e")) is None


def test_nothing_in_the_picture_needs_styles_or_scripts_in_the_page() -> None:
    """The desk forbids both."""
    page = drawn(0.9, verdict="on_brand", threshold=0.75, pillar="Less plastic")
    assert "style=" not in page
    assert "<script" not in page
