"""The data that ships: every file loads, and every pack keeps the rules it sets for its writers."""

from __future__ import annotations

import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import regex
import yaml

from pipeline.domain.brand import Brand, TermRule
from pipeline.domain.brief import Brief
from pipeline.domain.channel import Channel
from pipeline.domain.counting import CountingUnit
from pipeline.domain.locale_pack import LocalePack
from pipeline.resources.packs import is_market, read_pack_source

ROOT = Path(__file__).parents[2]
LOCALES = ("ar-AE", "de-DE", "es-MX", "fr-FR", "hi-IN", "ja-JP")
"""The locales of the sample campaign."""

FILES = sorted(path.stem for path in (ROOT / "locales").glob("*.yaml"))
MARKETS = [tag for tag in FILES if is_market(tag)]
CHANNEL_LIMITS = {"app_store_short": 80, "push_body": 120, "email_subject": 60, "hero_headline": 48}

# ISO 15924 names writing systems; Japan's is three Unicode scripts, Korea's two.
LETTERS = {
    "Jpan": r"[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]",
    "Kore": r"[\p{Script=Hangul}\p{Script=Han}]",
    "Hans": r"\p{Script=Han}",
    "Hant": r"\p{Script=Han}",
}

# Marks of English that a careful editor of the locale takes out.
FOREIGN_MARKS = {
    **dict.fromkeys(("de", "es", "fr", "it", "pt", "ro"), "'\""),
    "ja": ",.!?:;() ",
    "ar": ",;?",
    "hi": ".",
}

FRENCH_SPACES = {
    "fr-FR": {";": "\u202f", "!": "\u202f", "?": "\u202f", ":": "\u00a0", "»": "\u00a0"},
    "fr-CA": {":": "\u00a0", "»": "\u00a0"},
}


