"""What a BCP 47 tag says about writing."""

from __future__ import annotations

import pytest

from pipeline.checks.tags import language_of, scripts_in_use, scripts_of, writes_without_spaces


@pytest.mark.parametrize(
    ("tag", "code"), [("de-DE", "de"), ("zh_Hant_TW", "zh"), ("iw-IL", "he"), ("FIL", "fil"), ("", "")]
)
def test_the_language_is_the_first_subtag_in_its_present_form(tag: str, code: str) -> None:
    assert language_of(tag) == code


@pytest.mark.parametrize(
    ("tag", "scripts"),
    [
        ("de-DE", {"Latn"}),
        ("ja-JP", {"Hira", "Kana", "Hani"}),
        ("ko-KR", {"Hang", "Hani"}),
        ("zh-TW", {"Hani"}),
        ("pa-PK", {"Arab"}),
        ("pa-IN", {"Guru"}),
        ("sr-Latn-RS", {"Latn"}),
        ("sr-RS", {"Cyrl"}),
        ("xx-XX", set()),
        ("not a tag", set()),
    ],
)
def test_the_scripts_are_those_of_the_tag_or_the_likely_ones(tag: str, scripts: set[str]) -> None:
    assert scripts_of(tag) == scripts


def test_a_packs_script_overrules() -> None:
    assert scripts_of("sr-RS", "Latn") == {"Latn"}


def test_a_language_with_two_scripts_may_use_either() -> None:
    assert scripts_in_use("sr") == {"Cyrl", "Latn"}
    assert scripts_in_use("de") == {"Latn"}


@pytest.mark.parametrize(("tag", "spaceless"), [("ja-JP", True), ("th-TH", True), ("ko-KR", False), ("xx", False)])
def test_words_run_together_in_some_scripts(tag: str, *, spaceless: bool) -> None:
    assert writes_without_spaces(scripts_of(tag)) is spaceless
