"""Copy is written for its segment; an example is no copy."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pipeline.checks.originality import check_originality
from pipeline.domain.brand import Brand
from pipeline.domain.issue import Issue
from pipeline.domain.locale_pack import LocalePack

RAIN = "Regen um fünf. Nimm einen Schirm oder geh etwas früher."


@pytest.mark.parametrize("text", [RAIN, RAIN.upper(), "Regen um fünf – nimm einen Schirm, oder geh etwas früher!"])
def test_an_examples_target_is_blocked_in_any_dress(
    issues_of: Callable[..., list[Issue]], make_pack: Callable[..., LocalePack], text: str
) -> None:
    pack = make_pack(pairs=(("Rain at five.", RAIN),))
    (issue,) = issues_of(check_originality, text, pack=pack, source="Cold water, all day.")
    assert issue.blocking


@pytest.mark.parametrize(
    ("locale", "script", "target"),
    [
        ("ja-JP", "Jpan", "通りの音は、もう聞こえない。"),
        ("ar-AE", "Arab", "اسمع الموسيقى لا الشارع"),
        ("hi-IN", "Deva", "बत्ती बुझाएँ। कल की बात कल।"),
    ],
)
def test_examples_are_known_in_every_script(
    issues_of: Callable[..., list[Issue]], make_pack: Callable[..., LocalePack], locale: str, script: str, target: str
) -> None:
    pack = make_pack(locale, script, pairs=(("Hear the music.", target),))
    assert len(issues_of(check_originality, target, locale, pack=pack)) == 1


def test_a_pillars_exemplar_is_blocked(issues_of: Callable[..., list[Issue]], make_brand: Callable[..., Brand]) -> None:
    assert len(issues_of(check_originality, "one bottle, ten years, no bin", "en-GB", brand=make_brand())) == 1


def test_copy_of_its_own_passes(
    issues_of: Callable[..., list[Issue]], make_pack: Callable[..., LocalePack], make_brand: Callable[..., Brand]
) -> None:
    pack = make_pack(pairs=(("Rain at five.", RAIN),))
    text = "Regen um fünf? Deine Flasche bleibt dicht, den ganzen Heimweg."
    assert issues_of(check_originality, text, pack=pack, brand=make_brand()) == []


def test_the_examples_own_source_may_be_rendered_as_in_the_example(
    issues_of: Callable[..., list[Issue]], make_pack: Callable[..., LocalePack]
) -> None:
    pack = make_pack(pairs=(("Rain at five.", RAIN),))
    assert issues_of(check_originality, RAIN, pack=pack, source="Rain at five") == []


@pytest.mark.parametrize(
    ("locale", "script", "target"), [("de-DE", "Latn", "Jetzt laden"), ("ja-JP", "Jpan", "今すぐ入手")]
)
def test_a_call_to_action_is_nobodys_own(
    issues_of: Callable[..., list[Issue]], make_pack: Callable[..., LocalePack], locale: str, script: str, target: str
) -> None:
    pack = make_pack(locale, script, pairs=(("Download now", target),))
    assert issues_of(check_originality, target, locale, pack=pack) == []
