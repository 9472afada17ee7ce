"""The tokens that copy of a locale can be made of: all others need no place in the model's output layer.

A token is kept when its bytes are a piece of text in the locale's writing, and, where there is a list of the
language's common words (package `wordfreq`), when it is one of those that such words are made of. Single letters,
digits, marks and bytes stay whatever the list says, so that any word can be written, if need be letter by letter.
Latin letters stay so too in the other scripts, for names and addresses.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import regex

from pipeline.domain.value import digest_of
from pipeline.domain.vocabulary import Vocabulary

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

TokenIds = npt.NDArray[np.int64]
"""Token ids, ascending, each once."""

RULES = 1
"""Raised with every change of the rules below, so that no set of tokens on disk outlives them."""

WORDS = 50_000
"""Common words of a language whose tokens are kept. Of Gemma's 262,144 tokens they take 8,000 to 44,000."""

CAPITALS = 3_000
"""Common words that are kept in capitals, too: labels and calls to action."""

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
_LETTER = regex.compile(r"\p{L}")
_CORE = regex.compile(r"^[^\p{L}\p{M}]*(.*?)[^\p{L}\p{M}]*$", regex.DOTALL)
_LATIN = regex.compile(r"[a-zA-Z]")
_CHUNK = 4_096


class TokenSets:
    """The token sets of one tokenizer: computed once for each locale, kept in memory and, given a folder, on disk.

    sets = TokenSets(tokenizer, cache / "vocabularies")
    ids = sets.of(vocabulary)
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, folder: Path | None = None) -> None:
        self._tokenizer = tokenizer
        self._folder = folder
        self._sets: dict[str, TokenIds] = {}

    def of(self, vocabulary: Vocabulary) -> TokenIds:
        """The tokens that a text in this vocabulary can be made of, without the model's control tokens."""
        shared = self._of_locale(vocabulary.of_the_locale)
        if not vocabulary.phrases:
            return shared
        # Characters of other scripts come with the phrase that holds them, as the tokens that it is made of.
        return np.union1d(shared, self._made_of(_placed(vocabulary.phrases)))

    def _of_locale(self, vocabulary: Vocabulary) -> TokenIds:
        key = digest_of(vocabulary, self._digest, RULES, _words_version())
        if key not in self._sets:
            path = None if self._folder is None else self._folder / f"{key}.npy"
            found = None if path is None else _read(path, max(self._bytes))
            if found is None:
                found = self._compute(vocabulary)
                if path is not None:
                    _write(path, found)
            self._sets[key] = found
        return self._sets[key]

    def _compute(self, vocabulary: Vocabulary) -> TokenIds:
        writing = Writing(vocabulary)
        written = {token: writing.text_of(piece) for token, piece in self._bytes.items()}
        possible = {token: text for token, text in written.items() if text is not None}
        words = [word for word in common_words(vocabulary.language) if writing.is_native(word)]
        used = set(self._made_of(_placed(vocabulary.texts)).tolist())
        if words:
            used |= set(self._made_of(_variants(words)).tolist()) & possible.keys()
        else:
            used |= {token for token, text in possible.items() if _LETTER.search(text) and writing.is_native(text)}
        cores = {possible[token] for token in used & possible.keys()} - {""}
        kept = (token for token, text in possible.items() if _is_small(text) or _core(text) in cores)
        return np.array(sorted(used.union(kept)), dtype=np.int64)

    def _made_of(self, texts: Iterable[str]) -> TokenIds:
        """Every token of the tokenizer's own way to write these texts."""
        everything, found = list(texts), set[int]()
        for start in range(0, len(everything), _CHUNK):
            found.update(*self._ids(everything[start : start + _CHUNK]))
        return np.array(sorted(found & self._bytes.keys()), dtype=np.int64)

    def _ids(self, texts: list[str]) -> list[list[int]]:
        if self._tokenizer.is_fast:
            # Transformers' own call makes lists of much else of each text, at twice the time.
            encoded = self._tokenizer.backend_tokenizer.encode_batch_fast(texts, add_special_tokens=False)
            return [encoding.ids for encoding in encoded]
        return list(self._tokenizer(texts, add_special_tokens=False)["input_ids"])

    @cached_property
    def _bytes(self) -> dict[int, bytes]:
        return token_bytes(self._tokenizer)

    @cached_property
    def _digest(self) -> str:
        content = hashlib.sha256(type(self._tokenizer).__name__.encode())
        for token, piece in self._bytes.items():
            content.update(b"%d %d " % (token, len(piece)) + piece)
        return content.hexdigest()


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

    def text_of(self, piece: bytes) -> str | None:
        """The whole characters of a token, None when no text in this writing holds the token.

        A token may begin and end inside a character: then its bytes there must be those of a character of the writing.
        """
        start = next((i for i, byte in enumerate(piece) if byte & 0xC0 != 0x80), len(piece))  # noqa: PLR2004
        end = _whole_end(piece, start)
        broken = {piece[:start], piece[end:]} - {b""}
        if start == len(piece):
            return "" if piece in self._pieces else None
        if not broken <= self._pieces:
            return None
        try:
            text = piece[start:end].decode()
        except UnicodeDecodeError:
            return None
        return text if self._allowed.fullmatch(text) else None

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


def _is_small(text: str) -> bool:
    """A letter, alone or behind a space, a few marks, or a piece of a character: what anything can be spelled with."""
    letters = len(_LETTER.findall(text))
    return len(text) <= _LONGEST_MARKS if not letters else letters == 1 and len(text.strip()) == 1


def _core(text: str) -> str:
    """The words of a token without the marks around them: what may be written may stand in brackets, too."""
    found = _CORE.match(text)
    core = found[1] if found else text
    return text if text == f" {core}" else core


def _placed(texts: Iterable[str]) -> Iterator[str]:
    """Texts at the beginning of a line and behind a word: the place decides how they are cut into tokens."""
    for text in texts:
        yield f"\n{text}"
        yield f"\na {text}"


def _variants(words: list[str]) -> Iterator[str]:
    """Words as copy has them: small and capitalised, the commonest in capitals."""
    yield from _placed(words)
    yield from _placed(word[:1].upper() + word[1:] for word in words)
    yield from _placed(word.upper() for word in words[:CAPITALS])


def _words_version() -> str:
    try:
        return version("wordfreq")
    except PackageNotFoundError:
        return "none"


def _read(path: Path, last: int) -> TokenIds | None:
    """A set of tokens from disk, None where there is none that can be used."""
    try:
        found = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    ascends = found.ndim == 1 and found.dtype == np.int64 and len(found) > 0 and (np.diff(found) > 0).all()
    return found if ascends and found[0] >= 0 and found[-1] <= last else None


def _write(path: Path, tokens: TokenIds) -> None:
    # What cannot be kept is computed again: no reason to stop.
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
            np.save(file, tokens)
        Path(file.name).replace(path)
