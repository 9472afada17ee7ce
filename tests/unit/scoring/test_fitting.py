"""How a calibration is learned."""

from __future__ import annotations

from itertools import pairwise

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
    language_shifts,
    own_standings,
    rival_standings,
)
from pipeline.scoring.ports import TextEncoder


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


def test_own_sentences_stand_higher_than_rivals_copy(material: Material, calibration: BrandCalibration) -> None:
    own, rivals = own_standings(calibration, material), rival_standings(calibration, material.shorts)
    assert own.shape == (9, 2)
    assert rivals.shape == (9 * 3,)
    assert own.mean() > rivals.mean() + 1


def test_neither_the_writer_nor_the_brand_that_is_tried_is_in_the_background(
    material: Material, calibration: BrandCalibration
) -> None:
    """Every trial at the first listing is one of its copies by others, read against the seven that remain."""
    standings = rival_standings(calibration, material.shorts)[:3]
    expected = []
    for writer, background in enumerate(calibration.place(material.shorts, ["en"] * 9).backgrounds):
        rest = np.delete(background.astype(np.float64), [0, writer])
        expected.append((background[0] - rest.mean()) / rest.std())
    assert [np.isclose(expected[1:], standing).sum() for standing in standings] == [1, 1, 1]


def test_the_threshold_accepts_the_stated_share_of_rivals_copy(
    material: Material, calibration: BrandCalibration
) -> None:
    rivals = rival_standings(calibration, material.shorts)
    accepted = (rivals > calibration.standing_at(calibration.threshold) + 1e-9).mean()
    assert accepted == pytest.approx(FALSE_POSITIVES, abs=0.03)


def test_the_line_of_a_language_is_as_much_higher_as_two_thirds_of_its_copy_stand() -> None:
    """English has a line of its own, but what is usual is told by all other languages."""
    own = np.array([[9.0, 4.0, 7.0], [5.0, 4.0, 2.0], [5.0, 4.0, 2.0], [5.0, 4.0, 2.0]])
    assert language_shifts(own, ("en", "de", "tr")) == {"en": 2, "de": 1, "tr": -1}


def test_an_encoder_of_one_language_is_calibrated_on_that_language(encoder: TextEncoder) -> None:
    topics = ("music", "tram", "bread", "rain", "bike", "book")
    listings = [
        {
            "id": topic,
            "short": topic,
            "pillars": [{"name": topic, "statement": f"{topic} {other}", "exemplars": [other * place]}],
        }
        for place, (topic, other) in enumerate(pairwise((*topics, "music")), 1)
    ]
    sentences = [{"id": "1", "brand": "music", "pillar": "music", "en": "music music", "de": "Musik"}]
    material = Material.of(listings, listings, sentences, [("tea", "Tee")], encoder, only=("en",))
    calibration = fit_calibration(material)
    assert (material.languages, calibration.shifts) == (("en",), {"en": 0})
    assert (calibration.holds_for("en-GB"), calibration.holds_for("de-DE")) == (True, False)
    np.testing.assert_array_equal(calibration.whitening, np.eye(len(calibration.text_mean)))


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
