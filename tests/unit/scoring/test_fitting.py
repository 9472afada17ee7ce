"""How a calibration is learned."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.scoring.calibration import BrandCalibration
from pipeline.scoring.fitting import (
    FALSE_POSITIVES,
    Material,
    _fit_logistic,
    _whitening,
    data_digest,
    fit_calibration,
    run_trials,
)


def test_the_same_material_gives_the_same_calibration(material: Material, calibration: BrandCalibration) -> None:
    again = fit_calibration(material)
    assert (again.slope, again.intercept, again.threshold) == (
        calibration.slope,
        calibration.intercept,
        calibration.threshold,
    )
    np.testing.assert_array_equal(again.whitening, calibration.whitening)


def test_a_calibration_says_what_it_was_made_from(material: Material, calibration: BrandCalibration) -> None:
    assert calibration.encoder_digest == "topics"
    assert calibration.data_digest == material.data_digest
    assert calibration.packs_digest == material.packs_digest


def test_the_digest_changes_with_the_data() -> None:
    sentence = {"id": "a", "brand": "b", "pillar": "p", "en": "text"}
    assert data_digest([], [sentence]) == data_digest([], [dict(sentence)])
    assert data_digest([], [sentence]) != data_digest([], [sentence | {"en": "other"}])


def test_own_sentences_stand_higher_than_others(material: Material, calibration: BrandCalibration) -> None:
    trials = run_trials(calibration, material.parallel, material.owners)
    assert trials.own.shape == (27, 2)
    assert trials.other.shape == (27, 2, 9)
    assert trials.own.mean() > np.nanmean(trials.other) + 1


def test_neither_the_own_brand_nor_the_one_that_is_tried_is_in_the_background(
    material: Material, calibration: BrandCalibration
) -> None:
    trials = run_trials(calibration, material.parallel, material.owners)
    own = material.cohort.names.index(material.owners[0])
    assert np.isnan(trials.other[0, :, own]).all()
    assert np.isnan(trials.other).sum() == trials.own.size
    (text,) = calibration.place(material.parallel[0, :1])
    near = text.background.astype(np.float64)
    rest = np.delete(near, own)
    assert trials.own[0, 0] == pytest.approx((near[own] - rest.mean()) / rest.std())
    other = next(column for column in range(9) if column != own)
    rest = np.delete(near, [own, other])
    assert trials.other[0, 0, other] == pytest.approx((near[other] - rest.mean()) / rest.std())


def test_the_threshold_accepts_the_stated_share_of_other_brands_copy(
    material: Material, calibration: BrandCalibration
) -> None:
    trials = run_trials(calibration, material.parallel, material.owners)
    other = trials.other[~np.isnan(trials.other)]
    accepted = (other > calibration.standing_at(calibration.threshold) + 1e-9).mean()
    assert accepted == pytest.approx(FALSE_POSITIVES, abs=0.01)


def test_whitening_shrinks_the_directions_in_which_translations_differ() -> None:
    """A sphere where they differ alike; shorter along what differs most."""
    groups = [np.array([[1, 0.1], [-1, -0.1], [2, 0], [-2, 0]], np.float32)] * 2
    matrix = _whitening(groups)
    np.testing.assert_allclose(matrix, matrix.T, rtol=1e-5)
    assert np.linalg.norm(np.array([1, 0]) @ matrix) < np.linalg.norm(np.array([0, 1]) @ matrix)


def test_the_logistic_fit_weighs_both_classes_alike() -> None:
    """Ten times the negatives, from the same distribution, change nothing."""
    rng = np.random.default_rng(0)
    positive, negative = rng.normal(1, 1, 200), rng.normal(-1, 1, 200)
    slope, intercept = _fit_logistic(positive, negative)
    assert (slope, intercept) == (pytest.approx(2, abs=0.5), pytest.approx(0, abs=0.3))
    np.testing.assert_allclose(_fit_logistic(positive, np.tile(negative, 10)), (slope, intercept), rtol=1e-4)


def test_classes_that_do_not_overlap_still_give_a_finite_fit() -> None:
    assert np.isfinite(_fit_logistic(np.array([2.0, 3.0]), np.array([-2.0, -3.0]))).all()
