"""The law of a market, found in copy: inflected, in context, on its day, and never where it does not reach."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.checks.rules import check_rules, look_at_rules
from pipeline.checks.subject import CheckedText
from pipeline.domain.channel import Channel
from pipeline.domain.issue import Issue, Severity
from pipeline.domain.locale_pack import LocalePack
from pipeline.domain.rule import RuleEffect
from pipeline.domain.rule_pack import RulePack
from pipeline.resources.library import Library, shipped_folder

LIBRARY = Library((shipped_folder(),))
TODAY = date(2026, 11, 22)
EMPCO = date(2026, 9, 27)

JURISDICTIONS = {
    "de-DE": ("DE", "EU"),
    "fr-FR": ("FR", "EU"),
    "pl-PL": ("PL", "EU"),
    "fi-FI": ("FI", "EU"),
    "el-GR": ("GR", "EU"),
    "cs-CZ": ("CZ", "EU"),
    "hu-HU": ("HU", "EU"),
    "sv-SE": ("SE", "EU"),
    "da-DK": ("DK", "EU"),
    "ro-RO": ("RO", "EU"),
    "it-IT": ("IT", "EU"),
    "es-ES": ("ES", "EU"),
    "pt-PT": ("PT", "EU"),
    "nl-NL": ("NL", "EU"),
    "tr-TR": ("TR",),
    "ar-AE": ("AE",),
    "ar-SA": ("SA",),
    "he-IL": ("IL",),
    "ru-RU": ("RU",),
    "zh-CN": ("CN",),
    "ja-JP": ("JP",),
    "ko-KR": ("KR",),
    "th-TH": ("TH",),
    "vi-VN": ("VN",),
    "en-US": ("US", "US-CA"),
}

Law = Callable[..., CheckedText]


@pytest.fixture(scope="module")
def packs() -> dict[str, LocalePack]:
    sample = LIBRARY.locale("de-DE")
    return {
        tag: sample.model_copy(update={"tag": tag, "script": None, "jurisdictions": jurisdictions})
        for tag, jurisdictions in JURISDICTIONS.items()
    }


@pytest.fixture
def law(packs: dict[str, LocalePack]) -> Law:
    """A text in a locale whose jurisdictions are known, today; anything else by name."""

    def subject(text: str, locale: str, **known: Any) -> CheckedText:
        facts = {"pack": packs[locale], "day": TODAY, "rules": LIBRARY.rule_packs(JURISDICTIONS[locale])}
        return CheckedText(text=text, locale=locale, **(facts | known))

    return subject


def found(subject: CheckedText) -> dict[str, str]:
    """Rule ids and the words that gave them away."""
    return {_rule_of(issue): subject.text[issue.start : issue.end] for issue in check_rules(subject)}


def _rule_of(issue: Issue) -> str:
    return issue.message.partition(":")[0].partition(" ")[0]


def pack_of(base: str = "grün", **facts: Any) -> RulePack:
    """A pack of one rule about one German word, read as the shipped ones are."""
    rule = {
        "id": "de-word",
        "title": "A word",
        "kind": "forbidden_claim",
        "duty": "Leave it out.",
        "applies_to": {"channels": ["all"], "sectors": ["all"], "modalities": ["text"], "roles": ["advertiser"]},
        "status": "in_force",
        "binding": "law",
        "legal_basis": "Act",
        "action": "block",
        "triggers": {"de": [base]},
        "sources": ["https://law.example"],
        "verified": True,
    }
    reading = LIBRARY.rule_packs(["DE"])[0].reading
    return RulePack.model_validate(
        {"jurisdiction": "DE", "as_of": "2026-11-22", "rules": [rule | facts], "reading": reading}
    )


@pytest.mark.parametrize(
    ("locale", "text", "words"),
    [
        ("de-DE", "Unsere umweltfreundliche Flasche", "umweltfreundliche"),
        ("de-DE", "DIE NACHHALTIGSTE FLASCHE", "NACHHALTIGSTE"),
        ("de-DE", "Grüne Energie für alle", "Grüne"),
        ("fr-FR", "Des gestes écologiques", "écologiques"),
        ("fr-FR", "Des bouteilles respectueuses de l’environnement", "respectueuses de l’environnement"),
        ("pl-PL", "Nowa ekologiczna butelka", "ekologiczna"),
        ("pl-PL", "Opakowania przyjazne dla środowiska", "przyjazne dla środowiska"),
        ("pl-PL", "Dostawa neutralna dla klimatu", "neutralna dla klimatu"),
        ("cs-CZ", "Z ekologického balení", "ekologického"),
        ("sv-SE", "Ett miljövänligt val", "miljövänligt"),
        ("da-DK", "Bæredygtige flasker", "Bæredygtige"),
        ("fi-FI", "Ympäristöystävälliset pullot", "Ympäristöystävälliset"),
        ("hu-HU", "Környezetbarátabb palack", "Környezetbarátabb"),
        ("ro-RO", "Produse ecologice", "ecologice"),
        ("it-IT", "Bottiglie ecologiche", "ecologiche"),
        ("es-ES", "Productos ecológicos", "ecológicos"),
        ("pt-PT", "Garrafas sustentáveis", "sustentáveis"),
        ("nl-NL", "Een milieuvriendelijke fles", "milieuvriendelijke"),
        ("el-GR", "Φιλική προς το περιβάλλον", "Φιλική προς το περιβάλλον"),
        ("tr-TR", "Çevre dostu bir şişe", "Çevre dostu"),
        ("tr-TR", "ÇEVRE DOSTUSU", "ÇEVRE DOSTUSU"),
        ("tr-TR", "Bu şişe çevre dostudur", "çevre dostudur"),
        ("ru-RU", "Лучшая бутылка", "Лучшая"),
        ("ar-SA", "لعب والقمار", "والقمار"),
        ("ar-AE", "عروض لرمضان", "لرمضان"),
        ("he-IL", "והכי טוב בארץ", "והכי טוב"),
        ("zh-CN", "全国最佳选择", "最佳"),
        ("ja-JP", "日本一おいしい水", "日本一"),
        ("ko-KR", "국내최초의 물병", "최초"),
        ("th-TH", "น้ำดีที่สุดในไทย", "ดีที่สุด"),
        ("vi-VN", "Bình nước tốt nhất", "tốt nhất"),
    ],
)
def test_an_inflected_form_is_found(law: Law, locale: str, text: str, words: str) -> None:
    """A base form in the file is enough: endings, joined letters, capitals and unspaced text are read."""
    assert words in found(law(text, locale)).values()


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("de-DE", "Die grüne Flasche passt in jede Tasche."),
        ("de-DE", "Grüne Flasche. Neue Energie für dich."),
        ("de-DE", "Die richtige Wahl für unterwegs."),
        ("de-DE", "Teile deine Karte statt dein Passwort."),
        ("fr-FR", "Une bouteille verte et un sac à dos."),
        ("fr-FR", "Une batterie durable."),
        ("fr-FR", "Le Best of de la semaine."),
        ("pl-PL", "Zielona butelka na wodę."),
        ("tr-TR", "Yeşil şişe, mavi kapak."),
        ("tr-TR", "Uygulamayı indirin, %100 ücretsiz."),
        ("ru-RU", "Стало ещё лучше."),
        ("ru-RU", "Открой New York вместе с Android."),
        ("zh-CN", "查看最新消息。"),
        ("ja-JP", "最高の一日を。"),
        ("th-TH", "ในที่สุดก็มาถึง"),
        ("vi-VN", "Phiên bản mới nhất, ít nhất một lần."),
        ("ar-AE", "العلم نور"),
        ("en-US", "We use no trackers. People love it."),
    ],
)
def test_ordinary_copy_is_left_alone(law: Law, locale: str, text: str) -> None:
    """Colours, everyday words and parts of longer words are no claims."""
    assert found(law(text, locale)) == {}


def test_a_finding_names_its_rule_and_says_what_to_do(law: Law) -> None:
    """The message is the rule's id and duty, the span is the word that gave it away."""
    (issue, *_) = check_rules(law("Eine umweltfreundliche Flasche", "de-DE", channel=None))
    assert issue.check == "rules"
    assert issue.severity is Severity.CRITICAL
    assert issue.message.startswith("eu-empco-generic-environmental-claim: Say what exactly")
    assert (issue.start, issue.end) == (5, 22)


