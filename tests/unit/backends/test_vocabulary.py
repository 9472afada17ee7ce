from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from pipeline.backends import token_sets
from pipeline.backends.token_sets import TokenSets
from pipeline.backends.vocabulary import Piece, Writing, _byte_alphabet, common_words, token_bytes
from pipeline.domain.vocabulary import Vocabulary

SPANISH = Vocabulary(language="es", scripts=("Latn",))
ARABIC = Vocabulary(language="ar", scripts=("Arab",))
JAPANESE = Vocabulary(language="ja", scripts=("Hira", "Kana", "Hani"))
WORDS = [
    "agua",
    "agu",
    "ag",
    "gu",
    "ua",
    "\u2581agua",
    "xyz",
    "\u2581plastic",
    "вода",
    "ا",
    "ء",
    "ما",
    "ماء",
    "水",
    "\u2581水",
    "(agua",
    "agua,",
]
MARKS = ["!", "…", "€", "1", "!!!", "!!!!!!", "\n", "\u2581", "@", "{", "}", "/", "د", "م", "а"]
LETTERS = [*"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"]
BYTES = [f"<0x{number:02X}>" for number in range(256)]
TOKENS = ["<eos>", *BYTES, *LETTERS, *MARKS, *WORDS]
MERGES = [("a", "g"), ("ag", "u"), ("agu", "a"), ("\u2581", "agua"), ("م", "ا"), ("ما", "ء")]


@pytest.fixture
def pieces() -> PreTrainedTokenizerFast:
    """As SentencePiece has it: bytes for what is no token, a mark for the space."""
    everything = {token: number for number, token in enumerate([*TOKENS, "("])}
    inner = Tokenizer(models.BPE(everything, MERGES, byte_fallback=True, unk_token="<eos>"))  # noqa: S106
    inner.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never")
    inner.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()])
    return PreTrainedTokenizerFast(tokenizer_object=inner, eos_token="<eos>")  # noqa: S106


@pytest.fixture
def bytewise() -> PreTrainedTokenizerFast:
    """As GPT-2 has it: an alphabet of bytes, and two tokens that begin and end inside a character."""
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    written = {bytes_of("и")[:1] + b"", bytes_of("é"), bytes_of("水")[:2], bytes_of("и")}
    merged = [in_alphabet(piece) for piece in written if len(piece) > 1]
    everything = {token: number for number, token in enumerate([*sorted(alphabet), *merged])}
    inner = Tokenizer(models.BPE(everything, [(piece[0], piece[1]) for piece in merged]))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=inner)


def bytes_of(text: str) -> bytes:
    return text.encode()


def in_alphabet(piece: bytes) -> str:
    return "".join({number: letter for letter, number in _byte_alphabet().items()}[byte] for byte in piece)


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Says which words are common."""
    return lambda *words: monkeypatch.setattr(token_sets, "common_words", lambda _: list(words))


def kept(tokenizer: PreTrainedTokenizerFast, vocabulary: Vocabulary, folder: Path | None = None) -> set[str]:
    ids = TokenSets(tokenizer, folder).of(vocabulary)
    return set(tokenizer.convert_ids_to_tokens(ids.tolist()))


def test_common_words_stay_and_others_go(pieces: PreTrainedTokenizerFast, listed: Callable[..., None]) -> None:
    """With and without a space, and in brackets; single letters stay whatever the list says."""
    listed("agua")

    tokens = kept(pieces, SPANISH)

    assert {"agua", "\u2581agua", "(agua", "agua,", *LETTERS} <= tokens
    assert tokens.isdisjoint({"xyz", "\u2581plastic", "вода", "ا", "ء", "ما", "ماء", "水", "а", "د"})


def test_without_a_list_all_words_of_the_script_stay(
    pieces: PreTrainedTokenizerFast, listed: Callable[..., None]
) -> None:
    """There is none for some languages."""
    listed()

    tokens = kept(pieces, SPANISH)

    assert {"xyz", "\u2581plastic", "agua"} <= tokens
    assert tokens.isdisjoint({"вода", "ماء", "水"})


def test_another_script_keeps_latin_letters_but_no_latin_words(
    pieces: PreTrainedTokenizerFast, listed: Callable[..., None]
) -> None:
    """For names and addresses; a listed word of another script is none of the language."""
    listed("ماء", "agua")

    tokens = kept(pieces, ARABIC)

    assert {"ماء", "د", "م", *LETTERS} <= tokens
    assert tokens.isdisjoint({"agua", "\u2581plastic", "вода", "水", "а"})


def test_marks_digits_and_line_breaks_stay(pieces: PreTrainedTokenizerFast, listed: Callable[..., None]) -> None:
    """A few at a time; the model's control tokens are no writing."""
    listed("agua")

    for vocabulary in (SPANISH, ARABIC, JAPANESE):
        tokens = kept(pieces, vocabulary)
        assert {"!", "…", "€", "1", "!!!", "\n", "\u2581", "@", "{", "}", "/"} <= tokens
        assert tokens.isdisjoint({"!!!!!!", "<eos>"})


