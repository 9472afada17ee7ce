"""The safetensors format: eight bytes of length, a JSON header of that length, then the numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

LONGEST_HEADER = 25_000_000
"""Bytes; what huggingface_hub reads at most. The models with the most tensors have headers of a few million."""


def is_safetensors(path: Path) -> bool:
    """Whether a file is what its suffix says: a header of tensors, all of which lie within the file."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > min(LONGEST_HEADER, size - 8):
            return False
        header = file.read(length)
    try:
        tensors = json.loads(header.decode("utf-8"))
    except (ValueError, RecursionError):
        return False
    return isinstance(tensors, dict) and all(
        _lies_within(tensor, size - 8 - length) for name, tensor in tensors.items() if name != "__metadata__"
    )


def _lies_within(tensor: Any, size: int) -> bool:  # noqa: ANN401 (whatever the header holds)
    match tensor:
        case {"dtype": str(), "shape": list(), "data_offsets": [int(start), int(end)]}:
            return 0 <= start <= end <= size
    return False
