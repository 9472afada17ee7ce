"""The encoder's seam: order, batches, windows and precision, with a tiny random encoder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Transformer
from sentence_transformers.sentence_transformer.modules import Pooling
from transformers import BertConfig, BertModel, BertTokenizerFast

from pipeline.backends import sentence_encoder
from pipeline.backends.sentence_encoder import SentenceEncoder
from pipeline.domain.model_card import ModelCard
from pipeline.modelstore.safety import refuse_unsafe

LIMIT = 16
"""Tokens that the tiny encoder takes in; two of them are its own marks."""


@pytest.fixture
def stored_encoder(tmp_path: Path) -> Path:
    """A random encoder of one layer in the standard layout of Sentence Transformers."""
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "wasser", "kalt"]
    (tmp_path / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}
    BertModel(BertConfig(vocab_size=len(words), **sizes)).save_pretrained(tmp_path / "bert")
    BertTokenizerFast(vocab=str(tmp_path / "vocab.txt")).save_pretrained(tmp_path / "bert")
    layer = Transformer(str(tmp_path / "bert"))
    SentenceTransformer(modules=[layer, Pooling(8)], device="cpu").save(str(tmp_path / "encoder"))
    return tmp_path / "encoder"


@pytest.fixture
def encoder(stored_encoder: Path) -> SentenceEncoder:
    model = SentenceTransformer(str(stored_encoder), device="cpu", local_files_only=True)
    model.max_seq_length = LIMIT
    return SentenceEncoder(model, digest="d" * 64)


def test_rows_come_in_the_order_of_the_texts(encoder: SentenceEncoder) -> None:
    """Although batches are made of texts of one length."""
    texts = [" ".join(["kalt"] * length) + " wasser" for length in (5, 9, 1, 4, 3, 5)]

    together = encoder.encode(texts)

    assert len({tuple(row) for row in together.round(5).tolist()}) == 5
    for text, row in zip(texts, together, strict=True):
        np.testing.assert_allclose(encoder.encode([text])[0], row, atol=1e-6)


def test_nothing_is_padded(encoder: SentenceEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A text's vector would depend on what it is embedded with, in its last digits."""
    monkeypatch.setattr(sentence_encoder, "BATCH_TOKENS", 12)
    batches, encode = [], encoder._model.encode

    def watch(texts: list[str], **options: Any) -> Any:
        batches.append([len(text.split()) for text in texts])
        return encode(texts, **options)

    monkeypatch.setattr(encoder._model, "encode", watch)
    encoder.encode(["kalt wasser", "kalt", "wasser kalt", "wasser", "kalt kalt", "wasser wasser"])

    assert batches == [[1, 1], [2, 2, 2], [2]]


def test_a_text_too_long_is_averaged_over_its_windows(encoder: SentenceEncoder) -> None:
    """Its end counts as much as its beginning."""
    start, end = " ".join(["kalt"] * 11), " ".join(["wasser"] * 8)
    whole, first, last = encoder.encode([f"{start} {end}", start, end])

    expected = (11 + 2) * first + (8 + 2) * last
    np.testing.assert_allclose(whole, expected / np.linalg.norm(expected), atol=1e-5)


@pytest.mark.parametrize("text", ["kalt " * 200 + "wasser", "k" * 3000, " " * 3000, "wasser" + " " * 3000, ""])
def test_any_text_has_a_unit_vector(encoder: SentenceEncoder, text: str) -> None:
    """Also one without a space to cut at."""
    np.testing.assert_allclose(np.linalg.norm(encoder.encode([text])), 1, rtol=1e-5)


def test_half_a_surrogate_pair_is_no_fault(encoder: SentenceEncoder) -> None:
    """It may come out of a JSON file, and has no UTF-8."""
    np.testing.assert_allclose(encoder.encode(["kalt \ud83d"]), encoder.encode(["kalt ?"]))


def test_rows_are_unit_vectors_of_single_precision(encoder: SentenceEncoder) -> None:
    """In whatever precision the model computes: their inner product is then their likeness."""
    encoder._model.bfloat16()
    vectors = encoder.encode(["kalt", "wasser und kalt"])

    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-6)


def test_no_texts_give_no_rows(encoder: SentenceEncoder) -> None:
    """And still as many columns as any."""
    assert encoder.encode([]).shape == (0, 8)


def test_the_digest_is_that_of_the_weights(encoder: SentenceEncoder) -> None:
    """So that vectors of different encoders are never compared."""
    assert encoder.digest == "d" * 64


def test_an_encoder_of_safetensors_is_loaded_from_its_folder(stored_encoder: Path, card: ModelCard, shelf: Any) -> None:
    """A larger encoder than the packaged one, pulled from a folder, is used the same way."""
    refuse_unsafe(stored_encoder)

    loaded = SentenceEncoder.from_store(shelf(stored_encoder), card)

    assert loaded.encode(["kalt", "wasser"]).shape == (2, 8)
    assert loaded.digest == "e" * 64


@pytest.mark.parametrize("numbers", [torch.bfloat16, torch.float32])
def test_tables_of_embeddings_stay_in_the_numbers_of_their_file(
    stored_encoder: Path, monkeypatch: pytest.MonkeyPatch, numbers: torch.dtype
) -> None:
    """A text's vector is to the last bit that of an encoder which was turned as a whole; the tables take no memory."""
    monkeypatch.setattr(sentence_encoder, "_precision", lambda: numbers)
    stored = load_file(stored_encoder / "model.safetensors")
    halved = {name: weights.half() for name, weights in stored.items()}
    # As files of older versions begin.
    positions = {"embeddings.A_position_ids": torch.arange(4)}
    save_file(positions | halved, stored_encoder / "model.safetensors", metadata={"format": "pt"})

    loaded = sentence_encoder._load(stored_encoder)

    whole = SentenceTransformer(str(stored_encoder), local_files_only=True, model_kwargs={"dtype": numbers})
    tables = {layer.weight.dtype for layer in loaded.modules() if isinstance(layer, torch.nn.Embedding)}
    layers = {layer.weight.dtype for layer in loaded.modules() if isinstance(layer, torch.nn.Linear)}
    assert (tables, layers) == ({torch.float16}, {numbers})
    for text in ("wasser kalt", "kalt"):
        np.testing.assert_array_equal(loaded.encode(text), whole.encode(text))
