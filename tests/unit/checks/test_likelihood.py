"""Evidence for each language, from the model that py3langid carries."""

from __future__ import annotations

import pytest

from pipeline.checks.likelihood import label_of, likeliest, rivals, weigh


def test_the_right_language_is_likeliest() -> None:
    assert likeliest(weigh("Kaltes Wasser für den ganzen Tag, ohne Plastik.")) == "de"


@pytest.mark.parametrize("text", ["", " ", "👍", "12", "\ud800"])
def test_text_without_evidence_can_be_weighed(text: str) -> None:
    assert len(weigh(text)) > 100


@pytest.mark.parametrize(("language", "label"), [("de", "de"), ("nb", "no"), ("fil", "tl"), ("dsb", None), ("", None)])
def test_a_language_has_a_label_or_none(language: str, label: str | None) -> None:
    assert label_of(language) == label


def test_varieties_and_classical_languages_are_no_rivals() -> None:
    names = rivals("zh")
    assert "ja" in names
    assert not {"zh", "yue", "la", "sa"} & set(names)
