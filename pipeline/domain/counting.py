"""How much room a text takes: one small function for each unit that channels count in."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from enum import StrEnum

import regex


class CountingUnit(StrEnum):
    """What a channel counts."""

    GRAPHEMES = "graphemes"
    UTF16 = "utf16"
    FULL_WIDTH = "full_width"
    X_WEIGHTED = "x_weighted"
    SMS_SEGMENTS = "sms_segments"

    @property
    def words(self) -> str:
        """The unit as people call it, in the plural."""
        return _WORDS[self]


_WORDS = {
    CountingUnit.GRAPHEMES: "characters",
    CountingUnit.UTF16: "UTF-16 units",
    CountingUnit.FULL_WIDTH: "half-width characters",
    CountingUnit.X_WEIGHTED: "weighted characters",
    CountingUnit.SMS_SEGMENTS: "SMS segments",
}

_CLUSTER = regex.compile(r"\X")

# 3GPP TS 23.038, 6.2.1: the default alphabet without its escape, and the extension table behind it.
_GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENDED = frozenset("\f^{}\\[~]|€")

_GSM_ALONE, _GSM_PART = 160, 153
"""Septets of one message, and of each part of a longer one, which carries a header (TS 23.040, 9.2.3.24.1)."""
_UCS2_ALONE, _UCS2_PART = 70, 67
"""The same in 16-bit units."""

_X_LIGHT = ((0, 4_351), (8_192, 8_205), (8_208, 8_223), (8_242, 8_247))
"""Code points that weigh 100 in twitter-text's configuration, version 3; all others weigh 200."""
_X_ADDRESS = 23
"""Every address weighs what the shortened one does."""

_HOST = r"(?:[\p{L}\p{N}](?:[\p{L}\p{N}_-]*[\p{L}\p{N}])?\.)+"
_X_ADDRESSES = regex.compile(
    rf"(?<![\w@$#./-])(?:https?://{_HOST}\p{{L}}{{2,24}}"
    rf"|{_HOST}(?:com|org|net|info|io|app|dev|shop|store|gov|edu)(?![\p{{L}}\p{{N}}@-]))"
    r"(?::\d{1,5})?(?:[/?#][\w/?#\[\]@!$&'()*+,;=:.%~-]*[\w/#=&$+-]|/)?",
    regex.IGNORECASE,
)
"""Addresses as X finds them. Without `https://`, only under the commonest top-level domains: X knows them all."""

_EMOJI = regex.compile(
    r"\p{Extended_Pictographic}(?:\uFE0F|\p{Emoji_Modifier}|[\U000E0020-\U000E007F]|\u200D\p{Extended_Pictographic})+"
    r"|\p{Regional_Indicator}{2}|[0-9#*]\uFE0F?\u20E3"
)
"""Emoji of several code points: a family, a flag, a keycap. Those of one weigh 200 by their code point."""


def count_graphemes(text: str) -> int:
    """Extended grapheme clusters of a text (Unicode Standard Annex 29): a flag or क्षि counts once."""
    return sum(1 for _ in _CLUSTER.finditer(text))


def count_utf16(text: str) -> int:
    """16-bit units of UTF-16: 𠮷 and most emoji take two."""
    return sum(map(_utf16_units, text))


def count_full_width(text: str) -> int:
    """Grapheme clusters; wide and full-width ones (Unicode Standard Annex 11) count twice: 日本 is four."""
    return sum(2 if unicodedata.east_asian_width(found.group()[0]) in "WF" else 1 for found in _CLUSTER.finditer(text))


def count_x_weighted(text: str) -> int:
    """The weighted length that X counts: in NFC, addresses 23, emoji 2, Latin and its neighbours 1, the rest 2."""
    text = unicodedata.normalize("NFC", text)
    plain, addresses = _X_ADDRESSES.subn("", text)
    plain, emoji = _EMOJI.subn("", plain)
    return addresses * _X_ADDRESS + 2 * emoji + sum(map(_x_weight, plain))


def count_sms_segments(text: str) -> int:
    """Messages that a text is sent as: of 160 septets, or 70 units where one character is not in the GSM alphabet."""
    if outside_gsm(text):
        sizes, alone, part = [_utf16_units(character) for character in text], _UCS2_ALONE, _UCS2_PART
    else:
        sizes, alone, part = [2 if character in _GSM_EXTENDED else 1 for character in text], _GSM_ALONE, _GSM_PART
    return min(len(sizes), 1) if sum(sizes) <= alone else _filled_parts(sizes, part)


def outside_gsm(text: str) -> str:
    """The characters of a text, each once, that force the whole message out of the GSM alphabet."""
    return "".join(dict.fromkeys(c for c in text if c not in _GSM_BASIC and c not in _GSM_EXTENDED))


MEASURES: dict[CountingUnit, Callable[[str], int]] = {
    CountingUnit.GRAPHEMES: count_graphemes,
    CountingUnit.UTF16: count_utf16,
    CountingUnit.FULL_WIDTH: count_full_width,
    CountingUnit.X_WEIGHTED: count_x_weighted,
    CountingUnit.SMS_SEGMENTS: count_sms_segments,
}


def longest_fit(text: str, measure: Callable[[str], int], limit: int) -> str:
    """A beginning of a text, in whole grapheme clusters, that fits a limit while one more cluster would not."""
    if measure(text) <= limit:
        return text
    ends = [0, *(found.end() for found in _CLUSTER.finditer(text))]
    fits, over = 0, len(ends) - 1
    while over - fits > 1:
        middle = (fits + over) // 2
        if measure(text[: ends[middle]]) <= limit:
            fits = middle
        else:
            over = middle
    return text[: ends[fits]]


def _utf16_units(character: str) -> int:
    return 2 if ord(character) > 0xFFFF else 1  # noqa: PLR2004 (the last code point of one unit)


def _x_weight(character: str) -> int:
    return 1 if any(first <= ord(character) <= last for first, last in _X_LIGHT) else 2


def _filled_parts(sizes: Sequence[int], part: int) -> int:
    """Parts of a long message; a character of two units is never split between two of them."""
    parts, room = 1, part
    for size in sizes:
        if size > room:
            parts, room = parts + 1, part
        room -= size
    return parts
