r"""Patterns that a person writes into a data file, held to a cost that no text can drive up.

A pattern may use words, `|`, `(...)`, `(...)?`, classes, `\b \d \s \w`, and repeats of a single character or
class. `*`, `+` and `{n,}` reach `LONGEST` characters, not further. Groups are never repeated: with that, the
work for a text grows with its length and no faster.
"""

from __future__ import annotations

import regex

LONGEST = 64
"""Characters that an open repeat (`*`, `+`, `{n,}`) reaches at most."""

MAX_LENGTH = 500
MAX_WAYS = 10_000
"""Ways in which the repeats of one pattern may share out a stretch of text."""

_TOKEN = regex.compile(
    r"(?P<property>\\[pP]\{[A-Za-z_=]+\})|(?P<escape>\\.)|(?P<class>\[\^?\]?(?:\\.|[^\]\\])*+\])"
    r"|(?P<open>\((?:\?:)?)|(?P<close>\))|(?P<repeat>[*+?]|\{\d*(?:,\d*)?\})|(?P<plain>.)",
    regex.DOTALL,
)
_SAFE_ESCAPES = frozenset("bBdDsSwW.^$*+?()[]{}|/\\-#%")


class _Bounded:
    """Reads a pattern from left to right and writes it down again with an end to every repeat."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.ways = 1
        self.before = ""

    def take(self, kind: str, text: str) -> None:
        if kind == "escape" and text[1] not in _SAFE_ESCAPES:
            raise ValueError(f"{text} is not allowed in a pattern; write the character itself")
        self.parts.append(self._repeat(text) if kind == "repeat" else text)
        self.before = kind

    def _repeat(self, text: str) -> str:
        if self.before in {"", "open", "repeat"}:
            raise ValueError(f"{text} repeats nothing here (lookarounds and lazy repeats are not allowed)")
        if self.before == "close" and text != "?":
            raise ValueError(f"a group cannot be repeated with {text}; only (...)? is allowed")
        least, most = _reach(text)
        if not 0 <= least <= most <= LONGEST:
            raise ValueError(f"{text} repeats more than {LONGEST} times, or fewer than none")
        self.ways *= most - least + 1
        return f"{{{least},{most}}}"


def bounded(pattern: str) -> str:
    """The pattern with an end to every repeat, ready for `regex`; ValueError says what is not allowed."""
    if len(pattern) > MAX_LENGTH:
        raise ValueError(f"the pattern is longer than {MAX_LENGTH} characters")
    reader = _Bounded()
    for token in _TOKEN.finditer(pattern):
        reader.take(str(token.lastgroup), token.group())
    if reader.ways > MAX_WAYS:
        raise ValueError("the pattern has too many repeats; use fewer, or shorter ones such as {0,20}")
    written = "".join(reader.parts)
    try:
        matches_nothing = regex.compile(written).fullmatch("") is not None
    except regex.error as broken:
        raise ValueError(f"the pattern cannot be read: {broken}") from None
    if matches_nothing:
        raise ValueError("the pattern matches an empty text, so it would match everywhere")
    return written


def _reach(text: str) -> tuple[int, int]:
    """The fewest and the most repeats that a quantifier stands for."""
    short = {"*": (0, LONGEST), "+": (1, LONGEST), "?": (0, 1)}.get(text)
    if short:
        return short
    least, comma, most = text[1:-1].partition(",")
    low = int(least or 0)
    if not comma:
        return low, low
    return low, int(most) if most else max(low, LONGEST)
