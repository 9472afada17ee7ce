"""The brand's words are kept, preferred, and avoided."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest

from pipeline.checks.terms import check_terms
from pipeline.domain.brand import Brand, Term, TermRule
from pipeline.domain.issue import Issue, Severity

NAME = Term(source="Aqualis", rule=TermRule.DO_NOT_TRANSLATE)
REFILL = Term(
    source="refill",
    rule=TermRule.PREFERRED,
    forms={"de": ("nachfüllen", "füll"), "ja-JP": ("給水",), "ar-AE": ("تعبئة",), "hi-IN": ("रीफ़िल",)},
)
GREEN = Term(
    source="eco-friendly",
    rule=TermRule.FORBIDDEN,
    forms={"de-DE": ("öko",), "ja-JP": ("エコな", "eco"), "ar-AE": ("رخيص",), "hi-IN": ("सस्ता",)},
)


@pytest.mark.parametrize("text", ["Aqualis hält kalt.", "Aqualisと行こう", "مع Aqualis دائمًا", "„Aqualis“"])
def test_a_kept_name_passes(issues_of: Callable[..., list[Issue]], make_brand: Callable[..., Brand], text: str) -> None:
    assert issues_of(check_terms, text, source="Aqualis keeps cold.", brand=make_brand(NAME)) == []


@pytest.mark.parametrize("text", ["aqualis hält kalt.", "アクアリスと行こう", "أكواليس معك", "Sie hält kalt."])
def test_a_translated_or_recased_name_is_blocked(
    issues_of: Callable[..., list[Issue]], make_brand: Callable[..., Brand], text: str
) -> None:
    (issue,) = issues_of(check_terms, text, source="Aqualis keeps cold.", brand=make_brand(NAME))
    assert issue.severity is Severity.CRITICAL


def test_a_name_that_the_source_does_not_use_is_not_asked_for(
    issues_of: Callable[..., list[Issue]], make_brand: Callable[..., Brand]
) -> None:
    assert issues_of(check_terms, "Kalt.", source="Aqualisia is cold.", brand=make_brand(NAME)) == []


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("de-DE", "Einfach nachfüllen."),
        ("de-AT", "Füll nach!"),
        ("de-DE", unicodedata.normalize("NFD", "Einfach nachfüllen.")),
        ("ja-JP", "街で給水しよう"),
        ("ar-AE", "وإعادة التعبئة"),
        ("hi-IN", "रीफ़िल करें"),
    ],
)
def test_any_preferred_form_passes_also_inflected_or_joined(
    issues_of: Callable[..., list[Issue]], make_brand: Callable[..., Brand], locale: str, text: str
) -> None:
    assert issues_of(check_terms, text, locale, source="Just refill it.", brand=make_brand(REFILL)) == []


@pytest.mark.parametrize("source", ["Refill it.", "Three refills.", "Refilled!", "Keep refilling."])
def test_a_missing_preferred_form_is_major_and_suggested(
    issues_of: Callable[..., list[Issue]], make_brand: Callable[..., Brand], source: str
) -> None:
    (issue,) = issues_of(check_terms, "Mach sie voll.", source=source, brand=make_brand(REFILL))
    assert (issue.severity, issue.suggestion) == (Severity.MAJOR, "nachfüllen")


def test_a_locale_without_preferred_forms_is_not_asked_for_one(
    issues_of: Callable[..., list[Issue]], make_brand: Callable[..., Brand]
) -> None:
    assert issues_of(check_terms, "Remplissez.", "fr-FR", source="Refill.", brand=make_brand(REFILL)) == []


@pytest.mark.parametrize(
    ("locale", "text", "marked"),
    [
        ("de-DE", "Ganz öko, ganz kalt.", "öko"),
        ("de-DE", "Eco-friendly und kalt.", "Eco-friendly"),
        ("ja-JP", "とてもエコなボトル", "エコな"),
        ("ja-JP", "とてもecoだね", "eco"),
        ("ar-AE", "ماء رخيص", "رخيص"),
        ("ar-AE", "والرخيص", "والرخيص"),
        ("hi-IN", "बहुत सस्ता है", "सस्ता"),
    ],
)
def test_a_forbidden_form_is_blocked_where_it_stands(
    issues_of: Callable[..., list[Issue]], make_brand: Callable[..., Brand], locale: str, text: str, marked: str
) -> None:
    (issue,) = issues_of(check_terms, text, locale, brand=make_brand(GREEN))
    assert issue.blocking
    assert text[issue.start : issue.end] == marked


@pytest.mark.parametrize(
    ("locale", "text"),
    [("de-DE", "Ökonomisch ist das."), ("ja-JP", "エコーとeconomy"), ("hi-IN", "सस्ताई"), ("fr-FR", "C'est öko.")],
)
def test_a_longer_word_or_another_locale_passes(
    issues_of: Callable[..., list[Issue]], make_brand: Callable[..., Brand], locale: str, text: str
) -> None:
    assert issues_of(check_terms, text, locale, brand=make_brand(GREEN)) == []


@pytest.mark.parametrize(
    ("term", "source"), [("battery", "New batteries"), ("recycle", "We recycled it"), ("carry", "Carrying less")]
)
def test_english_inflections_count_as_the_term(
    issues_of: Callable[..., list[Issue]], make_brand: Callable[..., Brand], term: str, source: str
) -> None:
    preferred = Term(source=term, rule=TermRule.PREFERRED, forms={"de": ("xyz",)})
    assert len(issues_of(check_terms, "Etwas anderes.", source=source, brand=make_brand(preferred))) == 1
