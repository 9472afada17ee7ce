"""Nearness to many brands at once."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.scoring.background import unit_rows
from pipeline.scoring.cohort import Cohort, nearness, pillar_lines


@pytest.fixture
def vectors() -> np.ndarray:
    return unit_rows(np.random.default_rng(0).normal(size=(20, 6)).astype(np.float32))


def test_nearness_is_the_mean_of_the_four_nearest_lines(vectors: np.ndarray) -> None:
    by_hand = np.sort(vectors[:2] @ vectors[5:].T, axis=1)[:, -4:].mean(axis=1)
    np.testing.assert_allclose(nearness(vectors[:2], vectors[5:]), by_hand, rtol=1e-6)


def test_a_brand_of_one_line_is_as_near_as_that_line(vectors: np.ndarray) -> None:
    np.testing.assert_allclose(nearness(vectors[:2], vectors[5:6]), vectors[:2] @ vectors[5], rtol=1e-6)


def test_a_cohort_is_its_brands_one_by_one_whatever_their_sizes(vectors: np.ndarray) -> None:
    cohort = Cohort(names=("a", "b", "c"), sizes=np.array([5, 4, 7]), lines=vectors[4:])
    each = [nearness(vectors[:4], lines) for lines in np.split(vectors[4:], [5, 9])]
    np.testing.assert_allclose(cohort.nearness(vectors[:4]), np.column_stack(each), rtol=1e-6)
    assert cohort.nearness(vectors[:0]).shape == (0, 3)
    np.testing.assert_array_equal(cohort.of(1), vectors[9:13])


def test_a_pillar_is_compared_by_its_parts_and_as_a_whole() -> None:
    assert pillar_lines("Cold", "It is cold.", ["At four.", "At six."]) == (
        "Cold",
        "It is cold.",
        "At four. At six.",
        "Cold. It is cold. At four. At six.",
    )
    assert pillar_lines("Cold", "It is cold.", []) == ("Cold", "It is cold.", "Cold. It is cold.")
