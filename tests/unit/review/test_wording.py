"""The desk's words for moments and codes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.domain.decision import DecisionKind
from pipeline.review.form_view import LABELS
from pipeline.review.wording import DECIDED, DONE, moment_of, words_of

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("passed", "told"),
    [
        (timedelta(seconds=59), "now"),
        (timedelta(seconds=-90), "now"),
        (timedelta(minutes=3, seconds=59), "3 min"),
        (timedelta(hours=23), "23 h"),
        (timedelta(days=400), "400 d"),
    ],
)
def test_a_moment_is_told_in_its_largest_unit(passed: timedelta, told: str) -> None:
    """A clock that goes ahead is no reason for a negative age."""
    assert told == moment_of(NOW - passed, NOW).ago


def test_a_moment_has_its_exact_time_too() -> None:
    """For people, and for machines."""
    moment = moment_of(NOW, NOW)

    assert ("2026-11-22 12:00 UTC", "2026-11-22T12:00:00+00:00") == (moment.exact, moment.machine)


def test_code_names_become_words() -> None:
    """As they stand on the page."""
    assert "Changes requested" == words_of("changes_requested")


def test_every_decision_has_its_words() -> None:
    """A new kind of decision without a label would fail on a reviewer's page instead of here."""
    assert set(DecisionKind) == set(DONE) == set(DECIDED) == set(LABELS)
