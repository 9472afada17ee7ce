"""What a calibration does to vectors, and how it is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import DataError
from pipeline.scoring.background import unit_rows
from pipeline.scoring.calibration import BrandCalibration, PlacedTexts, load_calibration
from pipeline.scoring.ports import TextEncoder


@pytest.fixture
def stored(calibration: BrandCalibration, tmp_path: Path) -> Path:
    path = tmp_path / "topics.npz"
    calibration.save(path)
    return path


def test_texts_and_lines_are_corrected_on_their_own_means(encoder: TextEncoder, calibration: BrandCalibration) -> None:
    vectors = encoder.encode(["cold", "music"])
    by_hand = unit_rows((vectors - calibration.text_mean) @ calibration.whitening)
    np.testing.assert_allclose(calibration.place(vectors, ["de", "de"]).vectors, by_hand)
    by_hand = unit_rows((vectors - calibration.line_mean) @ calibration.whitening)
    np.testing.assert_allclose(calibration.place_lines(vectors), by_hand)


def test_a_standing_is_in_standard_deviations_of_the_texts_own_nearness_to_invented_brands() -> None:
    text = PlacedTexts(np.array([[1, 0]], np.float32), np.array([[0.1, 0.3, 0.2, 0.2]], np.float32), np.zeros(1))
    lines = np.array([[0.4, 0], [0.4, 1], [0.4, 0], [0.4, 0]], np.float32)
    assert text.standing(lines) == pytest.approx(0.2 / np.std([0.1, 0.3, 0.2, 0.2]), rel=1e-5)
    assert text.share_further(np.array([0.4])) == 1
    assert text.share_further(np.array([0.24])) == 0.75


def test_a_text_that_is_equally_near_to_everything_still_has_a_standing() -> None:
    text = PlacedTexts(np.zeros((1, 2), np.float32), np.zeros((1, 4), np.float32), np.zeros(1))
    assert text.standing(np.eye(2, dtype=np.float32)) == 0


def test_a_language_in_which_copy_stands_high_is_measured_from_a_higher_line(
    calibration: BrandCalibration, encoder: TextEncoder
) -> None:
    """The line of a language holds for all its locales; one that nothing is known of has the usual line."""
    shifted = replace(calibration, shifts={"de": 0.5})
    vectors = encoder.encode(["music"] * 3)
    lines = calibration.place_lines(encoder.encode(["music book", "lamp"]))
    swiss, capital, thai = shifted.place(vectors, ["de-CH", "DE", "th-TH"]).standing(lines)
    assert swiss == capital == pytest.approx(thai - 0.5)


def test_an_excess_is_told_in_the_same_deviations_and_never_below_nought() -> None:
    text = PlacedTexts(np.array([[1, 0]], np.float32), np.array([[0.1, 0.3]], np.float32), np.ones(1))
    assert text.excess(np.array([0.5]), over=np.array([0.3])) == pytest.approx(2)
    assert text.excess(np.array([0.3]), over=np.array([0.5])) == 0


def test_a_probability_rises_with_the_standing_and_never_overflows(calibration: BrandCalibration) -> None:
    values = [calibration.probability(standing) for standing in (-1e9, -3, 0, 3, 1e9)]
    assert values == sorted(values)
    assert (values[0], values[-1]) == (pytest.approx(0), pytest.approx(1))


@pytest.mark.parametrize("probability", [0.1, 0.5, 0.9])
def test_a_standing_can_be_found_from_its_probability(calibration: BrandCalibration, probability: float) -> None:
    assert calibration.probability(calibration.standing_at(probability)) == pytest.approx(probability)


def test_a_calibration_is_the_same_after_it_was_stored(calibration: BrandCalibration, stored: Path) -> None:
    """The lines are rounded before the fit, not after it."""
    read = load_calibration(stored)
    for name in ("encoder_digest", "data_digest", "packs_digest", "shifts", "slope", "intercept", "threshold", "only"):
        assert getattr(read, name) == getattr(calibration, name)
    for name in ("text_mean", "line_mean", "whitening"):
        np.testing.assert_array_equal(getattr(read, name), getattr(calibration, name))
    assert read.cohort.names == calibration.cohort.names
    np.testing.assert_array_equal(read.cohort.sizes, calibration.cohort.sizes)
    np.testing.assert_array_equal(read.cohort.lines, calibration.cohort.lines)


def test_the_file_is_the_same_each_time_it_is_written(
    calibration: BrandCalibration, stored: Path, tmp_path: Path
) -> None:
    again = tmp_path / "again.npz"
    calibration.save(again)
    assert again.read_bytes() == stored.read_bytes()


def test_the_cohort_is_kept_in_two_bytes_a_number(stored: Path) -> None:
    with np.load(stored, allow_pickle=False) as arrays:
        assert arrays["cohort_lines"].dtype == np.float16


@pytest.mark.parametrize("content", [b"", b"nonsense", b"PK\x03\x04 cut short"])
def test_a_damaged_file_is_told_with_its_path(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.npz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"broken\.npz.*no calibration") as raised:
        load_calibration(path)
    assert "make calibration" in raised.value.hint


def test_a_file_cut_short_or_without_an_array_is_refused(stored: Path) -> None:
    whole = stored.read_bytes()
    stored.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError):
        load_calibration(stored)
    np.savez(stored, recipe=np.array(1))
    with pytest.raises(DataError):
        load_calibration(stored)


def test_another_recipe_and_pickled_objects_are_refused(stored: Path) -> None:
    np.savez(stored, recipe=np.array(99))
    with pytest.raises(DataError, match="recipe 99"):
        load_calibration(stored)
    np.savez(stored, recipe=np.array([{}], dtype=object))
    with pytest.raises(DataError, match="allow_pickle"):
        load_calibration(stored)
