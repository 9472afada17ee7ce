"""Characters that a reader cannot see, and where they are at home nevertheless."""

from __future__ import annotations

from collections.abc import Iterator

import regex

_UNSEEN = regex.compile(
    r"[\p{Cc}--[\t\n\r]]"  # control characters
    r"|[\p{Cs}\p{Co}\uFFFC\uFFFD]"  # broken, private, replaced
    r"|[\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180E\u200B-\u200F\u2028\u2029]"
    r"|[\u202A-\u202E\u2061-\u206F\u3164\uFEFF\uFFA0\U000E0000-\U000E007F]",
    regex.VERSION1,
)
"""Not among them: no-break spaces and the word joiner, which typographers set on purpose, and variation selectors."""

_JOINERS = "\u200c\u200d"
_JOINING = frozenset(
    [
        "Arab",
        "Syrc",
        "Nkoo",
        "Mong",
        "Deva",
        "Beng",
        "Guru",
        "Gujr",
        "Orya",
        "Taml",
        "Telu",
        "Knda",
        "Mlym",
        "Sinh",
        "Khmr",
        "Mymr",
        "Tibt",
        "Laoo",
        "Thai",
        "Java",
        "Bali",
    ],
)
"""Scripts in which a joiner or non-joiner changes what is read."""

_DIRECTION = "\u200e\u200f\u061c"
_RIGHT_TO_LEFT = frozenset(["Arab", "Hebr", "Syrc", "Thaa", "Nkoo", "Adlm"])
"""Scripts whose copy needs a direction mark beside a Latin name or a number."""

_ISOLATES = {"\u2066", "\u2067", "\u2068", "\u2069"}
_BREAK = "\u200b"
_BREAKING = frozenset(["Thai", "Laoo", "Khmr", "Mymr", "Tibt", "Hani", "Hira", "Kana"])
"""Scripts in which a zero-width space says where a line may break."""

_SOFT_HYPHEN = "\u00ad"
_SPELT = frozenset(["Latn", "Cyrl", "Grek", "Armn", "Geor"])

_EMOJI = regex.compile(
    r"(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}\uFE0F])\u200d(?=\p{Extended_Pictographic})"
    r"|\U0001F3F4[\U000E0020-\U000E007E]+\U000E007F",
)
"""What holds a family or a flag together."""


def find_unseen(text: str, scripts: frozenset[str]) -> Iterator[regex.Match[str]]:
    """Yield every hidden character that copy in these scripts has no use for."""
    if not _UNSEEN.search(text):
        return
    welcome = _welcome(text, scripts)
    in_emoji = {place for found in _EMOJI.finditer(text) for place in range(*found.span())}
    for found in _UNSEEN.finditer(text):
        if found.group() not in welcome and found.start() not in in_emoji:
            yield found


def _welcome(text: str, scripts: frozenset[str]) -> set[str]:
    """Hidden characters that these scripts use; isolates only where each is closed."""
    welcome = set(_JOINERS) if scripts & _JOINING else set()
    welcome |= set(_BREAK) if scripts & _BREAKING else set()
    welcome |= set(_SOFT_HYPHEN) if scripts & _SPELT else set()
    if scripts & _RIGHT_TO_LEFT:
        welcome |= set(_DIRECTION)
        opened = sum(map(text.count, _ISOLATES - {"\u2069"}))
        welcome |= _ISOLATES if opened == text.count("\u2069") else set()
    return welcome
