"""A given word in running copy."""

from __future__ import annotations

import unicodedata

import pytest

from pipeline.checks.words import english_word, find_form, fold, holds_form

LATIN, ARABIC, JAPANESE = frozenset({"Latn"}), frozenset({"Arab"}), frozenset({"Hira", "Kana", "Hani"})


def test_folding_forgets_case_marks_and_spacing() -> None:
    assert fold("  „Kalt,\u00a0KALT!“ ") == "kalt kalt"


@pytest.mark.parametrize(
    ("form", "text"), [("öko", "ÖKO!"), ("ganz  öko", "ganz\u00a0öko"), ("CO₂-neutral", "(co₂-neutral)")]
)
def test_case_and_kind_of_space_do_not_matter(form: str, text: str) -> None:
    assert find_form(form, text, LATIN, spaceless=False)


@pytest.mark.parametrize("form", ["nachfüllen", "रीफ़िल", "écologique"])
def test_composed_and_decomposed_letters_are_the_same(form: str) -> None:
    for one in ("NFC", "NFD"):
        for other in ("NFC", "NFD"):
            assert holds_form(
                unicodedata.normalize(one, form), unicodedata.normalize(other, form), LATIN, spaceless=False
            )


def test_a_short_form_inside_a_word_does_not_count() -> None:
    assert not holds_form("Eis", "Reise", LATIN, spaceless=False)
    assert holds_form("Flasche", "Mehrwegflaschen", LATIN, spaceless=False)


def test_arabic_joins_small_words_to_the_next() -> None:
    assert find_form("رخيص", "والرخيص", ARABIC, spaceless=False)
    assert not find_form("رخيص", "رخيصة", ARABIC, spaceless=False)


def test_japanese_words_are_found_without_spaces() -> None:
    assert find_form("エコな", "とてもエコなボトル", JAPANESE, spaceless=True)
    assert not find_form("eco", "economyクラス", JAPANESE, spaceless=True)


@pytest.mark.parametrize(
    ("term", "text", "found"),
    [
        ("refill", "Refilling", True),
        ("bottle", "bottled", True),
        ("carry", "carries", True),
        ("refill", "refillable", False),
    ],
)
def test_english_inflections(term: str, text: str, *, found: bool) -> None:
    assert (english_word(term).search(text) is not None) is found
