"""Which languages are mistaken for each other."""

from __future__ import annotations

from collections import Counter

import pytest

from pipeline.checks import kinship
from pipeline.checks.kinship import are_kin, are_twins, are_varieties


@pytest.mark.parametrize(("one", "other"), [("cs", "sk"), ("es", "gl"), ("da", "no"), ("hi", "mr"), ("ru", "be")])
def test_kin_are_told_apart_with_care_but_are_no_twins(one: str, other: str) -> None:
    assert are_kin(one, other)
    assert not are_twins(one, other)


@pytest.mark.parametrize(("one", "other"), [("hr", "bs"), ("id", "ms"), ("nn", "no")])
def test_twins_are_languages_of_their_own(one: str, other: str) -> None:
    assert are_twins(one, other)
    assert not are_varieties(one, other)


def test_strangers_are_no_kin() -> None:
    assert not are_kin("de", "ja")


@pytest.mark.parametrize("groups", [kinship._FAMILIES, kinship._TWINS, kinship._VARIETIES])
def test_no_language_is_in_two_groups_of_a_kind(groups: tuple[frozenset[str], ...]) -> None:
    counts = Counter(code for group in groups for code in group)
    assert max(counts.values()) == 1
