"""Where reviewers draw the line."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.scoring.tuning import FEWEST_DECISIONS, Judged, fit_line

SHIPPED = 2.5


def review(line: float, count: int, rng: np.random.Generator, sharpness: float = 2.0) -> list[Judged]:
    """Decisions of a reviewer who approves what stands above a line, not without noise."""
    standings = rng.normal(SHIPPED, 2, count)
    approves = rng.random(count) < 1 / (1 + np.exp(-sharpness * (standings - line)))
    return [Judged(float(standing), bool(approved)) for standing, approved in zip(standings, approves, strict=True)]


@pytest.mark.parametrize("sharpness", [1.0, 2.0, 6.0])
@pytest.mark.parametrize("count", [20, 60])
def test_the_interval_holds_the_reviewers_line_nine_times_in_ten_or_more(count: int, sharpness: float) -> None:
    """Of reviewers whose lines lie about the shipped one."""
    rng = np.random.default_rng(0)
    held, fitted = 0, 0
    for _ in range(200):
        line = rng.normal(SHIPPED, 1.5)
        if found := fit_line(review(line, count, rng, sharpness), SHIPPED):
            fitted += 1
            held += found.low <= line <= found.high
    assert fitted > 150
    assert held / fitted > 0.84


@pytest.mark.parametrize("line", [0.5, 2.5, 4.0])
def test_many_decisions_find_the_line_whatever_ships(line: float) -> None:
    found = fit_line(review(line, 600, np.random.default_rng(1)), SHIPPED)
    assert found is not None
    assert found.value == pytest.approx(line, abs=0.3)
    assert found.high - found.low < 0.8


def test_few_decisions_move_the_line_less_than_many() -> None:
    """Shrunk towards the shipped one."""
    decisions = [Judged(SHIPPED + 3 + step, step > 0) for step in (-0.4, -0.3, -0.2, -0.1, 0.1, 0.2, 0.3, 0.4)]
    few, many = fit_line(decisions, SHIPPED), fit_line(decisions * 20, SHIPPED)
    assert few is not None
    assert many is not None
    assert SHIPPED < few.value < many.value == pytest.approx(SHIPPED + 3, abs=0.1)
    assert few.high - few.low > many.high - many.low


def test_three_decisions_change_nothing() -> None:
    assert fit_line([Judged(5, False), Judged(6, False), Judged(7, True)], SHIPPED) is None


def test_decisions_of_one_kind_change_nothing() -> None:
    decisions = [Judged(float(place), True) for place in range(FEWEST_DECISIONS * 3)]
    assert fit_line(decisions, SHIPPED) is None
    assert fit_line([*decisions, Judged(-1, False)], SHIPPED) is None
    assert fit_line([*decisions, Judged(-1, False), Judged(-2, False)], SHIPPED) is not None


def test_perfect_reviewers_give_a_finite_line() -> None:
    decisions = [Judged(place / 10, place > 30) for place in range(60)]
    found = fit_line(decisions, SHIPPED)
    assert found is not None
    assert found.low < found.value < found.high
    assert found.value == pytest.approx(3.05, abs=0.3)
