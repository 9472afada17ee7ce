"""What the tokens of a tokenizer stand for, and which of them are pieces of text in a locale's writing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import regex

from pipeline.domain.vocabulary import Vocabulary

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

WORDS = 50_000
"""Common words of a language whose tokens are kept. Of Gemma's 262,144 tokens they take 8,000 to 44,000."""

MARKS = (
    r"\u0020-\u0040\u005B-\u0060\u007B-\u007E\n\t\u00A0-\u00BF\u00D7\u00F7"  # ASCII and Latin-1, less their letters
    r"\u02BB\u02BC\u2009-\u200F\u2010-\u2027\u202F\u2030-\u203D\u2044\u2060\u2066-\u2069\u20E3"  # General punctuation
    r"\u0E3F\u20A0-\u20C0\u2070-\u208E\u2103\u2109\u2116\u2117\u2120\u2122\u2150-\u215E"  # Currency, raised, signs
    r"\u2190-\u2193\u2212\u2248\u2260\u2264\u2265\u2605\u2606\u2660-\u2667\u2713\u2714\u25CF\u25CB"  # Arrows, stars
    r"\p{Emoji_Presentation}\p{Emoji_Modifier}\u2764\uFE0F"
)
"""Marks that copy of any locale may use, as the inside of a regular expression's set."""

EAST_ASIAN = r"\u3000-\u303F\u30FB\u30FC\uFF01-\uFF20\uFF3B-\uFF40\uFF5B-\uFF65\uFFE0-\uFFE6"
"""Marks of East Asia: its punctuation, and the wide forms of other marks."""

LAST_LETTER = 0x32400
"""No script has letters beyond this code point."""

_EAST_ASIAN_SCRIPTS = frozenset({"Hani", "Hira", "Kana", "Hang"})
_LONGEST_MARKS = 3
_SPACE = "\u2581"
_BYTE = regex.compile(r"<0x([0-9A-F]{2})>")
LETTER = regex.compile(r"\p{L}")
_CORE = regex.compile(r"^[^\p{L}\p{M}]*(.*?)[^\p{L}\p{M}]*$", regex.DOTALL)
_LATIN = regex.compile(r"[a-zA-Z]")


@dataclass(frozen=True)
class Piece:
    """What a token stands for: whole characters, and bytes of those in whose midst it begins or ends.

    `text` is None where the bytes are those of no text.
    """

    text: str | None
    broken: frozenset[bytes]

    @classmethod
    def of(cls, piece: bytes) -> Piece:
        """Take a token's bytes apart."""
        start = next((i for i, byte in enumerate(piece) if byte & 0xC0 != 0x80), len(piece))  # noqa: PLR2004
        if start == len(piece):
            return cls("", frozenset({piece}))
        end = _whole_end(piece, start)
        try:
            text = piece[start:end].decode()
        except UnicodeDecodeError:
            return cls(None, frozenset())
        return cls(text, frozenset({piece[:start], piece[end:]} - {b""}))

    @cached_property
    def is_small(self) -> bool:
        """A letter, alone or behind a space, a few marks, or a piece of a character: what anything is spelled with."""
        text = self.text or ""
        letters = len(LETTER.findall(text))
        return len(text) <= _LONGEST_MARKS if not letters else letters == 1 and len(text.strip()) == 1

    @cached_property
    def core(self) -> str:
        """Its words without the marks around them: what may be written may stand in brackets, too."""
        text = self.text or ""
        found = _CORE.match(text)
        core = found[1] if found else text
        return text if text == f" {core}" else core


class Writing:
    """The characters that copy in a vocabulary is written with."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        scripts = "".join(rf"\p{{scx={script}}}" for script in vocabulary.scripts)
        east_asian = EAST_ASIAN if _EAST_ASIAN_SCRIPTS & set(vocabulary.scripts) else ""
        own = "".join(sorted({regex.escape(mark) for text in vocabulary.texts for mark in text}))
        self._native = regex.compile(rf"[{scripts}{MARKS}{east_asian}]*", regex.V0)
        self._allowed = regex.compile(rf"[a-zA-Z{scripts}{MARKS}{east_asian}{own}]*", regex.V0)

    def is_native(self, text: str) -> bool:
        """Whether all letters are of the locale's own scripts."""
        return self._native.fullmatch(text) is not None

    def holds(self, piece: Piece) -> bool:
        """Whether a text in this writing can hold a token; what is broken off must be of characters of the writing."""
        return (
            piece.text is not None and piece.broken <= self._pieces and self._allowed.fullmatch(piece.text) is not None
        )

    @cached_property
    def _pieces(self) -> set[bytes]:
        """The parts of the UTF-8 of every character of the writing, save those that are a whole one."""
        everything = "".join(map(chr, (*range(0x80, 0xD800), *range(0xE000, LAST_LETTER))))
        encoded = (found.encode() for run in self._allowed.findall(everything) for found in run)
        return {
            code[start:end]
            for code in encoded
            for start in range(len(code))
            for end in range(start + 1, len(code) + 1)
            if end - start < len(code)
        }


def common_words(language: str) -> list[str]:
    """The commonest words of a language, none where there is no list of them."""
    try:
        from wordfreq import available_languages, top_n_list
    except ImportError:
        return []
    return list(top_n_list(language, WORDS)) if language in available_languages() else []


def token_bytes(tokenizer: PreTrainedTokenizerBase) -> dict[int, bytes]:
    """The bytes that each token stands for; control tokens stand for none and are left out."""
    controls = {token for token, added in tokenizer.added_tokens_decoder.items() if added.special}
    tokens = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
    bytewise = _byte_alphabet() if _is_bytewise(tokenizer) else None
    return {
        token: _piece(str(text), bytewise)
        for token, text in enumerate(tokens)
        if text is not None and token not in controls
    }


def _piece(text: str, bytewise: dict[str, int] | None) -> bytes:
    if bytewise is not None and all(character in bytewise for character in text):
        return bytes(bytewise[character] for character in text)
    byte = _BYTE.fullmatch(text)
    return bytes([int(byte[1], 16)]) if byte else text.replace(_SPACE, " ").encode("utf-8", "surrogatepass")


def _is_bytewise(tokenizer: PreTrainedTokenizerBase) -> bool:
    """Whether tokens are written in the alphabet that GPT-2 has for bytes."""
    backend: Any = getattr(tokenizer, "backend_tokenizer", None)
    return backend is not None and "ByteLevel" in repr(backend.decoder)


def _byte_alphabet() -> dict[str, int]:
    """Visible bytes stand for themselves, all others for what follows Latin-1, in their order."""
    visible = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(0x100) if byte not in visible]
    return {chr(byte): byte for byte in visible} | {chr(0x100 + place): byte for place, byte in enumerate(others)}


def _whole_end(piece: bytes, start: int) -> int:
    """Where the last whole character of a token ends."""
    for back in range(1, min(4, len(piece) - start + 1)):
        byte = piece[-back]
        if byte & 0xC0 == 0x80:  # noqa: PLR2004
            continue
        length = 1 if byte < 0x80 else 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4  # noqa: PLR2004
        return len(piece) if length <= back else len(piece) - back
    return len(piece)