def test_two_rules_that_say_the_same_are_one_finding(law: Law) -> None:
    """The German rule repeats the Union's: the reviewer reads it once."""
    assert list(found(law("Umweltfreundlich verpackt", "de-DE"))) == ["eu-empco-generic-environmental-claim"]


def test_a_rule_begins_to_block_on_its_day(law: Law) -> None:
    """The evening before it is announced; the reviewer who saw that sees another finding the day after."""
    text = "Eine umweltfreundliche Flasche"
    (before,) = check_rules(law(text, "de-DE", day=EMPCO - timedelta(days=1)))
    (after,) = check_rules(law(text, "de-DE", day=EMPCO))
    assert (before.severity, after.severity) == (Severity.MINOR, Severity.CRITICAL)
    assert "(from 2026-09-27)" in before.message
    assert before.message != after.message


@pytest.mark.parametrize(
    ("facts", "severity", "reservation"),
    [
        ({"verified": False}, Severity.MINOR, "(not verified)"),
        ({"status": "draft"}, Severity.MAJOR, "(draft)"),
        ({"status": "unconfirmed"}, Severity.MINOR, "(unconfirmed)"),
        ({"grace_until": "2027-01-01"}, Severity.MINOR, "(grace until 2027-01-01)"),
        ({"effective_from": "2027-01-01"}, Severity.MINOR, "(from 2027-01-01)"),
        ({"action": "review"}, Severity.MAJOR, "de-word: "),
        ({"action": "warn"}, Severity.MINOR, "de-word: "),
    ],
)
def test_what_does_not_block_says_why(law: Law, facts: dict[str, Any], severity: Severity, reservation: str) -> None:
    """A softer finding is another finding than the blocking one it may become."""
    (issue,) = check_rules(law("Alles grün.", "de-DE", rules=(pack_of(**facts),)))
    assert issue.severity is severity
    assert reservation in issue.message


