"""What must be so before a model library is imported: it is installed, and it does not look for a network."""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from pipeline.backends.threads import let_threads_spin
from pipeline.errors import MissingExtra

EXTRA = "offline"
REQUIRED = ("torch", "transformers", "safetensors", "sentence_transformers")


class VerifiedModels(Protocol):
    """What a backend asks of the model store."""

    def verified(self, model_id: str) -> Path:
        """The folder of a model whose every digest was just checked."""
        ...

    def weights_digest(self, model_id: str) -> str:
        """SHA-256 (hex) over all files of a model."""
        ...


def prepare_offline() -> None:
    """Set the offline flags, then quieten the libraries; raises MissingExtra when one is not installed.

    Must run before the first import of torch, transformers or huggingface_hub: they read the flags only once.
    """
    for package in REQUIRED:
        require(package)
    os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1")
    let_threads_spin()
    logging.getLogger("sentence_transformers").setLevel(logging.ERROR)
    from transformers.utils import logging as transformers_logging

    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Make many objects without looking for garbage in between.

    Libraries and vocabularies are millions of objects, and none of them is garbage: looking through them again and
    again took a third of the time of loading two models (7 s, without it 4.7), and half of working out a token set.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def require(package: str) -> None:
    """Raise MissingExtra unless a package of the offline extra can be imported."""
    if find_spec(package) is None:
        raise MissingExtra(package, EXTRA)
