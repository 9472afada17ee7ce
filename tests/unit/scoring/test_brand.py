"""The brand score is a share of generic copy, and the verdict follows from it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pipeline.domain.assessment import LanguageVerdict
from pipeline.domain.brand import Brand
from pipeline.scoring.background import Background
from pipeline.scoring.brand import ON_BRAND, BrandProfile, BrandResult, score_brand
from pipeline.scoring.ports import TextEncoder

Generic = dict[str, list[str]]
Judge = Callable[..., BrandResult]


@pytest.fixture
def judge(encoder: TextEncoder, brand: Brand, generic: Generic) -> Judge:
    """Score one text against the brand."""

    def run(
        text: str, locale: str = "de-DE", language: LanguageVerdict = "match", texts: Generic = generic
    ) -> BrandResult:
        profile, backdrop = BrandProfile.of(brand, encoder), Background(encoder, texts).of(locale)
        return score_brand(profile, encoder.encode([text])[0], backdrop, language, text)

    return run


def test_copy_about_what_the_brand_stands_for_is_on_brand(judge: Judge) -> None:
    result = judge("Fill up: cold water, cold bottle")
    assert result.verdict == "on_brand"
    assert (result.score.name, result.score.value >= ON_BRAND) == ("brand", True)


def test_copy_about_anything_else_is_off_brand(judge: Judge) -> None:
    result = judge("Bring a book and a lamp along")
    assert result.verdict == "off_brand"
    assert result.score.value < ON_BRAND


def test_generic_copy_scores_in_the_middle(judge: Judge) -> None:
    assert 0.2 < judge("music a of the day").score.value < 0.8


def test_the_explanation_names_the_nearest_line_and_the_distance_to_the_threshold(judge: Judge) -> None:
    explanation = judge("Refill your bottle, refill it here").score.explanation
    assert "Nearest pillar: Refill anywhere" in explanation
    assert "over the threshold of 95%" in explanation


@pytest.mark.parametrize("text", ["cold", "cold !", "Go on"])
def test_a_text_too_short_to_tell_has_a_score_and_no_verdict(judge: Judge, text: str) -> None:
    result = judge(text)
    assert result.verdict == "undetermined"
    assert result.score.value is not None


@pytest.mark.parametrize("text", ["冷たい水", "하루 종일"])
def test_four_signs_are_long_enough(judge: Judge, text: str) -> None:
    assert judge(text, "ja-JP").verdict != "undetermined"


def test_another_language_is_worth_nothing(judge: Judge) -> None:
    result = judge("Fill up: cold water, cold bottle", language="mismatch")
    assert (result.verdict, result.score.value) == ("undetermined", 0)
    assert "language" in result.score.explanation


@pytest.mark.parametrize("text", ["Still cold at four.", "STILL COLD, at four", "Water stays cold"])
def test_the_score_cannot_be_won_by_copying_the_brands_own_lines(judge: Judge, text: str) -> None:
    result = judge(text)
    assert (result.verdict, result.score.value) == ("undetermined", 0)


def test_too_little_generic_copy_gives_no_score(judge: Judge) -> None:
    result = judge("Fill up: cold water", texts={"de-DE": ["music"] * 7})
    assert (result.verdict, result.score.value) == ("undetermined", None)


def test_a_locale_without_copy_of_its_own_is_read_against_all(judge: Judge) -> None:
    assert judge("Fill up: cold water, cold bottle", "fi-FI").verdict == "on_brand"
