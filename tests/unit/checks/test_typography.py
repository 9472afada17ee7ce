"""Marks are the language's own, spaced and opened its way; what should stand there is suggested."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.checks.subject import CheckedText
from pipeline.checks.typography import check_typography
from pipeline.domain.issue import Issue, Severity
from pipeline.domain.locale_pack import LocalePack, Typography
from pipeline.domain.manners import LanguageManners
from pipeline.resources.library import Library, shipped_folder

Run = Callable[..., list[Issue]]
Manners = Mapping[str, LanguageManners]

FRENCH = Typography(space_before={";": "\u202f", "!": "\u202f", "?": "\u202f", ":": "\u00a0", "»": "\u00a0"})
LIBRARY = Library((shipped_folder(),))


@pytest.fixture
def french(make_pack: Callable[..., LocalePack]) -> LocalePack:
    return make_pack("fr-FR").model_copy(update={"typography": FRENCH})


def mended(text: str, issues: list[Issue]) -> str:
    for issue in sorted(issues, key=lambda one: -one.start):
        text = text[: issue.start] + (issue.suggestion or "") + text[issue.end :]
    return text


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("Buvez!", "Buvez\u202f!"),
        ("Buvez !", "Buvez\u202f!"),
        ("Prêt? Oui", "Prêt\u202f? Oui"),
        ("L’eau: partout", "L’eau\u00a0: partout"),
        ("«\u00a0L’eau»", "«\u00a0L’eau\u00a0»"),
        ("100 %! Ça va?", "100 %\u202f! Ça va\u202f?"),
    ],
)
def test_french_sets_a_space_before_its_marks(issues_of: Run, french: LocalePack, text: str, right: str) -> None:
    issues = issues_of(check_typography, text, "fr-FR", pack=french)
    assert {issue.severity for issue in issues} == {Severity.MINOR}
    assert mended(text, issues) == right
    assert issues_of(check_typography, right, "fr-FR", pack=french) == []


@pytest.mark.parametrize(
    "text",
    [
        "À 9:30",
        "Buvez\u00a0!",
        "Bonjour :)",
        "https://eau.fr",
        "Fish &amp; chips",
        "{nom}",
        "Super ;-)",
        "L’eau, fraîche.",
    ],
)
def test_what_wants_no_space_passes_in_french(issues_of: Run, french: LocalePack, text: str) -> None:
    """Times, addresses, smileys, entities; and any no-break space, since few tools let the writer choose it."""
    assert issues_of(check_typography, text, "fr-FR", pack=french) == []


@pytest.mark.parametrize(
    ("locale", "text", "right"),
    [
        ("ar-AE", "ماء بارد, طوال اليوم", "ماء بارد، طوال اليوم"),
        ("ar-AE", "هل أنتم جاهزون?", "هل أنتم جاهزون؟"),
        ("ja-JP", "冷たい水,一日中", "冷たい水、一日中"),
        ("zh-CN", "冷水,全天", "冷水，全天"),
        ("zh-TW", "準備好了嗎?", "準備好了嗎？"),
        ("el-GR", "Διψάς?", "Διψάς;"),
        ("es-MX", "Agua fría. Lista?", "Agua fría. ¿Lista?"),
        ("es-ES", "Bebe!", "¡Bebe!"),
    ],
)
def test_a_foreign_mark_is_minor_and_mended(
    issues_of: Run, all_manners: Manners, locale: str, text: str, right: str
) -> None:
    issues = issues_of(check_typography, text, locale, all_manners=all_manners)
    assert [issue.severity for issue in issues] == [Severity.MINOR]
    assert mended(text, issues) == right
    assert issues_of(check_typography, right, locale, all_manners=all_manners) == []


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("ar-AE", "أكثر من 1,000 لتر"),
        ("ar-AE", "Aqualis, الماء"),  # the mark stands behind a Latin name
        ("ja-JP", "Wi-Fi, Bluetooth対応"),
        ("zh-CN", "冷水，全天。"),
        ("zh-CN", "比例3:1"),
        ("el-GR", "Νερό; Παντού."),
        ("he-IL", "מוכנים? כן, עכשיו."),
        ("es-MX", "¿Lista? ¡Vamos!"),
        ("es-MX", "¡¿Lista?!"),
        ("es-MX", "Oferta: ¡agua fría!"),
        ("es-MX", "¡Agua fría. Todo el día!"),
        ("de-DE", "Bereit? Los!"),
        ("ko-KR", "준비됐나요?"),
    ],
)
def test_the_languages_own_marks_pass(issues_of: Run, all_manners: Manners, locale: str, text: str) -> None:
    assert issues_of(check_typography, text, locale, all_manners=all_manners) == []


def test_a_name_keeps_its_mark(issues_of: Run, all_manners: Manners) -> None:
    assert issues_of(check_typography, "Con Yahoo!", "es-MX", source="With Yahoo!", all_manners=all_manners) == []


@pytest.mark.parametrize(
    ("locale", "text", "right"),
    [
        ("ar-AE", "٢٤ ساعة و 7 أيام", "٢٤ ساعة و ٧ أيام"),
        ("hi-IN", "24 घंटे, ७ दिन", "24 घंटे, 7 दिन"),
        ("ja-JP", "24時間、７日", "24時間、7日"),
        ("bn-IN", "২৪ ঘণ্টা, 7 দিন", "২৪ ঘণ্টা, ৭ দিন"),
    ],
)
def test_digits_are_of_one_kind(issues_of: Run, locale: str, text: str, right: str) -> None:
    assert mended(text, issues_of(check_typography, text, locale)) == right


@pytest.mark.parametrize(
    ("locale", "text"), [("ar-AE", "٢٤ ساعة مع MP3 و Android 12"), ("hi-IN", "७ दिन, 4K"), ("de-DE", "24 von 7")]
)
def test_a_name_keeps_its_digits(issues_of: Run, locale: str, text: str) -> None:
    assert issues_of(check_typography, text, locale) == []


@given(
    text=st.text(st.sampled_from("abéñ水は مق.,;:?!¿¡«» \u00a0\u202f1٢\n…"), max_size=60),
    locale=st.sampled_from(["fr-FR", "es-MX", "ar-AE", "ja-JP", "zh-CN", "el-GR"]),
)
def test_a_suggestion_replaces_what_was_found(text: str, locale: str) -> None:
    """Every span is within the text and not empty, and no suggestion equals what it would replace."""
    subject = CheckedText(text=text, locale=locale, pack=LIBRARY.find_locale(locale), all_manners=LIBRARY.manners)
    for issue in check_typography(subject):
        assert 0 <= issue.start < issue.end <= len(text)
        assert issue.suggestion
        assert issue.suggestion != text[issue.start : issue.end]
