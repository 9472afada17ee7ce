"""All checks together hold for any text at all."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.checks.registry import CHECKS, run_checks
from pipeline.checks.subject import CheckedText
from pipeline.domain.brand import Brand, Pillar, Term, TermRule
from pipeline.domain.channel import Channel
from pipeline.domain.counting import CountingUnit
from pipeline.domain.locale_pack import LocalePack
from pipeline.resources.library import Library, shipped_folder

BRAND = Brand(
    id="aqualis",
    name="Aqualis",
    source_locale="en-US",
    pillars=(Pillar(id="less", name="Less", statement="We make it easy to refill.", exemplars=("One bottle.",)),),
    terms=(
        Term(source="Aqualis", rule=TermRule.DO_NOT_TRANSLATE),
        Term(source="a", rule=TermRule.FORBIDDEN, forms={"ja": ("の",), "ar": ("ال",)}),
        Term(source="b", rule=TermRule.PREFERRED, forms={"de": ("ß",)}),
    ),
)
CHANNEL = Channel(id="line", name="Line", limit=5, source="test")
LIBRARY = Library((shipped_folder(),))
LOCALES = [
    "de-DE",
    "fr-FR",
    "es-MX",
    "el-GR",
    "ko-KR",
    "zh-CN",
    "ja-JP",
    "ar-AE",
    "hi-IN",
    "th-TH",
    "sr",
    "zh-Hant",
    "xx",
    "",
    "not a tag",
    "de_DE",
]
ANY_TEXT = st.one_of(
    st.text(st.characters(), max_size=200),  # lone surrogates too: JSON can carry them
    st.text(st.sampled_from("ab 1٢%{}<>/:.@()„“\u200d\u202e👨の水ك्हि"), max_size=80),
)


@settings(deadline=None, max_examples=300)
@given(text=ANY_TEXT, source=st.none() | ANY_TEXT, locale=st.sampled_from(LOCALES), unit=st.sampled_from(CountingUnit))
def test_no_text_makes_a_check_raise_and_every_span_lies_within_it(
    text: str, source: str | None, locale: str, unit: CountingUnit
) -> None:
    subject = CheckedText(
        text=text,
        locale=locale,
        source=source,
        channel=CHANNEL.model_copy(update={"unit": unit}),
        brand=BRAND,
        pack=LIBRARY.find_locale(locale),
        all_manners=LIBRARY.manners,
        other_locales={"fr-FR": text, "it-IT": source or ""},
    )
    finding, issues = run_checks(subject)
    assert 0 <= finding.confidence <= 1
    assert all(0 <= issue.start <= issue.end <= len(text) for issue in issues)


def test_the_worst_issue_comes_first() -> None:
    text = "Kalt (den ganzen Tag {name}"
    _, issues = run_checks(CheckedText(text=text, locale="de-DE", source="Cold all day"))
    assert [issue.check for issue in issues] == ["placeholders", "marks"]


def test_each_check_is_listed_once() -> None:
    assert len({check.__name__ for check in CHECKS}) == len(CHECKS)


@pytest.mark.parametrize(
    ("locale", "script", "source", "text"),
    [
        ("de-DE", "Latn", "Cold for 24 hours. Aqualis.", "24 Stunden kalt. Einfach „Aqualis“."),
        ("ar-AE", "Arab", "Cold for 24 hours. Aqualis.", "ماء بارد لمدة ٢٤ ساعة مع Aqualis."),
        ("hi-IN", "Deva", "Cold for 24 hours. Aqualis.", "Aqualis के साथ 24 घंटे ठंडा पानी।"),
        ("ja-JP", "Jpan", "Cold for 24 hours. Aqualis.", "Aqualisなら、24時間ずっと冷たい。"),
    ],
)
def test_good_copy_has_no_issue(
    make_pack: Callable[..., LocalePack],
    make_brand: Callable[..., Brand],
    make_channel: Callable[[int], Channel],
    locale: str,
    script: str,
    source: str,
    text: str,
) -> None:
    subject = CheckedText(
        text=text,
        locale=locale,
        source=source,
        channel=make_channel(80),
        brand=make_brand(Term(source="Aqualis", rule=TermRule.DO_NOT_TRANSLATE)),
        pack=make_pack(locale, script),
    )
    finding, issues = run_checks(subject)
    assert issues == ()
    assert finding.verdict != "mismatch"
