"""What a market's notes say to avoid is found; what they say to do is not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pipeline.checks.culture import check_culture
from pipeline.domain.issue import Issue, Severity
from pipeline.domain.locale_pack import CulturalNote, LocalePack

Run = Callable[..., list[Issue]]


def noted(pack: LocalePack, *words: str, kind: str = "avoid", severity: Severity = Severity.MAJOR) -> LocalePack:
    note = CulturalNote(
        id="n", kind=kind, note="!", reason="It offends.", severity=severity, words=words, confirm="Ana"
    )
    return pack.model_copy(update={"cultural_notes": (note,)})


@pytest.mark.parametrize(
    ("tag", "script", "word", "text"),
    [
        ("zh-CN", "Hans", "送钟", "给家人送钟，送祝福。"),
        ("ar-SA", "Arab", "بيرة", "مساء مع بيرة باردة"),
        ("hi-IN", "Deva", "गोमांस", "गोमांस के साथ परोसें।"),
        ("fr-FR", "Latn", "must-have", "Le MUST-HAVE de l’été."),
        ("ru-RU", "Cyrl", "халява", "Это не халява!"),
    ],
)
@pytest.mark.parametrize("severity", list(Severity))
def test_a_word_to_avoid_is_as_grave_as_its_note(
    issues_of: Run,
    make_pack: Callable[..., LocalePack],
    tag: str,
    script: str,
    word: str,
    text: str,
    severity: Severity,
) -> None:
    (issue,) = issues_of(check_culture, text, tag, pack=noted(make_pack(tag, script), word, severity=severity))
    assert text[issue.start : issue.end].casefold() == word
    assert issue.severity is severity
    assert "It offends. Ask Ana." in issue.message


@pytest.mark.parametrize(
    ("tag", "script", "word", "text"),
    [
        ("zh-CN", "Hans", "送钟", "送你一分钟的清凉。"),
        ("ar-SA", "Arab", "بيرة", "قارورة كبيرة"),
        ("hi-IN", "Deva", "गोमांस", "ठंडा पानी।"),
        ("fr-FR", "Latn", "sexy", "Sexysme"),
    ],
)
def test_other_words_pass(
    issues_of: Run, make_pack: Callable[..., LocalePack], tag: str, script: str, word: str, text: str
) -> None:
    assert issues_of(check_culture, text, tag, pack=noted(make_pack(tag, script), word)) == []


def test_a_thing_to_do_is_no_finding(issues_of: Run, make_pack: Callable[..., LocalePack]) -> None:
    assert issues_of(check_culture, "Wasser", pack=noted(make_pack(), "Wasser", kind="do")) == []


def test_a_note_without_words_finds_nothing(issues_of: Run, make_pack: Callable[..., LocalePack]) -> None:
    assert issues_of(check_culture, "Wasser", pack=noted(make_pack())) == []
