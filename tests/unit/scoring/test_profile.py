"""What a brand looks like to an encoder."""

from __future__ import annotations

import numpy as np

from pipeline.domain.brand import Brand, Pillar
from pipeline.scoring.ports import TextEncoder
from pipeline.scoring.profile import BrandProfile, Profiles


def test_a_profile_holds_every_statement_and_exemplar_with_its_pillar(encoder: TextEncoder, brand: Brand) -> None:
    profile = BrandProfile.of(brand, encoder)
    assert profile.lines[:2] == ("Water stays cold.", "Still cold at four.")
    assert profile.pillars == ("Cold all day", "Cold all day", "Refill anywhere", "Refill anywhere")
    assert profile.statements == (True, False, True, False)
    assert len(profile.vectors) == 4


def test_nearness_is_the_mean_of_the_two_nearest_lines(encoder: TextEncoder, brand: Brand) -> None:
    profile = BrandProfile.of(brand, encoder)
    vectors = encoder.encode(["cold", "music"])
    by_hand = np.sort(vectors @ profile.vectors.T, axis=1)[:, -2:].mean(axis=1)
    np.testing.assert_allclose(profile.nearness(vectors), by_hand)


def test_one_line_is_enough_for_a_profile(encoder: TextEncoder, brand: Brand) -> None:
    one = brand.model_copy(update={"pillars": (Pillar(id="p", name="P", statement="cold"),)})
    assert BrandProfile.of(one, encoder).nearness(encoder.encode(["cold"]))[0] > 0.99


def test_a_brand_is_embedded_once_for_each_version_of_it(encoder: TextEncoder, brand: Brand) -> None:
    profiles = Profiles(encoder)
    assert profiles.of(brand) is profiles.of(brand.model_copy())
    changed = brand.model_copy(update={"name": "Other"})
    assert profiles.of(changed) is not profiles.of(brand)
    assert encoder.batches == 2
