"""Parts of copy that are no prose: placeholders, markup, addresses. They are carried over, not written."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import regex

_ADDRESS = r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]"
_TOP_LEVEL = "com|org|net|io|app|dev|co|eu|info|shop|store|gov|edu"

PLACEHOLDER = regex.compile(
    r"\{\{[^{}\n]{0,80}\}\}"  # {{ name }}
    r"|\$?\{[\w.:-]{0,40}\}"  # {name}, {0}, {}, ${x}
    r"|%\([\w.]{1,40}\)[a-zA-Z]"  # %(name)s
    r"|%\d{1,2}\$[a-zA-Z@]"  # %1$s
    r"|(?<!\d\s?)%[sdiufg@](?![A-Za-z]{2})",  # %s, %d; not the percent sign of "100 %de"
)

MARKUP = regex.compile(r"</?[A-Za-z][\w-]{0,20}(?:\s+[\w:-]{1,30}=(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s\"'<>]+))*\s*/?>")

ADDRESS = regex.compile(
    rf"https?://{_ADDRESS}+"
    rf"|(?<![\w@.])www\.{_ADDRESS}+"
    r"|(?<![\w.+-])[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,250}\.[A-Za-z]{2,24}"
    rf"|(?<![A-Za-z0-9@./-])[A-Za-z0-9-]{{1,63}}(?:\.[A-Za-z0-9-]{{1,63}}){{0,4}}\.(?:{_TOP_LEVEL})"
    rf"(?![A-Za-z0-9-]|\.[A-Za-z])(?:/{_ADDRESS}*)?",
)

_SENTENCE_MARKS = ".,;:!?'*]"


def find_addresses(text: str) -> Iterator[tuple[str, int]]:
    """Yield every web or e-mail address with its offset, without the punctuation of the sentence around it."""
    for found in ADDRESS.finditer(text):
        yield _trimmed(found.group()), found.start()


def _trimmed(address: str) -> str:
    while address and (address[-1] in _SENTENCE_MARKS or (address[-1] == ")" and "(" not in address)):
        address = address[:-1]
    return address


def blank(found: regex.Match[str]) -> str:
    """As many spaces as were found, so that every other character keeps its offset."""
    return " " * len(found.group())


@lru_cache(maxsize=1_024)
def without_protected(text: str) -> str:
    """The text with spaces in place of every placeholder, tag and address: only prose is left, where it was."""
    for pattern in (ADDRESS, MARKUP, PLACEHOLDER):
        text = pattern.sub(blank, text)
    return text
