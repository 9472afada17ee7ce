"""Every unit counts as those who set the limits count; the vectors are theirs."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.channel import Channel
from pipeline.domain.counting import (
    MEASURES,
    CountingUnit,
    count_full_width,
    count_graphemes,
    count_sms_segments,
    count_utf16,
    count_x_weighted,
    longest_fit,
    outside_gsm,
)

GSM_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENDED = "\f^{}\\[~]|€"
PUNCTUATION = (
    "This is a tweet with general punctuation characters: \u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007"
    "\u2008\u2009\u200a\u200b\u200c\u200d ‐ ‑ ‒ – — ― ‖  ‗ ‘ ’ ‚ ‛ “ ” „ ‟ ′ ″ ‴ ‵ ‶ ‷"
)
MIXED = st.text(st.sampled_from("ab 1é’ąب水क्षि👨\u200d👩👧🇩🇪\ufe0f€{https://t.co"), max_size=120)


# --- X: twitter-text, conformance/validate.yml, WeightedTweetsCounterTest and its twin with emoji discounted ---


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("Hi http://test.co", 26),
        ("http://test.co", 23),
        ("https://test.com", 23),
        ("test.com", 23),
        ("Test https://test.com test https://test.com test.com test", 86),
        ("https://www.twitter.com/aloha " * 10, 240),
        ("285 chars-" + "xxxxxxxxxx-" * 25, 285),
        ("285 chars- http://www.twitter.com/jack " + "xxxxxxxxxx-" * 24, 299),
        ("A\u0301B", 2),
        ("A\ufb2c", 4),
        ("H🐱☺👨\u200d👩\u200d👧\u200d👦", 7),
        ("😷👾😡🔥💩", 10),
        ("🙋🏽👨\u200d🎤", 4),
        ("😷" * 160, 320),
        ("저찀쯿쿿", 8),
        ("故人西辞黄鹤楼，烟花三月下扬州。", 32),
        ("the故人西辞黄鹤楼，烟花三月下扬州。", 35),
        (PUNCTUATION, 112),
    ],
)
def test_x_weighs_as_its_own_library_does(text: str, length: int) -> None:
    """The published vectors of twitter-text, in its version 3 configuration."""
    assert count_x_weighted(text) == length


@pytest.mark.parametrize(
    ("text", "length"),
    [("مرحبا", 5), ("नमस्ते", 6), ("สวัสดี", 6), ("Привет", 6), ("こんにちは", 10), ("안녕", 4), ("", 0)],
)
def test_x_weighs_scripts_by_code_point(text: str, length: int) -> None:
    """Code points to 4351 weigh one: Arabic, Hindi, Thai and Russian cost what English does."""
    assert count_x_weighted(text) == length


@pytest.mark.parametrize("text", ["mail a@test.com", "z.B. so", "v1.2", "foo.bar", "#test.com"])
def test_x_sees_no_address_where_there_is_none(text: str) -> None:
    """Abbreviations, versions, e-mail addresses and hashtags cost their letters."""
    assert count_x_weighted(text) == len(text)


# --- SMS: 3GPP TS 23.038 and 23.040 ---


def test_the_gsm_alphabet_has_its_127_characters_and_ten_more() -> None:
    """The default alphabet but its escape, and the extension table, stay in septets; nothing else does."""
    assert len(GSM_BASIC) == len(set(GSM_BASIC)) == 127
    assert outside_gsm(GSM_BASIC + GSM_EXTENDED) == ""
    assert outside_gsm("a’b…ça’") == "’…ç"


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("", 0),
        ("a", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("a" * 459, 3),
        ("€" * 80, 1),
        ("€" * 80 + "a", 2),
        ("a" * 152 + "€" * 77, 3),  # the escape and its character stay together: 152 + 152 + 2
        ("水" * 70, 1),
        ("水" * 71, 2),
        ("水" * 134, 2),
        ("水" * 135, 3),
        ("a" * 69 + "’", 1),
        ("a" * 70 + "’", 2),
        ("ك" * 70, 1),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("😀" * 66, 2),
        ("😀" * 67, 3),  # 33 to a part: the two halves of one are never split
    ],
)
def test_sms_parts_are_counted_as_networks_do(text: str, segments: int) -> None:
    """160 and 153 septets, 70 and 67 units, and no character split between two parts."""
    assert count_sms_segments(text) == segments


# --- The others ---


@pytest.mark.parametrize(("text", "count"), [("🍎", 2), ("𠮷野家", 4), ("abc", 3), ("क्षि", 4), ("e\u0301", 2)])
def test_utf16_counts_units(text: str, count: int) -> None:
    """LINE's own example: an apple is two."""
    assert count_utf16(text) == count == len(text.encode("utf-16-le")) // 2


