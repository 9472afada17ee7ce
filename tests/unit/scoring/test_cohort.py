"""Nearness to many brands at once."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.scoring.background import unit_rows
from pipeline.scoring.cohort import Cohort, nearness


@pytest.fixture
def vectors() -> np.ndarray:
    return unit_rows(np.random.default_rng(0).normal(size=(20, 6)).astype(np.float32))


def test_nearness_is_the_mean_of_the_three_nearest_lines(vectors: np.ndarray) -> None:
    by_hand = np.sort(vectors[:2] @ vectors[5:].T, axis=1)[:, -3:].mean(axis=1)
    np.testing.assert_allclose(nearness(vectors[:2], vectors[5:]), by_hand, rtol=1e-6)


def test_a_brand_of_one_line_is_as_near_as_that_line(vectors: np.ndarray) -> None:
    np.testing.assert_allclose(nearness(vectors[:2], vectors[5:6]), vectors[:2] @ vectors[5], rtol=1e-6)


def test_a_cohort_is_its_brands_one_by_one_whatever_their_sizes(vectors: np.ndarray) -> None:
    cohort = Cohort(names=("a", "b", "c"), sizes=np.array([4, 3, 9]), lines=vectors[4:])
    each = [nearness(vectors[:4], lines) for lines in np.split(vectors[4:], [4, 7])]
    np.testing.assert_allclose(cohort.nearness(vectors[:4]), np.column_stack(each), rtol=1e-6)
    assert cohort.nearness(vectors[:0]).shape == (0, 3)
