"""Copy that breaks off is seen; copy that ends as its language ends is left alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.checks.subject import CheckedText
from pipeline.checks.truncation import check_truncation
from pipeline.domain.channel import Channel
from pipeline.domain.issue import Issue, Severity
from pipeline.domain.manners import LanguageManners

Run = Callable[..., list[Issue]]
Manners = Mapping[str, LanguageManners]
SOURCE = "Cold water, all day."


@pytest.mark.parametrize(
    ("locale", "text", "end"),
    [
        ("de-DE", "Kaltes Wasser und", "und"),
        ("fr-FR", "De l’eau fraîche pour vos", "vos"),
        ("es-MX", "Agua fría para el", "el"),
        ("pl-PL", "Zimna woda oraz", "oraz"),
        ("ru-RU", "Холодная вода для", "для"),
        ("ar-AE", "ماء بارد في", "في"),
        ("hi-IN", "ठंडा पानी और", "और"),
        ("ko-KR", "차가운 물 그리고", "그리고"),
        ("de-DE", "Kaltes Wasser,", ","),
        ("ja-JP", "一日中冷たい水、", "、"),
        ("ar-AE", "ماء بارد،", "،"),
        ("de-DE", "Kaltes Wasser …", "…"),
        ("ja-JP", "一日中冷たい...", "..."),
        ("de-DE", "Kaltes Wasser (", "("),
    ],
)
def test_an_open_end_is_minor_and_marked(
    issues_of: Run, all_manners: Manners, locale: str, text: str, end: str
) -> None:
    (issue,) = issues_of(check_truncation, text, locale, source=SOURCE, all_manners=all_manners)
    assert (text[issue.start : issue.end].strip(), issue.severity) == (end, Severity.MINOR)


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("de-DE", "Kaltes Wasser, den ganzen Tag"),
        ("de-DE", "Komm mit"),
        ("el-GR", "Διψάς;"),
        ("fr-FR", "L’eau fraîche\u202f!"),
        ("ja-JP", "一日中、冷たい水を。"),
        ("ar-AE", "ماء بارد طوال اليوم"),
        ("hi-IN", "पूरे दिन ठंडा पानी।"),
        ("de-DE", "Mehr auf https://aqualis.example/"),
        ("de-DE", "Hallo {name}"),
        ("th-TH", "น้ำเย็นตลอดวัน"),
    ],
)
def test_an_end_passes(issues_of: Run, all_manners: Manners, locale: str, text: str) -> None:
    assert issues_of(check_truncation, text, locale, source=SOURCE, all_manners=all_manners) == []


@pytest.mark.parametrize(("text", "source"), [("Bald …", "Soon …"), ("Dabei:", "With it:"), ("Wasser,", "Water,")])
def test_an_end_that_the_source_has_as_well_passes(issues_of: Run, text: str, source: str) -> None:
    assert issues_of(check_truncation, text, source=source) == []


def test_a_full_channel_without_an_end_mark_may_have_been_cut(
    issues_of: Run, make_channel: Callable[[int], Channel]
) -> None:
    text = "Kaltes Wasser, den ganzen T"
    (issue,) = issues_of(check_truncation, text, source=SOURCE, channel=make_channel(len(text)))
    assert text[issue.start : issue.end] == "T"
    assert issues_of(check_truncation, text, source=SOURCE, channel=make_channel(len(text) + 1)) == []
    assert issues_of(check_truncation, text, source="Cold water", channel=make_channel(len(text))) == []


@given(text=st.text(st.sampled_from("und der…., :;{}水、\n "), max_size=40))
def test_at_most_one_end_is_found_and_it_is_at_the_end(text: str) -> None:
    issues = list(check_truncation(CheckedText(text=text, locale="de-DE")))
    assert len(issues) <= 1
    assert all(issue.start < issue.end == len(text) for issue in issues)
