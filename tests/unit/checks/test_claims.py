"""Copy promises nothing that the centre did not."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from pipeline.checks.claims import check_claims
from pipeline.domain.brand import Brand, Claim
from pipeline.domain.issue import Issue, Severity
from pipeline.domain.manners import LanguageManners

Run = Callable[..., list[Issue]]
Manners = Mapping[str, LanguageManners]

CASES = [
    ("de-DE", "Das beste Wasser der Stadt.", "Das beste"),
    ("fr-FR", "De l’eau gratuite, toute la journée.", "gratuite"),
    ("pl-PL", "Najlepsza woda w mieście.", "Najlepsza"),
    ("ru-RU", "Клинически доказанная польза воды.", "Клинически доказанная"),
    ("ar-AE", "ماء بارد مضمون طوال اليوم", "مضمون"),
    ("hi-IN", "सबसे अच्छा पानी, हर दिन।", "सबसे अच्छा"),
    ("ja-JP", "業界一の水を、あなたに。", "業界一"),
    ("zh-CN", "全球第一的水。", "全球第一"),
    ("ko-KR", "최고의 물, 하루 종일.", "최고의"),
    ("th-TH", "น้ำเย็นที่ดีที่สุด", "ดีที่สุด"),
]


@pytest.mark.parametrize(("locale", "text", "found"), CASES)
def test_a_claim_that_nobody_made_is_major_and_marked(
    issues_of: Run, all_manners: Manners, locale: str, text: str, found: str
) -> None:
    (issue,) = issues_of(check_claims, text, locale, source="Cold water, all day.", all_manners=all_manners)
    assert (text[issue.start : issue.end], issue.severity) == (found, Severity.MAJOR)


@pytest.mark.parametrize(("locale", "text", "found"), CASES)
def test_a_claim_of_the_source_passes(issues_of: Run, all_manners: Manners, locale: str, text: str, found: str) -> None:
    source = "The best water, free and guaranteed. Clinically proven."
    assert issues_of(check_claims, text, locale, source=source, all_manners=all_manners) == []
    assert found in text


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("de-DE", "Am besten gleich einpacken."),
        ("fr-FR", "Mieux boire, plus simplement."),
        ("ar-AE", "ماء بارد طوال اليوم"),
        ("hi-IN", "पूरे दिन ठंडा पानी।"),
        ("ja-JP", "一日中、冷たい水を。"),
        ("en-GB", "Only cold water. Pick it up when you are free."),
    ],
)
def test_plain_words_are_no_claims(issues_of: Run, all_manners: Manners, locale: str, text: str) -> None:
    assert issues_of(check_claims, text, locale, source="Cold water, all day.", all_manners=all_manners) == []


def test_a_claim_with_evidence_passes(issues_of: Run, all_manners: Manners, make_brand: Callable[..., Brand]) -> None:
    claim = Claim(id="lab", statement="Clinically proven to keep water cold.", evidence="Lab report 12")
    brand = make_brand().model_copy(update={"claims": (claim,)})
    text, source = "Klinisch getestet.", "Cold water."
    assert issues_of(check_claims, text, source=source, brand=brand, all_manners=all_manners) == []
    assert len(issues_of(check_claims, text, source=source, brand=make_brand(), all_manners=all_manners)) == 1


@pytest.mark.parametrize("known", [{"source": None}, {"source": "Cold.", "source_locale": "xx"}, {"locale": "xx"}])
def test_nothing_is_held_against_what_is_not_known(
    issues_of: Run, all_manners: Manners, known: dict[str, str | None]
) -> None:
    assert issues_of(check_claims, "Das beste Wasser.", **{"source": "Cold.", "all_manners": all_manners} | known) == []
