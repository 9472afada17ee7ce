"""The brand score is a probability, and the verdict follows from it and from the evidence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from pipeline.domain.assessment import BrandReading, LanguageVerdict
from pipeline.domain.brand import Brand, Pillar, Voice
from pipeline.scoring.brand import BrandResult, Evidence, score_brand
from pipeline.scoring.calibration import BrandCalibration
from pipeline.scoring.ports import TextEncoder
from pipeline.scoring.profile import BrandProfile

Judge = Callable[..., BrandResult]


@pytest.fixture
def judge(encoder: TextEncoder, brand: Brand, calibration: BrandCalibration) -> Judge:
    """Score one text against the brand."""

    def run(
        text: str,
        language: LanguageVerdict = "match",
        other: Brand = brand,
        thresholds: Mapping[str, float] | None = None,
    ) -> BrandResult:
        profile = BrandProfile.of(other, encoder, calibration)
        placed = calibration.place(encoder.encode([text]), ["en-US"])
        return score_brand(profile, [Evidence(text, "en-US", language)], placed, calibration, thresholds)[0]

    return run


def test_copy_about_what_the_brand_stands_for_is_on_brand(judge: Judge, calibration: BrandCalibration) -> None:
    result = judge("Fill up: cold refill, cold bottle")
    assert result.verdict == "on_brand"
    assert (result.score.name, result.score.value >= calibration.threshold) == ("brand", True)


def test_copy_about_anything_else_is_off_brand(judge: Judge, calibration: BrandCalibration) -> None:
    result = judge("Bring a book and a lamp along")
    assert result.verdict == "off_brand"
    assert result.score.value < calibration.threshold


def test_the_explanation_names_what_is_nearest_the_threshold_and_the_cohort(judge: Judge) -> None:
    explanation = judge("Refill your bottle, refill it here").score.explanation
    assert "Nearest pillar: Refill anywhere; nearest exemplar: “Your next refill.”." in explanation
    assert "over the threshold of" in explanation
    assert "nearer to the brand than to 100% of 9 invented brands" in explanation
    assert "under the threshold of" in judge("Bring a book and a lamp along").score.explanation


def test_a_brand_without_exemplars_has_a_nearest_pillar(judge: Judge, brand: Brand) -> None:
    bare = brand.model_copy(update={"pillars": (Pillar(id="p", name="Cold", statement="It is cold."),)})
    assert judge("Fill up: cold water", other=bare).score.explanation.endswith("Nearest pillar: Cold.")


@pytest.mark.parametrize("text", ["cold", "cold !", "Go on"])
def test_a_text_too_short_to_tell_has_a_score_and_no_verdict(judge: Judge, text: str) -> None:
    result = judge(text)
    assert result.verdict == "undetermined"
    assert result.score.value is not None


@pytest.mark.parametrize("text", ["冷たい水", "하루 종일"])
def test_four_signs_are_long_enough(judge: Judge, text: str) -> None:
    assert judge(text).verdict != "undetermined"


def test_another_language_is_worth_nothing(judge: Judge) -> None:
    result = judge("Fill up: cold refill, cold bottle", "mismatch")
    assert (result.verdict, result.score.value) == ("undetermined", 0)
    assert "language" in result.score.explanation


@pytest.mark.parametrize(
    "text", ["Still cold at four.", "STILL COLD, at four", "Water stays cold", "Cold water refill: still cold water."]
)
def test_the_score_cannot_be_won_with_the_brands_own_lines_and_words(judge: Judge, text: str) -> None:
    result = judge(text)
    assert (result.verdict, result.score.value) == ("undetermined", 0)


def test_an_encoder_without_a_calibration_gives_no_score(encoder: TextEncoder, brand: Brand) -> None:
    """Another encoder's calibration would give a wrong number."""
    profile = BrandProfile.of(brand, encoder, None)
    (result,) = score_brand(profile, [Evidence("Fill up: cold water", "en-US", "match")], None, None)
    assert (result.verdict, result.score.value) == ("undetermined", None)
    assert "calibration" in result.score.explanation


def test_what_voids_a_text_is_told_without_a_calibration_too(encoder: TextEncoder, brand: Brand) -> None:
    profile = BrandProfile.of(brand, encoder, None)
    (result,) = score_brand(profile, [Evidence("Water stays cold", "en-US", "match")], None, None)
    assert result.score.value == 0


