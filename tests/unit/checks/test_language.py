"""Match, mismatch or undetermined: evidence speaks against a language, rarity does not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pipeline.checks.language import check_language, find_language
from pipeline.checks.subject import CheckedText
from pipeline.domain.brand import Brand, Term, TermRule

OWN = {
    "de-DE": "Füll deine Flasche an jeder Ecke der Stadt wieder auf, ganz ohne Plastik.",
    "fr-FR": "Remplissez votre gourde partout en ville, sans plastique ni détour.",
    "es-MX": "Lleva menos plástico contigo y agua fría durante todo el día.",
    "pt-BR": "Leve menos plástico com você e tenha água gelada o dia inteiro.",
    "pl-PL": "Napełnij butelkę za rogiem i pij zimną wodę przez cały dzień.",
    "nb-NO": "Fyll flasken på nytt rundt hjørnet og drikk kaldt vann hele dagen.",
    "ar-AE": "املؤوا قارورتكم من جديد في أي مكان واشربوا ماء باردا طوال اليوم.",
    "hi-IN": "अपनी बोतल कहीं भी दोबारा भरें और दिन भर ठंडा पानी पिएँ।",
    "ja-JP": "街のどこでも給水して、一日中冷たい水を楽しもう。",
    "ko-KR": "도시 어디서나 물병을 채우고 하루 종일 시원하게 마시세요.",
    "zh-CN": "在城市的任何地方重新装满水瓶，全天畅饮冰凉的水。",
    "zh-Hant-TW": "在城市的任何地方重新裝滿水瓶，全天暢飲冰涼的水。",
    "ru-RU": "Наполняйте бутылку в любом месте города и пейте холодную воду весь день.",
    "uk-UA": "Наповнюйте пляшку будь-де в місті та пийте холодну воду цілий день.",
    "el-GR": "Γεμίστε το μπουκάλι σας παντού στην πόλη και πιείτε κρύο νερό.",
    "he-IL": "מלאו את הבקבוק בכל מקום בעיר ושתו מים קרים כל היום.",
    "th-TH": "เติมน้ำใส่ขวดได้ทุกที่ในเมืองและดื่มน้ำเย็นได้ตลอดวัน",
}
ENGLISH = "Carry less plastic and drink cold water all day, wherever you go in the city."


@pytest.mark.parametrize("locale", OWN)
def test_copy_in_its_own_language_matches(locale: str) -> None:
    finding = find_language(CheckedText(text=OWN[locale], locale=locale))
    assert finding.verdict == "match"
    assert finding.detected == locale.split("-", maxsplit=1)[0]


@pytest.mark.parametrize("locale", [*OWN, "eu-ES", "is-IS", "ms-MY", "zu-ZA"])
def test_english_left_in_place_is_a_mismatch(locale: str) -> None:
    finding = find_language(CheckedText(text=ENGLISH, locale=locale))
    assert (finding.verdict, finding.detected) == ("mismatch", "en")
    (issue,) = check_language(CheckedText(text=ENGLISH, locale=locale), finding)
    assert (issue.blocking, issue.start, issue.end) == (True, 0, len(ENGLISH))


@pytest.mark.parametrize("locale", ["xx-XX", "dsb-DE", "ast-ES", "qaa", ""])
def test_english_is_told_even_where_the_language_is_unknown(locale: str) -> None:
    assert find_language(CheckedText(text=ENGLISH, locale=locale)).verdict == "mismatch"


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("dsb-DE", "Wuknjo dolnoserbsku rěc a woglědajśo se Błota w lěśu."),
        ("ast-ES", "Enllena la botella de nueves y bebi agua fresco tol día."),
        ("kk-Latn-KZ", "Şöldeseñ, qalanyñ kez kelgen jerinde su tolyğymen toltyryñyz."),
        ("kaa-UZ", "Butılkanı qálege qayta toltırıń hám suwıq suw ishiń."),
        ("chr-US", "ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ ᎤᏬᏢᏅᎯ"),
        ("sr-Latn-RS", "Napunite flašicu svuda u gradu i pijte hladnu vodu ceo dan."),
        ("bs-BA", "Napunite flašicu svuda u gradu i pijte hladnu vodu cijeli dan."),
    ],
)
def test_a_rare_or_close_language_is_never_punished(locale: str, text: str) -> None:
    assert find_language(CheckedText(text=text, locale=locale)).verdict != "mismatch"


@pytest.mark.parametrize(
    ("locale", "other"),
    [
        ("de-DE", "ja-JP"),
        ("ja-JP", "ru-RU"),
        ("ar-AE", "de-DE"),
        ("hi-IN", "fr-FR"),
        ("ru-RU", "ar-AE"),
        ("de-DE", "pl-PL"),
        ("fr-FR", "de-DE"),
        ("ja-JP", "zh-CN"),
        ("zh-CN", "ja-JP"),
    ],
)
def test_another_language_or_script_is_a_mismatch(locale: str, other: str) -> None:
    assert find_language(CheckedText(text=OWN[other], locale=locale)).verdict == "mismatch"


@pytest.mark.parametrize(
    ("locale", "other"),
    [("es-MX", "pt-BR"), ("pt-BR", "es-MX"), ("uk-UA", "ru-RU"), ("ru-RU", "uk-UA"), ("da-DK", "nb-NO")],
)
def test_a_close_language_never_matches(locale: str, other: str) -> None:
    assert find_language(CheckedText(text=OWN[other], locale=locale)).verdict != "match"


@pytest.mark.parametrize(
    "text", ["", "OK", "Aqualis", "24/7", "👍", "Wi-Fi 7", "{name}", "https://aqualis.example/cold-water"]
)
def test_too_little_text_tells_nothing(text: str) -> None:
    assert find_language(CheckedText(text=text, locale="de-DE")).verdict == "undetermined"


@pytest.mark.parametrize(
    ("locale", "text"),
    [("ja-JP", "Aqualis Pro Max Ultra"), ("ar-AE", "Spotify Premium Family"), ("ru-RU", "KDE Connect Remote")],
)
def test_names_in_latin_letters_are_no_other_language(locale: str, text: str) -> None:
    assert find_language(CheckedText(text=text, locale=locale)).verdict == "undetermined"


@pytest.mark.parametrize("text", ["Where conversations happen", "Full-featured email client"])
def test_a_few_english_words_are_prose_in_another_script(text: str) -> None:
    assert find_language(CheckedText(text=text, locale="ja-JP")).verdict == "mismatch"


def test_half_translated_copy_is_no_match() -> None:
    text = "Download the app and enjoy cold water all day, wherever you go: アクアリスで"
    assert find_language(CheckedText(text=text, locale="ja-JP")).verdict == "mismatch"


@pytest.mark.parametrize("locale", ["ar-SA", "bg-BG", "el-GR", "ja-JP", "ka-GE", "ru-RU", "zh-TW"])
def test_an_untranslated_line_of_names_and_one_word_is_found_by_the_second_voice(locale: str) -> None:
    text = "FooSync/BarSync Notification and Reader"
    assert find_language(CheckedText(text=text, locale=locale)).verdict == "mismatch"


def test_borrowed_latin_words_do_not_hide_the_language() -> None:
    text = "Aqualis Bottle と Refill Station で、一日中冷たい水を楽しもう。"
    assert find_language(CheckedText(text=text, locale="ja-JP")).verdict == "match"


def test_the_brands_own_names_are_left_out(make_brand: Callable[..., Brand]) -> None:
    brand = make_brand(Term(source="The Never Ending Bottle of Water", rule=TermRule.DO_NOT_TRANSLATE))
    text = "The Never Ending Bottle of Water: kalt."
    assert find_language(CheckedText(text=text, locale="de-DE", brand=brand)).verdict == "undetermined"


def test_the_source_left_as_it_is_is_a_mismatch_whatever_its_language() -> None:
    source = "Nimm weniger Plastik mit, dazu kaltes Wasser."
    subject = CheckedText(text=source.upper(), locale="gsw-CH", source=source, source_locale="de-DE")
    finding = find_language(subject)
    assert (finding.verdict, finding.detected) == ("mismatch", "de")


def test_a_name_that_stays_as_in_the_source_is_no_mismatch() -> None:
    subject = CheckedText(text="Samsung Galaxy", locale="de-DE", source="Samsung Galaxy")
    assert find_language(subject).verdict == "undetermined"


def test_the_source_may_stand_for_its_own_language() -> None:
    assert find_language(CheckedText(text=ENGLISH, locale="en-GB", source=ENGLISH)).verdict == "match"


def test_the_same_text_always_weighs_the_same() -> None:
    findings = {find_language(CheckedText(text=OWN["de-DE"], locale="nl-NL")) for _ in range(5)}
    assert len({finding.model_dump_json() for finding in findings}) == 1
