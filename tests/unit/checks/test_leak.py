"""Nothing of the conversation with the model stays in the copy."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pipeline.checks.leak import check_leak
from pipeline.domain.issue import Issue
from pipeline.domain.locale_pack import LocalePack


@pytest.mark.parametrize(
    "text",
    [
        "Kalt.<end_of_turn>",
        "<start_of_turn>model",
        "<|im_end|> Kalt",
        "```\nKalt\n```",
        "[INST] Kalt [/INST]",
        "Sure! Here is the translation: Kalt.",
        "Here's a more natural German version of it: Kalt",
        "As an AI language model, I cannot",
        "Translation: Kalt.",
    ],
)
def test_tokens_fences_and_preambles_are_blocked(issues_of: Callable[..., list[Issue]], text: str) -> None:
    (issue,) = issues_of(check_leak, text)
    assert issue.blocking


@pytest.mark.parametrize(
    ("locale", "script", "label", "text"),
    [
        ("de-DE", "Latn", "Deutsch", "Kalt. Deutsch: Den ganzen Tag."),
        ("ja-JP", "Jpan", "日本語", "冷たい。\n日本語：一日中"),
        ("ar-AE", "Arab", "العربية", "العربية: ماء بارد"),
        ("hi-IN", "Deva", "हिंदी", "ठंडा। हिंदी : दिन भर"),
    ],
)
def test_the_prompts_own_labels_are_blocked(
    issues_of: Callable[..., list[Issue]],
    make_pack: Callable[..., LocalePack],
    locale: str,
    script: str,
    label: str,
    text: str,
) -> None:
    (issue,) = issues_of(check_leak, text, locale, pack=make_pack(locale, script, target=label))
    assert issue.blocking
    assert text[issue.start : issue.end].startswith(label)


@pytest.mark.parametrize(
    "text",
    [
        "Lern Deutsch. Und mehr.",
        "Plattdeutsch: ja!",
        "Here is your water.",
        "Kalt < 5 °C",
        "Translation made easy",
        "<b>Kalt</b>",
    ],
)
def test_ordinary_copy_passes(
    issues_of: Callable[..., list[Issue]], make_pack: Callable[..., LocalePack], text: str
) -> None:
    assert issues_of(check_leak, text, pack=make_pack()) == []


def test_what_the_source_has_itself_is_no_leak(
    issues_of: Callable[..., list[Issue]], make_pack: Callable[..., LocalePack]
) -> None:
    assert issues_of(check_leak, "Output: 3", source="Output: three", pack=make_pack()) == []
