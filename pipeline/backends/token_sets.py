"""The tokens that copy of a locale can be made of: all others need no place in the model's output layer.

A token is kept when its bytes are a piece of text in the locale's writing, and, where there is a list of the
language's common words (package `wordfreq`), when it is one of those that such words are made of. Single letters,
digits, marks and bytes stay whatever the list says, so that any word can be written, if need be letter by letter.
Latin letters stay so too in the other scripts, for names and addresses.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import regex

from pipeline.backends.offline import uninterrupted
from pipeline.backends.prompt_tokens import LINE_BREAKS
from pipeline.backends.vocabulary import LETTER, Piece, Writing, common_words, token_bytes
from pipeline.domain.value import digest_of
from pipeline.domain.vocabulary import Vocabulary
from pipeline.kept_arrays import KeptArrays

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

TokenIds = npt.NDArray[np.int64]
"""Token ids, ascending, each once."""

RULES = 1
"""Raised with every change of the rules below, so that no set of tokens on disk outlives them."""

CAPITALS = 3_000
"""Common words that are kept in capitals, too: labels and calls to action."""

_LINE_BREAK = regex.compile("|".join(LINE_BREAKS).encode())
_CHUNK = 4_096


class TokenSets:
    """The token sets of one tokenizer: computed once for each locale, kept in memory and, given a folder, on disk.

    sets = TokenSets(tokenizer, cache / "vocabularies")
    ids = sets.of(vocabulary)

    `digest` tells one tokenizer from all others; without it, it is reckoned from the tokens.
    """

    def __init__(
        self, tokenizer: PreTrainedTokenizerBase, folder: Path | None = None, digest: str | None = None
    ) -> None:
        self._tokenizer = tokenizer
        self._arrays = KeptArrays(folder)
        self._known_digest = digest
        self._sets: dict[str, TokenIds] = {}

    def of(self, vocabulary: Vocabulary) -> TokenIds:
        """The tokens that a text in this vocabulary can be made of, without the model's control tokens."""
        locale = vocabulary.of_the_locale
        shared = self._kept(digest_of(locale, _words_version()), lambda: self._compute(locale))
        if not vocabulary.phrases:
            return shared
        # Characters of other scripts come with the phrase that holds them, as the tokens that it is made of.
        return np.union1d(shared, self._made_of(_placed(vocabulary.phrases)))

    @cached_property
    def line_breaks(self) -> frozenset[int]:
        """Every token whose text breaks a line, also one that begins with copy."""
        return frozenset(self._kept("line breaks", self._find_line_breaks).tolist())

    @cached_property
    def lengths(self) -> list[int]:
        """Characters that begin in each token, by its id."""
        tokens = len(self._tokenizer)
        with uninterrupted():
            found = self._arrays.get(
                digest_of("lengths", self._digest, RULES), self._count, fits=lambda counts: counts.shape == (tokens,)
            )
        return list(found.tolist())

    def _count(self) -> TokenIds:
        counts = np.zeros(len(self._tokenizer), dtype=np.int64)
        for token, piece in self._bytes.items():
            counts[token] = sum(byte & 0xC0 != 0x80 for byte in piece)  # noqa: PLR2004  (all but a character's first)
        return counts

    def _find_line_breaks(self) -> TokenIds:
        return np.array([token for token, piece in self._bytes.items() if _LINE_BREAK.search(piece)], dtype=np.int64)

    def _kept(self, name: str, compute: Callable[[], TokenIds]) -> TokenIds:
        key = digest_of(name, self._digest, RULES)
        if key not in self._sets:
            with uninterrupted():
                self._sets[key] = self._arrays.get(key, compute, fits=self._are_tokens)
        return self._sets[key]

    def _are_tokens(self, found: TokenIds) -> bool:
        ascends = found.ndim == 1 and found.dtype == np.int64 and len(found) > 0 and bool((np.diff(found) > 0).all())
        return ascends and bool(found[0] >= 0 and found[-1] < len(self._tokenizer))

    def _compute(self, vocabulary: Vocabulary) -> TokenIds:
        writing = Writing(vocabulary)
        possible = {token: piece for token, piece in self._pieces.items() if writing.holds(piece)}
        words = [word for word in common_words(vocabulary.language) if writing.is_native(word)]
        used = set(self._made_of(_placed(vocabulary.texts)).tolist())
        if words:
            used |= set(self._made_of(_variants(words)).tolist()) & possible.keys()
        else:
            native = ((token, piece.text or "") for token, piece in possible.items())
            used |= {token for token, text in native if LETTER.search(text) and writing.is_native(text)}
        cores = {possible[token].text for token in used & possible.keys()} - {""}
        kept = (token for token, piece in possible.items() if piece.is_small or piece.core in cores)
        return np.array(sorted(used.union(kept)), dtype=np.int64)

    def _made_of(self, texts: Iterable[str]) -> TokenIds:
        """Every token of the tokenizer's own way to write these texts."""
        everything, found = list(texts), set[int]()
        for start in range(0, len(everything), _CHUNK):
            found.update(*self._ids(everything[start : start + _CHUNK]))
        return np.array(sorted(found - self._controls), dtype=np.int64)

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
    def _pieces(self) -> dict[int, Piece]:
        return {token: Piece.of(piece) for token, piece in self._bytes.items()}

    @cached_property
    def _controls(self) -> frozenset[int]:
        return frozenset(token for token, added in self._tokenizer.added_tokens_decoder.items() if added.special)

    @cached_property
    def _digest(self) -> str:
        if self._known_digest is not None:
            return digest_of(self._known_digest, version("transformers"))
        content = hashlib.sha256(type(self._tokenizer).__name__.encode())
        for token, piece in self._bytes.items():
            content.update(b"%d %d " % (token, len(piece)) + piece)
        return content.hexdigest()


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
