"""`glocal calibrate` and `glocal report brand`."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from pipeline.cli.drift import by_week, draw_weeks
from pipeline.domain.draft import DraftStatus
from pipeline.store.rows import ScoredText
from tests.unit.cli.conftest import Glocal

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


def text(score: float | None, week: int = 0, locale: str = "de-DE", model: str = "acme/writer") -> ScoredText:
    moment = MONDAY + timedelta(weeks=week)
    return ScoredText("d", f"line/{locale}", locale, model, DraftStatus.IN_REVIEW, "Text", score, moment)


def test_scores_are_added_up_by_week_locale_and_model() -> None:
    """A text without a score is a draft, but not in the mean."""
    (german, french) = by_week([text(0.5), text(0.7), text(None), text(0.1, locale="fr-FR")])
    assert (german.week, german.drafts, german.scored, german.mean) == ("2026-W02", 3, 2, pytest.approx(0.6))
    assert (french.locale, french.mean, french.change) == ("fr-FR", pytest.approx(0.1), None)


def test_a_change_is_since_the_last_week_with_scores_of_the_same_model() -> None:
    weeks = by_week([text(0.5), text(None, 1), text(0.9, 1, model="acme/other"), text(0.4, 2)])
    assert [(week.model_id, week.change) for week in weeks] == [
        ("acme/writer", None),
        ("acme/other", None),
        ("acme/writer", None),
        ("acme/writer", pytest.approx(-0.1)),
    ]


def test_a_chart_has_a_line_for_each_locale_and_model_and_no_markup_of_others() -> None:
    weeks = by_week([text(0.5), text(0.7, 1), text(0.2, model="<b>&")])
    drawn = ET.fromstring(draw_weeks(weeks, "Brand score of <aqualis>"))  # noqa: S314 (it was made a line before)
    space = "{http://www.w3.org/2000/svg}"
    assert len(drawn.findall(f"{space}polyline")) == 2
    assert "de-DE · <b>&" in {each.text for each in drawn.findall(f"{space}text")}
    assert drawn.find(f"{space}title").text == "Brand score of <aqualis>"


def test_a_brand_without_drafts_has_an_empty_report(glocal: Glocal, tmp_path: Path) -> None:
    ran = glocal("report", "brand", "--brand", "aqualis", "--json", "--chart", tmp_path / "weeks.svg")
    assert (ran.code, json.loads(ran.out)) == (0, [])
    assert (tmp_path / "weeks.svg").read_text(encoding="utf-8").startswith("<svg")


def test_a_brand_that_nobody_knows_has_no_report(glocal: Glocal) -> None:
    assert glocal("report", "brand", "--brand", "nobody").failed(1, "nobody")


def test_an_encoder_without_a_calibration_is_told_with_a_hint(glocal: Glocal) -> None:
    assert glocal("calibrate", "--brand", "aqualis").failed(2, "no calibration")
