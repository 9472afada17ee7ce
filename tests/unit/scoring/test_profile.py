"""What a brand looks like to an encoder."""

from __future__ import annotations

import numpy as np

from pipeline.domain.brand import Brand
from pipeline.scoring.calibration import BrandCalibration
from pipeline.scoring.ports import TextEncoder
from pipeline.scoring.profile import BrandProfile, Profiles


def test_a_profile_holds_every_statement_and_exemplar_with_its_pillar(encoder: TextEncoder, brand: Brand) -> None:
    profile = BrandProfile.of(brand, encoder, None)
    assert profile.lines[:2] == ("Water stays cold.", "Still cold at four.")
    assert profile.pillars == ("Cold all day", "Cold all day", "Refill anywhere", "Refill anywhere")
    assert profile.statements == (True, False, True, False)
    np.testing.assert_allclose(profile.vectors, encoder.encode(profile.lines))


def test_with_a_calibration_the_lines_are_corrected(
    encoder: TextEncoder, brand: Brand, calibration: BrandCalibration
) -> None:
    profile = BrandProfile.of(brand, encoder, calibration)
    np.testing.assert_allclose(profile.vectors, calibration.place_lines(encoder.encode(profile.lines)))


def test_a_brand_is_embedded_once_for_each_version_of_it(encoder: TextEncoder, brand: Brand) -> None:
    profiles = Profiles(encoder, None)
    assert profiles.of(brand) is profiles.of(brand.model_copy())
    changed = brand.model_copy(update={"name": "Other"})
    assert profiles.of(changed) is not profiles.of(brand)
    assert encoder.batches == 2
