"""What makes a model folder unsafe: anything in it that could run code when it is loaded.

Only names, links, first bytes and settings are looked at, without any library that loads models, so that the
verdict falls before anything that could load one is even imported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import UnsafeModel
from pipeline.modelstore.settings_safety import settings_dangers
from pipeline.modelstore.template_safety import LARGEST as LARGEST_TEMPLATE
from pipeline.modelstore.template_safety import template_dangers
from pipeline.modelstore.tensors import is_safetensors

CODE = frozenset({
    ".py", ".pyc", ".pyd", ".pyo", ".pyx", ".pyz", ".ipynb", ".so", ".dll", ".dylib", ".sh", ".bat", ".ps1", ".exe",
    ".js", ".lua", ".whl", ".egg", ".pth",
})  # fmt: skip
"""Files that are code."""

PICKLES = frozenset({
    ".pkl", ".pickle", ".pt", ".pt2", ".ckpt", ".bin", ".h5", ".hdf5", ".keras", ".msgpack", ".joblib", ".dill",
    ".npy", ".npz", ".nemo", ".mar", ".ot", ".zip", ".tar", ".gz", ".tgz", ".xz", ".zst", ".7z",
})  # fmt: skip
"""Formats that may hold a pickle or another program, whether a given file does or not."""

FIRST_BYTES = re.compile(rb"\x80[\x02-\x05]|PK\x03\x04|\x7fELF|\x1f\x8b|\x93NUMPY|\xca\xfe\xba\xbe")
"""How pickles, archives and programs begin, under whatever name."""

VOCABULARIES = frozenset({"tokenizer.json", "vocab.json", "tekken.json"})
"""Large files whose keys are words of any kind; nothing reads settings that run code from them."""

WEIGHTS = ".safetensors"


def refuse_unsafe(folder: Path, *, link_targets: tuple[Path, ...] = (), weightless: bool = False) -> None:
    """Raise UnsafeModel when a folder could run code, reaches out of itself, or has no safe weights.

    Links are refused but those to plain files below `link_targets`. `weightless` tells that the weights are yet
    to come.
    """
    files = sorted(folder.rglob("*"))
    for path in files:
        for reason in _dangers(path, link_targets):
            raise UnsafeModel(_printable(f"{path.relative_to(folder)} {reason}"))
    if not weightless and not any(path.suffix.lower() == WEIGHTS for path in files):
        raise UnsafeModel("the folder has no safetensors weights")


def _dangers(path: Path, link_targets: tuple[Path, ...]) -> Iterator[str]:
    suffix = path.suffix.lower()
    if path.is_symlink() and not _leads_into(path, link_targets):
        yield "is a link, and may lead out of the model's folder"
    elif path.is_dir():
        return
    elif not path.is_file():
        yield "is not a plain file"
    elif suffix in CODE:
        yield "is code"
    elif suffix in PICKLES:
        yield "may hold a pickle"
    elif path.name == "adapter_config.json":
        yield "is an adapter's, which names another model to load"
    else:
        yield from _content_dangers(path, suffix)


def _printable(text: str) -> str:
    """A line without what a terminal would obey; names and keys are whatever a stranger wrote."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)


def _leads_into(link: Path, folders: tuple[Path, ...]) -> bool:
    target = link.resolve()
    return target.is_file() and any(target.is_relative_to(folder) for folder in folders)


def _content_dangers(path: Path, suffix: str) -> Iterator[str]:
    if suffix == WEIGHTS:
        if not is_safetensors(path):
            yield "is not in the safetensors format"
        return
    with path.open("rb") as file:
        if FIRST_BYTES.match(file.read(8)):
            yield "is a pickle, an archive or a program under another name"
    if suffix == ".json" and path.name not in VOCABULARIES:
        yield from settings_dangers(path)
    if suffix == ".jinja":
        yield from _template_file_dangers(path)


def _template_file_dangers(path: Path) -> Iterator[str]:
    try:
        with path.open(encoding="utf-8") as file:
            yield from template_dangers(file.read(LARGEST_TEMPLATE + 1))
    except UnicodeDecodeError:
        yield "is not text"
