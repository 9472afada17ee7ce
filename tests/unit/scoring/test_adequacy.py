"""Adequacy lies between unrelated copy and the same meaning."""

from __future__ import annotations

import pytest

from pipeline.scoring.adequacy import score_adequacy
from pipeline.scoring.background import Background
from pipeline.scoring.ports import TextEncoder

Generic = dict[str, list[str]]

SOURCE = "cold refill"


def test_the_same_meaning_is_1(encoder: TextEncoder, generic: Generic) -> None:
    (source,) = encoder.encode([SOURCE])
    score = score_adequacy(source, source, Background(encoder, generic).of("de-DE"))
    assert (score.name, score.value) == ("adequacy", pytest.approx(1))


def test_unrelated_copy_is_0_and_half_the_meaning_lies_between(encoder: TextEncoder, generic: Generic) -> None:
    source, unrelated, half = encoder.encode([SOURCE, "music of the day", "cold"])
    backdrop = Background(encoder, generic).of("de-DE")
    assert score_adequacy(source, unrelated, backdrop).value == pytest.approx(0, abs=1e-6)
    assert 0.2 < (score_adequacy(source, half, backdrop).value or 0) < 0.8


def test_further_away_than_unrelated_copy_is_still_0(encoder: TextEncoder, generic: Generic) -> None:
    (source,) = encoder.encode([SOURCE])
    assert score_adequacy(source, -source, Background(encoder, generic).of("de-DE")).value == 0


def test_the_explanation_says_which_copy_it_was_compared_with(encoder: TextEncoder, generic: Generic) -> None:
    source, half = encoder.encode([SOURCE, "cold"])
    background = Background(encoder, generic)
    assert "unrelated copy in its language" in score_adequacy(source, half, background.of("de-DE")).explanation
    assert "unrelated copy in other languages" in score_adequacy(source, half, background.of("fr-FR")).explanation


def test_without_a_source_or_generic_copy_it_cannot_be_told(encoder: TextEncoder, generic: Generic) -> None:
    (text,) = encoder.encode(["cold"])
    assert score_adequacy(None, text, Background(encoder, generic).of("de-DE")).value is None
    assert score_adequacy(text, text, Background(encoder, {}).of("de-DE")).value is None