def test_bytes_stay_that_a_character_of_the_writing_has(
    pieces: PreTrainedTokenizerFast, listed: Callable[..., None]
) -> None:
    """So that rare characters can be written, and no other script through the back door."""
    listed("agua")

    tokens = kept(pieces, SPANISH)

    assert {"<0xC3>", "<0xA9>", "<0xE2>", "<0x80>"} <= tokens, "é and typographic marks"
    assert tokens.isdisjoint({"<0xD0>", "<0xD8>", "<0xE6>", "<0xFF>"}), "Cyrillic, Arabic, Han, nothing at all"


def test_tokens_that_end_inside_a_character_are_told_by_their_bytes(
    bytewise: PreTrainedTokenizerFast, listed: Callable[..., None]
) -> None:
    """A beginning of a Han character is of use in Japanese alone."""
    listed()
    beginning = in_alphabet(bytes_of("水")[:2])

    assert beginning in kept(bytewise, JAPANESE)
    assert beginning not in kept(bytewise, SPANISH)
    assert in_alphabet(bytes_of("é")) in kept(bytewise, SPANISH)
    assert in_alphabet(bytes_of("и")) not in kept(bytewise, SPANISH)


def test_phrases_and_the_locales_own_copy_can_be_written_in_any_script(
    pieces: PreTrainedTokenizerFast, listed: Callable[..., None]
) -> None:
    """A brand's name is not the locale's to spell; another draft does not get it."""
    listed("ماء")
    named = ARABIC.model_copy(update={"phrases": ("agua", "вода")})

    assert {"agua", "\u2581agua"} <= kept(pieces, named)
    assert "agua" in kept(pieces, ARABIC.model_copy(update={"texts": ("agua",)}))
    assert "agua" not in kept(pieces, ARABIC)
    ids = pieces("вода", add_special_tokens=False)["input_ids"]
    assert set(ids) <= set(TokenSets(pieces).of(named).tolist())


