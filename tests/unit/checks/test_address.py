"""Readers are spoken to as their market is: in one form, and no other."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pipeline.checks.address import check_address
from pipeline.domain.issue import Issue, Severity
from pipeline.domain.locale_pack import AudienceAddress, LocalePack

Run = Callable[..., list[Issue]]
Packs = Callable[..., LocalePack]


@pytest.mark.parametrize(
    ("tag", "script", "words", "text", "found"),
    [
        ("de-DE", "Latn", ("Sie", "Ihr", "Ihnen"), "Wir zeigen Ihnen, wie es geht.", "Ihnen"),
        ("de-DE", "Latn", ("Sie",), "Trinken Sie mehr Wasser.", "Sie"),
        ("fr-FR", "Latn", ("tu", "toi"), "Bois ce que tu veux.", "tu"),
        ("es-MX", "Latn", ("usted", "Usted"), "Usted decide.", "Usted"),
        ("es-MX", "Latn", ("Descubra",), "Descubra el agua fría.", "Descubra"),
        ("id-ID", "Latn", ("Anda", "anda"), "Anda bebas memilih.", "Anda"),
        ("ru-RU", "Cyrl", ("ты", "твой"), "Вода, которую ты любишь.", "ты"),
        ("hi-IN", "Deva", ("तुम", "तू"), "पानी तुम चुनो।", "तुम"),
        ("ar-AE", "Arab", ("أنت",), "الماء البارد أنت تختاره", "أنت"),
        ("zh-CN", "Hans", ("您",), "为您准备的水", "您"),
        ("ja-JP", "Jpan", ("お前",), "お前の水。", "お前"),
    ],
)
def test_a_word_of_another_form_is_major_and_marked(
    issues_of: Run, addressing: Packs, tag: str, script: str, words: tuple[str, ...], text: str, found: str
) -> None:
    (issue,) = issues_of(check_address, text, tag, pack=addressing(*words, tag=tag, script=script))
    assert (text[issue.start : issue.end], issue.severity) == (found, Severity.MAJOR)


@pytest.mark.parametrize(
    ("tag", "script", "words", "text"),
    [
        ("de-DE", "Latn", ("Sie", "Ihr"), "Die Flaschen? Sie halten ewig."),  # they, or you: a capital tells nothing
        ("de-DE", "Latn", ("Sie",), "„Sie ist leicht.“"),
        ("de-DE", "Latn", ("Sie",), "Auf der Wiese. Siehst du sie?"),
        ("fr-FR", "Latn", ("tu", "toi"), "La tulipe et le toit."),
        ("es-MX", "Latn", ("usted",), "Lo que es justo para los ustedeos."),
        ("hi-IN", "Deva", ("तुम", "तू"), "आप और तुमुल"),
        ("ar-AE", "Arab", ("أنت",), "أنتم تختارون"),
        ("zh-CN", "Hans", ("您",), "为你准备的水"),
    ],
)
def test_other_words_pass(
    issues_of: Run, addressing: Packs, tag: str, script: str, words: tuple[str, ...], text: str
) -> None:
    assert issues_of(check_address, text, tag, pack=addressing(*words, tag=tag, script=script)) == []


@pytest.mark.parametrize(
    ("tag", "script", "ending", "text", "found"),
    [
        ("ja-JP", "Jpan", "だよ", "一日中冷たいんだよ。水を飲もう。", True),
        ("ja-JP", "Jpan", "だよ", "「冷たいんだよ」", True),
        ("ja-JP", "Jpan", "だよ", "だよりにする水です。", False),
        ("ko-KR", "Kore", "해라", "물을 준비해라!", True),
        ("ko-KR", "Kore", "해라", "준비해라는 말은 안 해요.", False),
        ("th-TH", "Thai", "ครับ", "ดื่มน้ำครับ", True),
        ("hi-IN", "Deva", "करो", "शुरू करो।", True),
        ("hi-IN", "Deva", "करो", "करोड़ों लोग पीते हैं।", False),
    ],
)
def test_an_ending_counts_at_the_end_of_a_sentence_only(
    issues_of: Run, addressing: Packs, tag: str, script: str, ending: str, text: str, found: bool
) -> None:
    pack = addressing(endings=(ending,), tag=tag, script=script)
    issues = issues_of(check_address, text, tag, pack=pack)
    assert [text[issue.start : issue.end] for issue in issues] == ([ending] if found else [])


def test_a_word_is_told_once(issues_of: Run, addressing: Packs) -> None:
    assert len(issues_of(check_address, "Wenn Sie wollen, dass Sie trinken", pack=addressing("Sie"))) == 1


def test_a_word_of_the_source_is_no_address(issues_of: Run, addressing: Packs) -> None:
    assert issues_of(check_address, "Neu: Aqua Ti für alle", pack=addressing("Ti"), source="New: Aqua Ti") == []


def test_a_form_kept_for_an_audience_is_not_held_against_it(issues_of: Run, addressing: Packs) -> None:
    pack = addressing("Ihnen")
    business = AudienceAddress(audience="business", form="Sie", formality="formal", direction="Sieze.")
    pack = pack.model_copy(update={"address": pack.address.model_copy(update={"by_audience": (business,)})})
    text = "Wir zeigen Ihnen, wie es geht."
    assert issues_of(check_address, text, pack=pack, audience_group="business") == []
    assert len(issues_of(check_address, text, pack=pack, audience_group="youth")) == 1


def test_nothing_is_unwanted_without_a_pack(issues_of: Run) -> None:
    assert issues_of(check_address, "Trinken Sie mehr Wasser.") == []
