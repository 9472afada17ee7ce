"""Nobody is quoted whom nobody asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from pipeline.checks.testimonials import check_testimonials
from pipeline.domain.issue import Issue, Severity
from pipeline.domain.manners import LanguageManners

Run = Callable[..., list[Issue]]
Manners = Mapping[str, LanguageManners]


@pytest.mark.parametrize(
    ("locale", "text", "quoted"),
    [
        ("en-GB", "“I never leave without it.” Anna, 34", "“I never leave without it.”"),
        ("de-DE", "„Ich liebe meine Flasche!“, sagt Anna.", "„Ich liebe meine Flasche!“"),
        ("fr-FR", "«\u00a0J’adore ma gourde.\u00a0»", "«\u00a0J’adore ma gourde.\u00a0»"),
        ("ru-RU", "«Я больше не покупаю пластик»", "«Я больше не покупаю пластик»"),
        ("ar-AE", "«أنا لا أخرج بدونها»", "«أنا لا أخرج بدونها»"),
        ("hi-IN", "“मैं इसके बिना नहीं निकलती।”", "“मैं इसके बिना नहीं निकलती।”"),
        ("ja-JP", "「私の毎日に欠かせません。」", "「私の毎日に欠かせません。」"),
    ],
)
def test_a_quoted_first_person_is_major_and_marked(
    issues_of: Run, all_manners: Manners, locale: str, text: str, quoted: str
) -> None:
    (issue,) = issues_of(check_testimonials, text, locale, source="Never without it.", all_manners=all_manners)
    assert (text[issue.start : issue.end], issue.severity) == (quoted, Severity.MAJOR)


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("de-DE", "Ich will kaltes Wasser."),  # the brand's own voice: nobody is quoted
        ("de-DE", "Die „Flasche des Jahres“ für alle."),
        ("fr-FR", "La gourde «\u00a0tout terrain\u00a0»."),
        ("ja-JP", "「一日中冷たい水」をどうぞ。"),
        ("ar-AE", "قارورة «الماء البارد طوال اليوم»"),
        ("hi-IN", "“पूरे दिन ठंडा पानी”"),
        ("xx", "“I never leave without it.”"),
    ],
)
def test_quoted_names_and_the_brands_own_voice_pass(
    issues_of: Run, all_manners: Manners, locale: str, text: str
) -> None:
    assert issues_of(check_testimonials, text, locale, all_manners=all_manners) == []


def test_a_quotation_of_the_source_may_be_rendered(issues_of: Run, all_manners: Manners) -> None:
    text, source = "„Ich liebe sie“, sagt Anna.", "“I love it,” says Anna."
    assert issues_of(check_testimonials, text, source=source, all_manners=all_manners) == []
