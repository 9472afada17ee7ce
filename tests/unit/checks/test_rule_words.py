"""How triggers are read: letters, joints, sentences, endings."""

from __future__ import annotations

import time
import unicodedata

import pytest

from pipeline.checks.rule_words import finders_of, states
from pipeline.domain.rule_pack import Reading, RulePack, WordForms

GERMAN = WordForms(endings=("e", "er"), drop=("el",), repeat=1)


def find(text: str, *triggers: str, language: str = "de", forms: WordForms = GERMAN, **facts: object) -> str | None:
    """What the first finding of a rule with these triggers marks."""
    rule = {
        "id": "xx-word",
        "title": "A word",
        "kind": "other",
        "duty": "Look.",
        "applies_to": {"channels": ["all"], "sectors": ["all"], "modalities": ["text"], "roles": ["all"]},
        "status": "in_force",
        "binding": "law",
        "legal_basis": "Act",
        "action": "warn",
        "triggers": {language: list(triggers)},
        "sources": ["https://law.example"],
        "verified": True,
    }
    reading = Reading(words={"de": forms})
    pack = RulePack.model_validate(
        {"jurisdiction": "XX", "as_of": "2026-11-22", "rules": [rule | facts], "reading": reading}
    )
    ((_, finder),) = finders_of(pack, "de")
    span = finder.find(text) if finder else None
    return text[slice(*span)] if span else None


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("grüne Wiese", "grüne"),
        ("GRÜNER", "GRÜNER"),
        (unicodedata.normalize("NFD", "grüne Wiese"), unicodedata.normalize("NFD", "grüne")),
        ("immergrün", None),
        ("grünlich", None),
        ("grün-weiß", "grün"),
    ],
)
def test_a_word_is_found_whole_and_inflected(text: str, marked: str | None) -> None:
    """Case and composition make no difference; longer words are other words."""
    assert find(text, "grün") == marked


def test_a_base_form_may_lose_an_ending() -> None:
    """`dunkel` becomes `dunkle` where the language says so, and never shorter than four letters."""
    forms = WordForms(endings=("le", "ler"), drop=("el",))
    assert find("dunkle Wege", "dunkel", forms=forms) == "dunkle"
    assert find("edle Wege", "edel", forms=forms) is None


def test_endings_may_follow_one_another() -> None:
    """As many as the language allows."""
    assert find("dostlarının", "dost", forms=WordForms(endings=("lar", "ın"), repeat=3)) == "dostlarının"
    assert find("dostlarının", "dost", forms=WordForms(endings=("lar", "ın"), repeat=2)) is None


def test_letters_may_be_joined_to_the_front() -> None:
    """Only those that the language joins."""
    forms = WordForms(before=("ال", "و"))
    assert find("والعلم", "علم", forms=WordForms(before=("وال",))) == "والعلم"
    assert find("معلم", "علم", forms=forms) is None


@pytest.mark.parametrize("text", ["CO2-neutral", "CO2 neutral", "CO2neutral", "co2‑neutral"])
def test_a_hyphen_may_be_a_space_or_nothing(text: str) -> None:
    """Writers differ, the claim does not."""
    assert find(text, "CO2-neutral") == text


@pytest.mark.parametrize("text", ["gut fürs Klima", "gut\u00a0fürs  Klima", "gut-fürs-Klima"])
def test_a_space_may_be_any_space(text: str) -> None:
    """No-break spaces and hyphens are how copy is set."""
    assert find(text, "gut fürs Klima") == text


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("第1位です", "第1位"),
        ("NO.1の水", "NO.1"),
        ("ANO.1の水", None),
        ("水はNO.12", None),
        ("100%天然", "100%"),
        ("2100%", None),
    ],
)
def test_unspaced_text_is_searched_anywhere(text: str, marked: str | None) -> None:
    """But a Latin word or a number is not found inside a longer one."""
    assert find(text, "NO.1", "第1位", "100%", forms=WordForms(where="anywhere")) == marked


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("grüner Strom", "grüner"),
        ("Stromnetz, grün", "grün"),
        ("grün. Strom kommt an.", None),
        ("grün! Strom!", None),
        ("bei 1.5 grad grün mit Strom", "grün"),
        ("grün", None),
    ],
)
def test_a_context_stands_in_the_same_sentence(text: str, marked: str | None) -> None:
    """Context words are beginnings; the trigger is no context of its own."""
    assert find(text, "grün", context={"de": {"words": ["grün"], "context": ["Strom", "grün"]}}) == marked


def test_an_exception_makes_a_trigger_harmless_only_there() -> None:
    """The next place is looked at."""
    assert find("im Grünen", "grün", exceptions={"de": ["im Grünen"]}, forms=WordForms(endings=("en",))) is None
    assert find("im Grünen grün", "grün", exceptions={"de": ["im Grünen"]}, forms=WordForms(endings=("en",))) == "grün"


def test_triggers_of_any_language_count_everywhere() -> None:
    """A hashtag is no German word."""
    assert find("Neu! #ad", "#ad", language="any") == "#ad"
    assert find("Neu! #adler", "#ad", language="any") is None


def test_triggers_of_another_language_do_not_count() -> None:
    """French words are looked for in French copy."""
    assert find("vert", "vert", language="fr") is None


def test_a_pattern_is_used_as_it_is() -> None:
    """Case makes no difference to it either."""
    assert find("Klimaneutral bis 2030", r"re:\bklimaneutral\b.{0,40}\b20[2-6]\d\b") == "Klimaneutral bis 2030"


def test_no_text_makes_a_finder_slow() -> None:
    """Text of the longest length there is, made to be almost a match everywhere."""
    text = "grüngrün " * 400 + "klimaneutral " * 400 + "9" * 8_000
    began = time.perf_counter()
    find(text, "grün", r"re:\d+\s?%", r"re:\b(klima|co2)[- ]?neutral\w*.{0,40}\b20[2-6]\d\b")
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize(
    ("statement", "text", "there"),
    [
        ("Ad", "Ad: cold water", True),
        ("Ad", "Read this", False),
        ("广告", "本广告由", True),
        ("Реклама. {advertiser}, erid: {token}", "Реклама. ООО Вода, erid: 123", True),
        ("Реклама. {advertiser}, erid: {token}", "Реклама. ООО Вода", False),
    ],
)
def test_a_statement_is_there_with_all_its_fixed_parts(statement: str, text: str, there: bool) -> None:
    """What stands in braces may be anything."""
    assert states(text, statement) is there