def test_a_set_is_computed_once_and_kept_on_disk(
    pieces: PreTrainedTokenizerFast, listed: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For the locale, whatever the phrases of a draft."""
    listed("agua")
    folder = tmp_path / "vocabularies"
    first = TokenSets(pieces, folder).of(SPANISH)
    monkeypatch.setattr(TokenSets, "_compute", lambda *_: pytest.fail("it is known"))

    assert (TokenSets(pieces, folder).of(SPANISH) == first).all()
    assert set(first) < set(TokenSets(pieces, folder).of(SPANISH.model_copy(update={"phrases": ("вода",)})))
    assert [path.suffix for path in folder.iterdir()] == [".npy"]


@pytest.mark.parametrize("damage", [b"", b"no array", np.array([3, 2, 1]).tobytes()], ids=["empty", "text", "bytes"])
def test_a_damaged_file_is_computed_anew(
    pieces: PreTrainedTokenizerFast, listed: Callable[..., None], tmp_path: Path, damage: bytes
) -> None:
    """And so is one whose folder cannot be written."""
    listed("agua")
    expected = TokenSets(pieces, tmp_path).of(SPANISH)
    (path,) = tmp_path.glob("*.npy")
    path.write_bytes(damage)

    assert (TokenSets(pieces, tmp_path).of(SPANISH) == expected).all()
    assert (TokenSets(pieces, path / "file").of(SPANISH) == expected).all()


@pytest.mark.parametrize("wrong", [[3, 2, 1], [-1, 2], [], [1, 10**9]], ids=["order", "negative", "none", "large"])
def test_a_file_with_impossible_tokens_is_computed_anew(
    pieces: PreTrainedTokenizerFast, listed: Callable[..., None], tmp_path: Path, wrong: list[int]
) -> None:
    """A token that the model lacks would end the run."""
    listed("agua")
    expected = TokenSets(pieces, tmp_path).of(SPANISH)
    (path,) = tmp_path.glob("*.npy")
    np.save(path, np.array(wrong, dtype=np.int64))

    assert (TokenSets(pieces, tmp_path).of(SPANISH) == expected).all()


def test_every_token_that_breaks_a_line_is_found(
    pieces: PreTrainedTokenizerFast, bytewise: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    """Whether tokens are written in bytes or in letters; also one that begins with copy."""
    for tokenizer, expected in ((pieces, ["\n", "<0x0A>", "<0x0D>"]), (bytewise, ["Ċ", "č"])):
        found = TokenSets(tokenizer, tmp_path).line_breaks
        assert set(tokenizer.convert_ids_to_tokens(sorted(found))) == set(expected)
    pieces.add_tokens([".\n", "a\u2028"])
    assert {".\n", "a\u2028"} <= set(pieces.convert_ids_to_tokens(sorted(TokenSets(pieces).line_breaks)))


def test_characters_are_counted_where_they_begin(
    pieces: PreTrainedTokenizerFast, bytewise: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    """Of the tokens of a text there are as many as in the text, also where tokens end inside a character."""
    for tokenizer in (pieces, bytewise):
        for text in ("agua", "вода é", "水"):
            lengths = TokenSets(tokenizer, tmp_path).lengths
            ids = tokenizer(text, add_special_tokens=False)["input_ids"]
            assert sum(lengths[token] for token in ids) == len(text)
    assert TokenSets(pieces, tmp_path).lengths[pieces.eos_token_id] == 0


def test_sets_of_another_model_are_not_taken_for_its_own(pieces: PreTrainedTokenizerFast, tmp_path: Path) -> None:
    """Where the model's files are known by a digest, it stands for the tokens."""
    first = TokenSets(pieces, tmp_path, "a" * 64).line_breaks
    assert TokenSets(pieces, tmp_path, "a" * 64).line_breaks == first
    assert len(list(tmp_path.iterdir())) == 1
    TokenSets(pieces, tmp_path, "b" * 64).line_breaks  # noqa: B018  (looked at, so that it is computed)
    assert len(list(tmp_path.iterdir())) == 2


def test_words_are_listed_for_most_languages_and_never_missed() -> None:
    """None is no fault: then the script alone decides."""
    assert {"agua", "para"} <= set(common_words("es"))
    assert common_words("zu") == []


@pytest.mark.parametrize(
    ("vocabulary", "allowed", "refused"),
    [
        (SPANISH, ["¿Qué tal?", "10 % más · 5 €", "👍", "l’eau", "{name}"], ["вода", "水", "क"]),
        (JAPANESE, ["水、毎日。", "ボトル！", "Wi-Fi", "１００％"], ["물", "вода", "ماء"]),
        (ARABIC, ["ماء، كل يوم؟", "٢٠٪", "Aqualis"], ["水", "вода", "मा"]),
    ],
)
def test_a_writing_has_its_scripts_and_the_marks_of_copy(
    vocabulary: Vocabulary, allowed: Iterable[str], refused: Iterable[str]
) -> None:
    """Latin letters too, for names."""
    writing = Writing(vocabulary)

    assert all(writing.holds(Piece.of(text.encode())) for text in allowed)
    assert not any(writing.holds(Piece.of(text.encode())) for text in refused)


def test_control_tokens_stand_for_no_bytes(pieces: PreTrainedTokenizerFast) -> None:
    """All others do."""
    assert pieces.eos_token_id not in token_bytes(pieces)
    assert len(token_bytes(pieces)) == len(pieces) - 1
