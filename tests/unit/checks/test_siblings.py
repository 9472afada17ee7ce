"""Two languages never have one text."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pipeline.checks.siblings import check_siblings
from pipeline.domain.issue import Issue, Severity


@pytest.mark.parametrize(
    ("locale", "other", "text"),
    [
        ("es-MX", "pt-BR", "Agua fría todo el día"),
        ("hi-IN", "bn-IN", "पूरे दिन ठंडा पानी"),
        ("ja-JP", "zh-CN", "一日中冷たい水をどうぞ"),
        ("ru-RU", "uk-UA", "Холодная вода весь день"),
    ],
)
def test_the_text_of_another_language_is_major(
    issues_of: Callable[..., list[Issue]], locale: str, other: str, text: str
) -> None:
    (issue,) = issues_of(check_siblings, text, locale, other_locales={other: text.upper() + "."})
    assert (issue.severity, issue.start, issue.end) == (Severity.MAJOR, 0, len(text))
    assert other in issue.message


@pytest.mark.parametrize(
    ("locale", "other", "text"),
    [
        ("es-MX", "es-ES", "Agua fría todo el día"),  # one language
        ("nb-NO", "nn-NO", "Kaldt vann hele dagen"),  # two that share most lines
        ("de-DE", "fr-FR", "Aqualis Pro"),  # a name
        ("ja-JP", "zh-CN", "新発売"),
    ],
)
def test_one_language_twins_and_names_may_agree(
    issues_of: Callable[..., list[Issue]], locale: str, other: str, text: str
) -> None:
    assert issues_of(check_siblings, text, locale, other_locales={other: text}) == []


def test_other_texts_pass(issues_of: Callable[..., list[Issue]]) -> None:
    assert issues_of(check_siblings, "Kaltes Wasser am Tag", other_locales={"fr-FR": "De l’eau fraîche"}) == []
