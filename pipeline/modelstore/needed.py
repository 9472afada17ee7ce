"""Which files of a hub repository a model needs: weights in safetensors, settings, the tokenizer and the licence."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

SETTINGS = re.compile(
    r"((tokenizer_|generation_|processor_|preprocessor_|video_preprocessor_)?config"
    r"|tokenizer|special_tokens_map|added_tokens|vocab|chat_template|tekken"
    r"|modules|config_sentence_transformers|sentence_[a-z]+_config)\.json"
    r"|model\.safetensors\.index\.json"
    r"|vocab\.txt|merges\.txt|(tokenizer|spiece|sentencepiece\.bpe)\.model|[\w-]+\.tiktoken"
    r"|chat_template\.jinja|additional_chat_templates/[\w.-]+\.jinja"
    r"|\d+_[A-Za-z]+/config\.json"
)
"""Everything but weights; folders with a number in front belong to sentence-transformers."""

TERMS = re.compile(r"([\w-]*(LICEN[CS]E|NOTICE)|USE_POLICY|ACCEPTABLE_USE_POLICY)[\w-]*(\.(txt|md))?", re.IGNORECASE)
"""What the licence asks to be kept beside the weights."""

INDEX = "model.safetensors.index.json"
WHOLE = "model.safetensors"
SHARD = re.compile(r"model-\d+-of-\d+\.safetensors|\d+_[A-Za-z]+/model\.safetensors")

LARGEST_TERMS = 1024**2
"""Bytes; a file of terms is text."""


def needed_settings(sizes: dict[str, int]) -> list[str]:
    """Which files to fetch before the weights, from a repository's files and their sizes in bytes."""
    return sorted(
        name
        for name, size in sizes.items()
        if (SETTINGS.fullmatch(name) and not (name == INDEX and WHOLE in sizes))
        or (TERMS.fullmatch(name) and size <= LARGEST_TERMS)
    )


def needed_weights(names: Iterable[str], shards: Iterable[str] = ()) -> list[str]:
    """Which weights to fetch: those in one file where there is one, else the shards that an index names.

    Makers often put a second copy beside them for another engine; it stays behind. Before the index is there,
    leave `shards` out: then all that look like shards are named.
    """
    files = set(names)
    parts = {name for name in files if SHARD.fullmatch(name)}
    if WHOLE in files:
        return sorted({WHOLE} | {name for name in parts if "/" in name})
    return sorted(set(shards) | {name for name in parts if "/" in name} if shards else parts)


def leads_outside(name: str) -> bool:
    """Whether a name in a listing is no path inside the repository."""
    path = PurePosixPath(name)
    return (
        not name
        or path.is_absolute()
        or ".." in path.parts
        or str(path) != name
        or "\\" in name
        or not name.isprintable()
    )
