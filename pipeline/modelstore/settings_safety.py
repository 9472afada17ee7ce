"""What makes a settings file unsafe: keys and values that make a library run, import or fetch something.

The text is read as the libraries read it, but for one thing: a key that stands twice in one object is refused,
since one reader takes the first and another the last.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from pipeline.modelstore.template_safety import template_dangers

CODE_KEYS = frozenset({"auto_map", "custom_pipelines", "custom_generate", "trust_remote_code"})
"""Keys of a configuration that name code to run."""

CODE_KEY = re.compile(
    r"(^|_)(custom_(code|module|class|modeling)|import_path|class_path|module_path|entry_point|plugin|python_(path|file))$"
)
"""How keys end that name a module or a class by its path."""

CLASS_KEY = re.compile(r"_class$|^(model_type|architectures|(image_processor|video_processor|feature_extractor)_type)$")
"""Keys whose value is the bare name of a class or of a kind of model that the library has itself."""

BARE_NAME = re.compile(r"[A-Za-z_](-?\w)*")

FUNCTION_KEYS = frozenset({"activation_function", "activation_fn", "loss_function", "loss_fct"})
"""Keys by which sentence-transformers imports a function; of torch's own ones only."""

FUNCTION = re.compile(r"torch\.nn(\.\w+)+|\w+")

MODULE = re.compile(r"sentence_transformers(\.\w+)*\.[A-Z]\w*")
"""What `type` in modules.json may import."""

FILE_KEYS = frozenset({"transformers_weights", "fast_tokenizer_files", "gguf_file"})
"""Keys whose values are names of files beside the settings."""

KERNEL_KEY = re.compile(r"kernel|_implementation(_internal)?$")
"""Keys that choose a kernel; with a `/` in the value it is one to be downloaded and run."""

LARGEST = 64 * 1024**2
"""Bytes of settings that are read; an index of a large model has about two million."""


def settings_dangers(path: Path) -> Iterator[str]:
    """Why one JSON file must not be given to a library, if so."""
    if path.stat().st_size > LARGEST:
        yield "is too large for settings"
        return
    try:
        settings = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_unique)
        # As a list: too deep a nesting must show up here.
        yield from list(_dangers(settings))
    except _KeyTwiceError as error:
        yield f"names {error.key!r} twice"
        return
    except ValueError:
        yield "is not JSON"
        return
    except RecursionError:
        yield "is nested too deeply"
        return
    if path.name == "modules.json":
        yield from _module_dangers(settings)
    if path.name.endswith(".index.json"):
        yield from _index_dangers(settings)


def shards_of(index: Path) -> list[str]:
    """The weight files that an index names, sorted; call it only once `settings_dangers` found nothing there."""
    return sorted(set(json.loads(index.read_text(encoding="utf-8")).get("weight_map", {}).values()))


class _KeyTwiceError(Exception):
    """Raised inside the JSON reader when a key stands twice in one object."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    settings = dict(pairs)
    if len(settings) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _KeyTwiceError(next(key for key in keys if keys.count(key) > 1))
    return settings


def _dangers(settings: object) -> Iterator[str]:
    if isinstance(settings, list):
        for item in settings:
            yield from _dangers(item)
    elif isinstance(settings, dict):
        for key, value in settings.items():
            yield from _entry_dangers(key, value)
            yield from _dangers(value)


def _entry_dangers(key: str, value: object) -> Iterator[str]:
    words = list(_strings(value))
    if key in CODE_KEYS or (CODE_KEY.search(key) and words):
        yield f"names code to run ({key})"
    if CLASS_KEY.search(key) and not all(BARE_NAME.fullmatch(word) for word in words):
        yield f"names a class that is not the library's own ({key})"
    if key in FUNCTION_KEYS and not all(FUNCTION.fullmatch(word) for word in words):
        yield f"names a function that is not torch's own ({key})"
    if KERNEL_KEY.search(key) and any("/" in word for word in words):
        yield f"names a kernel to download ({key})"
    if key in FILE_KEYS and any(not _is_beside(word) for word in words):
        yield f"names a file elsewhere ({key})"
    if key == "chat_template":
        for template in words:
            yield from template_dangers(template)


def _strings(value: object) -> Iterator[str]:
    """Every string in a value, at any depth; names in front of a list's templates are no templates, and harmless."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _strings(item)


def _module_dangers(modules: object) -> Iterator[str]:
    for module in modules if isinstance(modules, list) else [modules]:
        kind = module.get("type") if isinstance(module, dict) else None
        if not isinstance(kind, str) or not MODULE.fullmatch(kind):
            yield "names a module that is not of sentence-transformers"


def _index_dangers(index: object) -> Iterator[str]:
    names = index.get("weight_map", {}) if isinstance(index, dict) else None
    if not isinstance(names, dict) or not all(isinstance(name, str) for name in names.values()):
        yield "is not an index of weights"
        return
    for name in sorted(set(names.values())):
        if not _is_beside(name) or PurePosixPath(name).suffix != ".safetensors":
            yield f"names weights that are no safetensors file beside it ({name!r})"


def _is_beside(name: str) -> bool:
    """Whether a name is that of a file in the same folder."""
    return bool(name) and name not in {".", ".."} and not any(sign in name for sign in "/\\\0")