@pytest.mark.parametrize(
    ("text", "count"),
    [("日本", 4), ("ｱｲ", 2), ("Ａ", 2), ("abc", 3), ("한국", 4), ("é", 1), ("e\u0301", 1), ("क्षि", 1)],
)
def test_wide_characters_count_twice(text: str, count: int) -> None:
    """A search ad in Japanese, Chinese or Korean holds half as many characters."""
    assert count_full_width(text) == count


# --- All of them ---


@given(unit=st.sampled_from(CountingUnit), text=MIXED, more=MIXED)
def test_a_longer_text_never_takes_less_room(unit: CountingUnit, text: str, more: str) -> None:
    """A text and something after a line break takes at least the room of the text alone."""
    assert 0 <= MEASURES[unit](text) <= MEASURES[unit](f"{text}\n{more}")


@given(unit=st.sampled_from(CountingUnit), text=st.one_of(MIXED, st.text(max_size=300)), limit=st.integers(1, 40))
def test_what_fits_fits_and_one_more_does_not(unit: CountingUnit, text: str, limit: int) -> None:
    """The part that fits is a beginning of the text within the limit; with one more cluster it is over."""
    measure = MEASURES[unit]
    fitting = longest_fit(text, measure, limit)
    assert text.startswith(fitting)
    assert measure(fitting) <= limit
    if fitting != text:
        assert any(measure(text[:end]) > limit for end in range(len(fitting) + 1, len(text) + 1))
    else:
        assert measure(text) <= limit


@given(text=st.text(max_size=200))
def test_a_text_of_any_unit_is_counted_without_an_error(text: str) -> None:
    """Lone surrogates and unassigned characters are counted, too; graphemes are never more than code points."""
    counts = {unit: MEASURES[unit](text) for unit in CountingUnit}
    assert counts[CountingUnit.GRAPHEMES] <= len(text) <= counts[CountingUnit.UTF16]
    assert counts[CountingUnit.GRAPHEMES] <= counts[CountingUnit.FULL_WIDTH] <= 2 * counts[CountingUnit.GRAPHEMES]
    assert bool(counts[CountingUnit.SMS_SEGMENTS]) == bool(text)
    assert bool(counts[CountingUnit.X_WEIGHTED]) == bool(unicodedata.normalize("NFC", text))


@pytest.mark.parametrize(
    ("unit", "limit", "sample", "characters"),
    [
        ("graphemes", 80, "水", 80),
        ("full_width", 30, "Water. ", 30),
        ("full_width", 30, "水を。", 15),
        ("x_weighted", 280, "Wasser ", 280),
        ("x_weighted", 280, "水", 140),
        ("sms_segments", 1, "Wasser ", 160),
        ("sms_segments", 1, "ماء ", 70),
        ("sms_segments", 2, "Wasser ", 306),
        ("utf16", 500, "ماء", 500),
    ],
)
def test_a_writer_is_told_how_many_characters_fit(unit: str, limit: int, sample: str, characters: int) -> None:
    """The prompt's limit is in characters of the writer's own script, whatever the channel counts."""
    channel = Channel(id="c", name="C", limit=limit, unit=CountingUnit(unit), source="s")
    assert channel.characters(sample) == characters


def test_a_channel_counts_graphemes_unless_it_says_otherwise() -> None:
    """Older channel files name no unit: they keep their meaning."""
    channel = Channel(id="c", name="C", limit=3, source="s")
    assert channel.measure("क्षिé👨\u200d👩\u200d👧") == count_graphemes("क्षिé👨\u200d👩\u200d👧") == 3