def read_yaml(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def brand() -> Brand:
    return Brand.model_validate(read_yaml("brand_pillars/aqualis.yaml"))


@pytest.fixture(scope="module")
def brief() -> Brief:
    return Brief.model_validate(read_yaml("campaigns/spring.yaml"))


@pytest.fixture(scope="module")
def channels() -> dict[str, Channel]:
    entries = read_yaml("channels.yaml")["channels"]
    return {channel.id: channel for channel in map(Channel.model_validate, entries)}


@pytest.fixture(scope="module", params=MARKETS)
def pack(request: pytest.FixtureRequest) -> LocalePack:
    return read_pack_source(pack_path(request.param), pack_path).parse()


def pack_path(tag: str) -> Path:
    return ROOT / f"locales/{tag}.yaml"


def test_channels_keep_the_first_four_limits(channels: dict[str, Channel]) -> None:
    """The first four channels and their limits are a contract with those who write briefs."""
    assert {name: channels[name].limit for name in CHANNEL_LIMITS} == CHANNEL_LIMITS


def test_stores_count_the_strictest_way(channels: dict[str, Channel]) -> None:
    """A store does not say how it counts: what fits by UTF-16 fits by code points and by graphemes, too."""
    stores = [channel for channel in channels.values() if channel.id.startswith(("app_store_", "play_"))]
    assert {(len(stores), channel.unit) for channel in stores} == {(5, "utf16")}


def test_there_are_channels_of_every_kind(channels: dict[str, Channel]) -> None:
    """Stores, search, social posts, messages and pages; each unit of counting has a channel that uses it."""
    assert len(channels) >= 16
    assert {channel.unit for channel in channels.values()} == set(CountingUnit)


def test_file_holds_nothing_but_channels() -> None:
    """channels.yaml is one mapping with one key."""
    assert list(read_yaml("channels.yaml")) == ["channels"]


def test_brand_is_named_after_its_file(brand: Brand) -> None:
    """A brand is found by its id, so the file carries it."""
    assert brand.id == "aqualis"


def test_brand_has_four_pillars_with_real_sentences(brand: Brand) -> None:
    """A pillar without sentences gives the brand score nothing to compare with."""
    assert len(brand.pillars) == 4
    assert all(len(pillar.exemplars) >= 2 for pillar in brand.pillars)


def test_terms_have_forms_in_every_locale(brand: Brand) -> None:
    """A preferred or forbidden word means nothing in a locale that has no form of it."""
    for term in brand.terms:
        if term.rule is not TermRule.DO_NOT_TRANSLATE:
            assert set(term.forms) == set(LOCALES), term.source


def test_no_form_of_a_term_is_listed_twice(brand: Brand) -> None:
    """A repeated form is a slip of the editor."""
    for term in brand.terms:
        for locale, forms in term.forms.items():
            assert not repeated(forms), (term.source, locale)


def test_claims_are_cleared_for_known_markets(brand: Brand) -> None:
    """Each claim names the markets it is cleared for, by their two letters."""
    for claim in brand.claims:
        assert claim.markets
        assert all(regex.fullmatch(r"[A-Z]{2}", market) for market in claim.markets), claim.id


def test_campaign_names_the_brand_and_known_channels(brief: Brief, brand: Brand, channels: dict[str, Channel]) -> None:
    """The sample campaign runs on what ships."""
    assert brief.brand == brand.id
    assert {segment.channel for segment in brief.segments} <= set(channels)


def test_source_copy_fits_its_channel(brief: Brief, channels: dict[str, Channel]) -> None:
    """The source itself obeys the limit that its adaptations must."""
    for segment in brief.segments:
        channel = channels[segment.channel]
        assert channel.measure(segment.source) <= channel.limit, segment.id


def test_every_locale_of_the_campaign_has_a_pack(brief: Brief) -> None:
    """Drafting needs a pack."""
    assert set(brief.locales) == set(LOCALES) <= set(MARKETS)


def test_every_base_is_stood_on() -> None:
    """A base that no pack extends is read by nobody and tested by nothing."""
    extended = {read_yaml(f"locales/{tag}.yaml").get("extends") for tag in FILES}

    assert set(FILES) - set(MARKETS) == extended - {None} - set(MARKETS)


def test_tag_is_the_file_name(pack: LocalePack) -> None:
    """A pack is found by its tag, so the file carries it."""
    assert (ROOT / f"locales/{pack.tag}.yaml").is_file()


def test_market_lies_within_its_jurisdictions(pack: LocalePack) -> None:
    """A market's own law applies to it, whatever else does."""
    assert pack.market in pack.jurisdictions
    assert pack.tag.endswith(f"-{pack.market}")


def test_pack_has_two_pairs_for_each_channel(pack: LocalePack, channels: dict[str, Channel]) -> None:
    """Eight pairs or more, and two or more for each channel."""
    count = Counter(pair.channel for pair in pack.pairs)

    assert set(CHANNEL_LIMITS) <= set(count) <= set(channels)
    assert min(count[name] for name in CHANNEL_LIMITS) >= 2
    assert len(pack.pairs) >= 8


def test_targets_fit_their_channel(pack: LocalePack, channels: dict[str, Channel]) -> None:
    """An example that is too long teaches a model to write too long."""
    for pair in pack.pairs:
        channel = channels[pair.channel]
        assert channel.measure(pair.target) <= channel.limit, pair.target


def test_pairs_are_one_line_each(pack: LocalePack) -> None:
    """A line break would end a few-shot example early."""
    for pair in pack.pairs:
        assert regex.search(r"[\n\r\u2028\u2029]", pair.source + pair.target) is None
        assert 25 <= len(pair.source) <= 110, pair.source


def test_no_pair_is_listed_twice(pack: LocalePack) -> None:
    """Two examples with one source or one target teach a model to repeat itself."""
    assert not repeated(pair.source for pair in pack.pairs)
    assert not repeated(pair.target for pair in pack.pairs)


def test_targets_are_in_the_script_of_the_locale(pack: LocalePack) -> None:
    """Every letter of a target is one that the locale writes with."""
    letters = regex.compile(LETTERS.get(pack.script, rf"\p{{Script={pack.script}}}"))
    for pair in pack.pairs:
        assert letters.search(pair.target), pair.target
        assert not [c for c in regex.findall(r"\p{L}", pair.target) if c != "ー" and not letters.match(c)]


def test_targets_leave_the_marks_of_english_alone(pack: LocalePack) -> None:
    """Punctuation is the locale's own: the reader notices it before the words."""
    for pair in pack.pairs:
        assert not set(pair.target) & set(FOREIGN_MARKS.get(pack.tag.split("-")[0], "")), pair.target


def test_marks_carry_the_space_that_stands_before_them(pack: LocalePack) -> None:
    """Where a locale sets a space before a mark, everything it writes itself shows it."""
    written = [
        *(pair.target for pair in pack.pairs),
        *pack.style,
        *pack.typography.directions,
        *pack.prompt.model_dump().values(),
        pack.address.direction,
        *(audience.direction for audience in pack.address.by_audience),
        *(note.note for note in pack.cultural_notes),
    ]
    for mark, space in pack.typography.space_before.items():
        for line in written:
            assert line.count(mark) == line.count(space + mark), line


def test_only_french_sets_a_space_before_marks(pack: LocalePack) -> None:
    """A narrow no-break space before ; ! ? (not in Canada) and a no-break space before : and »."""
    assert pack.typography.space_before == FRENCH_SPACES.get(pack.tag, {})


@pytest.mark.parametrize("path", ["brand_pillars/aqualis.yaml", *(f"locales/{tag}.yaml" for tag in FILES)])
def test_text_is_composed(path: str) -> None:
    """Text is in NFC, as cleaned copy is: a decomposed form of a word would match nothing."""
    assert unicodedata.is_normalized("NFC", (ROOT / path).read_text(encoding="utf-8"))


def test_pairs_do_not_leak_the_sample_brand(pack: LocalePack, brand: Brand) -> None:
    """Examples are of other goods, so that a draft that names water or the brand got it from the brief."""
    for pair in pack.pairs:
        assert regex.search(rf"(?i){brand.name}|bottle|water|refill|plastic", pair.source) is None


def test_targets_use_no_forbidden_word(pack: LocalePack, brand: Brand) -> None:
    """The packs obey the sample brand's forbidden list too."""
    terms = [term for term in brand.terms if term.rule is TermRule.FORBIDDEN]
    forbidden = [form for term in terms for form in term.forms.get(pack.tag, ())]
    for pair in pack.pairs:
        assert not [form for form in forbidden if form.casefold() in pair.target.casefold()]


def repeated(items: Any) -> list[Any]:
    return [item for item, count in Counter(items).items() if count > 1]
