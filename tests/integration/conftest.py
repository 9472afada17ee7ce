"""The real embedded models."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs
import pytest

from pipeline.modelstore.store import ModelStore


@pytest.fixture(scope="session")
def embedded_models() -> Path:
    """The user's model store, with the embedded models in it."""
    folder = platformdirs.user_data_path("glocal") / "models"
    if not {"google/gemma-3-270m", "intfloat/multilingual-e5-small"} <= set(ModelStore(folder).ids()):
        missing = "the embedded models are not in the model store: glocal models pull --embedded"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(missing)
    return folder
