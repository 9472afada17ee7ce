"""What a brand looks like to an encoder."""

from __future__ import annotations

import numpy as np

from pipeline.domain.brand import Brand
from pipeline.scoring.calibration import BrandCalibration
from pipeline.scoring.ports import TextEncoder
from pipeline.scoring.profile import BrandProfile, Profiles


def test_a_profile_holds_what_is_compared_and_what_is_told_with_their_pillars(
    encoder: TextEncoder, brand: Brand
) -> None:
    pillar = brand.pillars[0].model_copy(update={"counter_exemplars": ("Hot as can be.",)})
    profile = BrandProfile.of(brand.model_copy(update={"pillars": (pillar, *brand.pillars[1:])}), encoder, None)
    assert profile.compared.lines[:3] == ("Cold all day", "Water stays cold.", "Still cold at four.")
    assert profile.compared.names == ("Cold all day",) * 4 + ("Refill anywhere",) * 4
    assert profile.exemplars.lines == ("Still cold at four.", "Your next refill.")
    assert (profile.counter_exemplars.lines, profile.counter_exemplars.names) == (
        ("Hot as can be.",),
        ("Cold all day",),
    )
    np.testing.assert_allclose(profile.vectors[profile.exemplars.rows], encoder.encode(profile.exemplars.lines))


def test_with_a_calibration_the_lines_are_corrected(
    encoder: TextEncoder, brand: Brand, calibration: BrandCalibration
) -> None:
    profile = BrandProfile.of(brand, encoder, calibration)
    expected = calibration.place_lines(encoder.encode(profile.compared.lines))
    np.testing.assert_allclose(profile.vectors[profile.compared.rows], expected)


def test_a_brand_is_embedded_once_for_each_version_of_it(encoder: TextEncoder, brand: Brand) -> None:
    profiles = Profiles(encoder, None)
    assert profiles.of(brand) is profiles.of(brand.model_copy())
    changed = brand.model_copy(update={"name": "Other"})
    assert profiles.of(changed) is not profiles.of(brand)
    assert encoder.batches == 2