def test_an_expired_rule_finds_nothing(law: Law) -> None:
    """After its last day a rule is only named."""
    subject = law("Alles grün.", "de-DE", rules=(pack_of(effective_until="2026-11-21"),))
    assert found(subject) == {}
    assert [look.effect for look in look_at_rules(subject)] == [RuleEffect.EXPIRED]


def test_a_rule_for_another_medium_is_not_looked_at(law: Law) -> None:
    """A channel that is known is compared with the rule's media; one that is not leaves nothing out."""
    reach = {"channels": ["social"], "sectors": ["all"], "modalities": ["text"], "roles": ["advertiser"]}
    rules = (pack_of(applies_to=reach),)
    mail = Channel(id="email_subject", name="Subject", limit=60, source="test")
    own = Channel(id="our-own", name="Own", limit=60, source="test")
    assert look_at_rules(law("Alles grün.", "de-DE", rules=rules, channel=mail)) == ()
    assert found(law("Alles grün.", "de-DE", rules=rules, channel=own)) == {"de-word": "grün"}


def test_a_rule_for_pictures_is_not_looked_at(law: Law) -> None:
    """Copy is text."""
    reach = {"channels": ["all"], "sectors": ["all"], "modalities": ["image"], "roles": ["advertiser"]}
    assert look_at_rules(law("Alles grün.", "de-DE", rules=(pack_of(applies_to=reach),))) == ()


@pytest.mark.parametrize(
    ("shows", "sectors", "severity", "effect"),
    [
        (False, (), None, RuleEffect.SECTOR_UNKNOWN),
        (True, (), Severity.MAJOR, RuleEffect.ASKS_REVIEW),
        (False, ("food",), Severity.CRITICAL, RuleEffect.BLOCKS),
        (True, ("shoes",), None, None),
    ],
)
def test_a_rule_for_a_sector_asks_what_is_sold(
    law: Law, shows: bool, sectors: tuple[str, ...], severity: Severity | None, effect: RuleEffect | None
) -> None:
    """Where nobody says so, a word that shows the sector asks a person; no word ever proves it."""
    reach = {"channels": ["all"], "sectors": ["food"], "modalities": ["text"], "roles": ["advertiser"]}
    rules = (pack_of(applies_to=reach | {"words_show_sector": shows}),)
    subject = law("Alles grün.", "de-DE", rules=rules, sectors=sectors)
    assert [issue.severity for issue in check_rules(subject)] == ([severity] if severity else [])
    assert [look.effect for look in look_at_rules(subject)] == ([effect] if effect else [])