def test_a_brands_own_threshold_of_a_locale_stands_before_the_shipped_one(judge: Judge) -> None:
    text = "Fill up: cold refill, cold bottle"
    assert judge(text, thresholds={"en-US": 1.0}).verdict == "off_brand"
    assert judge(text, thresholds={"de-DE": 1.0}).verdict == "on_brand"


def test_a_counter_exemplar_pulls_a_text_down_and_is_named(judge: Judge, brand: Brand) -> None:
    """As far as the text is nearer to it than to any line of the brand."""
    pillar = brand.pillars[0].model_copy(update={"counter_exemplars": ("A cold game is a lost game.",)})
    warned = brand.model_copy(update={"pillars": (pillar, *brand.pillars[1:])})
    text = "Cold game or lost game"
    assert judge(text, other=warned).score.value < judge(text).score.value
    assert "“A cold game is a lost game.”" in judge(text, other=warned).score.explanation
    harmless = "Fill up: cold refill, cold bottle"
    assert judge(harmless, other=warned).score == judge(harmless).score


def test_what_a_text_does_not_take_up_is_named(judge: Judge) -> None:
    explanation = judge("Bring a book and a lamp along").score.explanation
    assert explanation.endswith("Not taken up: Cold all day, Refill anywhere.")


def test_an_encoder_made_for_one_language_does_not_judge_another(
    encoder: TextEncoder, brand: Brand, calibration: BrandCalibration
) -> None:
    english = replace(calibration, only=("en",))
    profile = BrandProfile.of(brand, encoder, english)
    placed = english.place(encoder.encode(["Fill up: cold water"]), ["de-DE"])
    (result,) = score_brand(profile, [Evidence("Fill up: cold water", "de-DE", "match")], placed, english)
    assert (result.verdict, result.score.value) == ("undetermined", None)
    assert "made for en, not for de-DE" in result.score.explanation


def test_a_voice_that_the_brand_avoids_is_named_but_does_not_move_the_score(judge: Judge, brand: Brand) -> None:
    """The encoder hears little of how a text sounds: enough to tell, too little to judge by."""
    spoken = brand.model_copy(update={"voice": Voice(traits=("tea",), avoid=("bread", "rain"))})
    text = "Cold rain, refill of rain"
    told, plain = judge(text, other=spoken).score, judge(text).score
    assert told.value == pytest.approx(plain.value)
    assert "Another voice: it sounds more like “rain”" in told.explanation
    assert "Another voice" not in judge("Refill of tea, cold tea", other=spoken).score.explanation


@pytest.mark.parametrize("voice", [Voice(), Voice(traits=("tea",)), Voice(avoid=("rain",))])
def test_a_voice_is_told_only_where_the_brand_says_both_what_it_is_and_is_not(
    judge: Judge, brand: Brand, voice: Voice
) -> None:
    spoken = brand.model_copy(update={"voice": voice})
    assert "voice" not in judge("Cold rain, refill of rain", other=spoken).score.explanation


def test_the_reading_holds_what_the_explanation_says(judge: Judge, calibration: BrandCalibration) -> None:
    """So that it can be drawn."""
    reading = judge("Refill your bottle, refill it here").score.reading
    assert reading == BrandReading(
        verdict="on_brand",
        threshold=calibration.threshold,
        pillar="Refill anywhere",
        exemplar="Your next refill.",
    )
    assert judge("Bring a book and a lamp along").score.reading.pulled_down == (
        "Not taken up: Cold all day, Refill anywhere.",
    )


def test_the_reading_of_a_text_that_is_not_judged_says_why(judge: Judge) -> None:
    reading = judge("Water stays cold").score.reading
    assert (reading.verdict, reading.pillar) == ("undetermined", "")
    assert "copying" in reading.pulled_down[0]


def test_texts_scored_together_score_as_they_do_alone(
    encoder: TextEncoder, brand: Brand, calibration: BrandCalibration, judge: Judge
) -> None:
    texts = ["Fill up: cold refill, cold bottle", "Bring a book and a lamp along", "Water stays cold", "cold"]
    placed = calibration.place(encoder.encode(texts), ["en-US"] * len(texts))
    evidence = [Evidence(text, "en-US", "match") for text in texts]
    together = score_brand(BrandProfile.of(brand, encoder, calibration), evidence, placed, calibration)
    for result, text in zip(together, texts, strict=True):
        alone = judge(text)
        assert (result.verdict, result.score.value) == (alone.verdict, pytest.approx(alone.score.value))