@pytest.mark.parametrize(
    ("statement", "text", "fulfilled"),
    [
        ("Werbung", "Werbung: Alles grün.", True),
        ("Werbung", "Werbungen: Alles grün.", False),
        ("Bester Preis: {price} ({days} Tage)", "Alles grün. Bester Preis: 9 € (30 Tage)", True),
        ("Bester Preis: {price} ({days} Tage)", "Alles grün. (30 Tage) Bester Preis: 9 €", False),
    ],
)
def test_a_required_statement_fulfils_the_rule(law: Law, statement: str, text: str, fulfilled: bool) -> None:
    """Its fixed parts stand in the copy, in their order, as words of their own."""
    rules = (pack_of(kind="required_statement", required_statements={"de": statement}),)
    assert (found(law(text, "de-DE", rules=rules)) == {}) is fulfilled


def test_a_statement_does_not_excuse_a_forbidden_claim(law: Law) -> None:
    """Only what is missing can be added."""
    rules = (pack_of(required_statements={"de": "Werbung"}),)
    assert found(law("Werbung: Alles grün.", "de-DE", rules=rules)) == {"de-word": "grün"}


def test_rules_without_a_trigger_are_named(law: Law) -> None:
    """A duty about labels or data yields no finding, and the reviewer sees that it was looked at."""
    looks = {look.id: look for look in look_at_rules(law("Wasser", "de-DE"))}
    assert looks["eu-gdpr-chapter-v-transfers"].effect is RuleEffect.BLOCKS
    assert looks["eu-gdpr-chapter-v-transfers"].version == LIBRARY.rule_packs(["EU"])[0].version
    assert looks["de-hwg-4-pflichttext"].effect is RuleEffect.SECTOR_UNKNOWN
    assert "eu-aia-50-4-deepfake-label" not in looks


@pytest.mark.parametrize("missing", [{"pack": None}, {"day": None}, {"rules": ()}])
def test_what_is_not_known_is_not_checked(law: Law, missing: dict[str, Any]) -> None:
    """Without a pack, a day or rules nothing is said."""
    subject = law("Umweltfreundlich", "de-DE", **missing)
    assert found(subject) == {}
    assert look_at_rules(subject) == ()


def test_rules_of_other_jurisdictions_are_not_looked_at(law: Law) -> None:
    """The locale's pack says whose law applies."""
    subject = law("Umweltfreundlich", "de-DE", rules=LIBRARY.rule_packs(["TR", "CH"]))
    assert look_at_rules(subject) == ()


TEXTS = st.text(st.sampled_from("grün umweltfreundliche Energie最佳国家级القمار ecologiczna.!?\n-’é́"), max_size=120)


@settings(deadline=None, max_examples=200)
@given(text=TEXTS | st.text(max_size=80), locale=st.sampled_from(sorted(JURISDICTIONS)))
def test_every_span_lies_within_the_text(packs: dict[str, LocalePack], text: str, locale: str) -> None:
    """A finding marks something, and something that is there."""
    rules = LIBRARY.rule_packs(JURISDICTIONS[locale])
    for issue in check_rules(CheckedText(text=text, locale=locale, pack=packs[locale], day=TODAY, rules=rules)):
        assert 0 <= issue.start < issue.end <= len(text)


@settings(deadline=None, max_examples=60)
@given(before=st.text(st.sampled_from("a .,é水"), max_size=20), after=st.text(st.sampled_from(" .,!水"), max_size=20))
def test_a_word_is_found_wherever_it_stands(packs: dict[str, LocalePack], before: str, after: str) -> None:
    """What stands around a word changes its place, not whether it is found."""
    text = f"{before} umweltfreundliche {after}"
    rules = LIBRARY.rule_packs(["EU"])
    (issue,) = check_rules(CheckedText(text=text, locale="de-DE", pack=packs["de-DE"], day=TODAY, rules=rules))
    assert text[issue.start : issue.end] == "umweltfreundliche"


@settings(deadline=None, max_examples=60)
@given(day=st.dates(date(2020, 1, 1), date(2026, 9, 26)))
def test_a_future_rule_never_blocks_copy(packs: dict[str, LocalePack], day: date) -> None:
    """Before its day the Union's rule on environmental words blocks nothing."""
    rules = LIBRARY.rule_packs(["EU"])
    subject = CheckedText(text="umweltfreundlich", locale="de-DE", pack=packs["de-DE"], day=day, rules=rules)
    assert not any(issue.blocking for issue in check_rules(subject))
