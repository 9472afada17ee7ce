"""How much memory a stored model needs, and how much there is: known before anything of it is loaded.

Reads the headers of the weights and the configuration, with the standard library alone; only the free memory of
a graphics card is asked of torch. The figures are upper estimates: for Gemma 3 270M, 16 candidates and a prompt of
1,770 tokens 1.65 GB in bfloat16, where 1.61 GB were measured at the peak, and 2.46 GB in float32, where it took 2.36.
"""

from __future__ import annotations

import gc
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pipeline.errors import GenerationFailed, ModelDamaged, ModelTooLarge

Device = Literal["cpu", "cuda"]
"""Where a model runs: on the processor, or on a graphics card."""

SEQUENCES = 16
"""Candidates that are written at once, by default."""

TOKENS = 2_048
"""Prompt and copy together. The longest of the shipped locales takes 1,400 with Gemma's tokenizer."""

LIBRARIES: dict[Device, int] = {"cpu": 400_000_000, "cuda": 500_000_000}
"""What torch and Transformers take: code and caches in main memory, work buffers on a graphics card."""

TOKENIZER_GROWTH = 12
"""Bytes in memory for each byte of tokenizer.json, measured on Gemma's, which has 262,144 tokens."""

SCORES = 3
"""Copies of the next token's scores that drawing holds at once, in four bytes a number."""

BFLOAT16_FLAGS = frozenset({"avx512_bf16", "amx_bf16", "bf16", "svebf16"})
"""What Linux calls the instructions of a processor that computes in bfloat16."""

OUT_OF_MEMORY = (
    "out of memory",
    "can't allocate memory",
    "cannot allocate memory",
    "not enough memory",
    "alloc_failed",
)
"""What torch's errors say, on a graphics card and here."""

FEWER = "Close what else holds memory, or choose a smaller model."

PLACES: dict[Device, str] = {"cpu": "here", "cuda": "on the graphics card"}

Config = Mapping[str, Any]


def require_memory(model_id: str, folder: Path, device: Device) -> None:
    """Raise ModelTooLarge when a model would not fit into the memory that is free; where that is unknown it may try."""
    # A model that was just let go stands in reference cycles until they are looked for.
    gc.collect()
    needed, available = needed_bytes(folder, device), available_bytes(device)
    if available is not None and needed > available:
        raise ModelTooLarge(model_id, needed, available, place=PLACES[device])


def texts_at_once(text: Config, device: Device, number: int, *, most: int, tokens: int) -> int:
    """How many texts of so many tokens fit beside a loaded model, `most` at most.

    Raises GenerationFailed when not even one does: Linux would end the process without a word, since it gives memory
    out before it has any.
    """
    needed, available = memory_bytes(text, tokens, number), available_bytes(device)
    if available is None or most * needed <= available:
        return most
    if needed > available:
        raise GenerationFailed(
            f"one candidate of {tokens} tokens needs {needed / 1e9:.1f} GB of memory, "
            f"and {available / 1e9:.1f} GB are free {PLACES[device]}",
            hint=FEWER,
        )
    return available // needed


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that there was no memory left: torch has no class of its own for that on a processor."""
    return isinstance(error, MemoryError) or any(words in str(error).casefold() for words in OUT_OF_MEMORY)


def needed_bytes(folder: Path, device: Device, *, number: int | None = None) -> int:
    """Bytes that a model takes at work: weights, the memory of `SEQUENCES` texts of `TOKENS` tokens, and room to work.

    `number` is the size in bytes of one of its numbers once loaded, worked out from the device when it is not
    given. Raises ModelDamaged when a file cannot be read.
    """
    number = number or number_bytes(device)
    config = _read_json(folder / "config.json")
    text = config.get("text_config", config)
    tokenizer = folder / "tokenizer.json"
    return (
        weight_bytes(folder, config, number)
        + SEQUENCES * memory_bytes(text, TOKENS, number)
        + _working_bytes(text, number)
        + LIBRARIES[device]
        + (TOKENIZER_GROWTH * tokenizer.stat().st_size if device == "cpu" and tokenizer.is_file() else 0)
    )


def number_bytes(device: Device, proc: Path = Path("/proc")) -> int:
    """Size in bytes of a number of a loaded model: two for bfloat16, four for float32. See `loading.number_type`."""
    return 2 if device == "cuda" or _words(proc / "cpuinfo") & BFLOAT16_FLAGS else 4


def weight_bytes(folder: Path, config: Config, number: int) -> int:
    """Bytes of all weights once loaded: every float in the size of `number`, whatever size it was stored in.

    An output layer that is tied to the embeddings is loaded once, though some checkpoints hold it twice.
    """
    tensors = {name: tensor for path in _weight_files(folder) for name, tensor in _tensors(path)}
    if config.get("tie_word_embeddings") is True and len(tensors) > 1:
        tensors = {name: tensor for name, tensor in tensors.items() if not name.endswith("lm_head.weight")}
    return sum(_loaded_bytes(path, tensor, number) for path, tensor in tensors.items())


def memory_bytes(text: Config, tokens: int, number: int) -> int:
    """Bytes of keys, values and states that a model remembers of one text of so many tokens."""
    layers = _layers(text)
    window = _window(text, tokens)
    sliding = _sliding_layers(text, layers)
    remembered = sliding * window + (layers - sliding) * tokens
    return 2 * _key_heads(text) * _head_size(text) * number * remembered + layers * _state_bytes(text, number)


def available_bytes(device: Device, proc: Path = Path("/proc"), groups: Path = Path("/sys/fs/cgroup")) -> int | None:
    """Bytes that are free, None where the system does not tell: on a graphics card, or here and in this container."""
    if device == "cuda":
        import torch

        torch.cuda.empty_cache()
        return int(torch.cuda.mem_get_info()[0])
    free = [*_system_free(proc), *_group_free(proc, groups)]
    return min(free) if free else None


def _weight_files(folder: Path) -> list[Path]:
    """The files that Transformers reads; some makers put the same weights into the folder in a format of their own."""
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        return [folder / name for name in sorted(set(_read_json(index).get("weight_map", {}).values()))]
    whole = folder / "model.safetensors"
    return [whole] if whole.is_file() else sorted(folder.glob("*.safetensors"))


def _tensors(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Names and descriptions of the tensors of a safetensors file: eight bytes of length, then JSON."""
    try:
        with path.open("rb") as file:
            header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        yield from ((name, tensor) for name, tensor in header.items() if name != "__metadata__")
    except (OSError, ValueError, AttributeError) as error:
        raise ModelDamaged(f"{path.name} cannot be read as safetensors") from error


def _loaded_bytes(name: str, tensor: dict[str, Any], number: int) -> int:
    try:
        if "F" in tensor["dtype"]:
            return math.prod(map(int, tensor["shape"])) * number
        start, end = map(int, tensor["data_offsets"])
    except (KeyError, TypeError, ValueError) as error:
        raise ModelDamaged(f"the weights do not describe {name}") from error
    return end - start


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelDamaged(f"{path.name} cannot be read") from error
    return content if isinstance(content, dict) else {}


def _first(config: Config, *names: str, default: int = 0) -> int:
    """The first of these entries that is set: makers call the same thing by different names."""
    return next((int(config[name]) for name in names if config.get(name)), default)


def _layers(text: Config) -> int:
    return _first(text, "num_hidden_layers", "n_layer")


def _heads(text: Config) -> int:
    return _first(text, "num_attention_heads", "n_head", default=1)


def _head_size(text: Config) -> int:
    return _first(text, "head_dim", default=_first(text, "hidden_size", "n_embd") // _heads(text))


def _key_heads(text: Config) -> int:
    """Heads whose keys and values are remembered. Falcon has names, and in its larger form a way, of its own."""
    if text.get("model_type") == "falcon":
        return 1 if text.get("multi_query", True) and not text.get("new_decoder_architecture") else _heads(text)
    return _first(text, "num_key_value_heads", default=_heads(text))


def _state_bytes(text: Config, number: int) -> int:
    """What a state space (Falcon-H1) remembers in one layer, however long the text: its state and the last inputs."""
    inner, size = _first(text, "mamba_d_ssm"), _first(text, "mamba_d_state")
    inputs = inner + 2 * _first(text, "mamba_n_groups", default=1) * size
    return inner * size * 4 + inputs * _first(text, "mamba_d_conv") * number


def _window(text: Config, tokens: int) -> int:
    return min(_first(text, "sliding_window", default=tokens), tokens)


def _sliding_layers(text: Config, layers: int) -> int:
    """Layers that are said to remember the last tokens only; a window alone does not tell in which layers it is."""
    if types := text.get("layer_types"):
        return sum(str(kind) == "sliding_attention" for kind in types)
    every = _first(text, "sliding_window_pattern")
    return layers - layers // every if every else 0


def _working_bytes(text: Config, number: int) -> int:
    """What one layer holds while it reads the prompt, and the scores of the next tokens."""
    hidden = _first(text, "hidden_size", "n_embd")
    inner = _first(text, "intermediate_size", "ffn_hidden_size", default=4 * hidden)
    return TOKENS * (3 * inner + 6 * hidden) * number + SCORES * SEQUENCES * _first(text, "vocab_size") * 4


def _system_free(proc: Path) -> Iterator[int]:
    for line in _lines(proc / "meminfo"):
        if line.startswith("MemAvailable:"):
            yield int(line.split()[1]) * 1024


def _group_free(proc: Path, groups: Path) -> Iterator[int]:
    """What each control group that this process is in still allows: of a container, and of those around it."""
    for line in _lines(proc / "self/cgroup"):
        _, controllers, path = line.split(":", 2)
        if not controllers:
            names, root = ("memory.max", "memory.current", "inactive_file"), groups
        elif "memory" in controllers.split(","):
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            root = groups / "memory"
        else:
            continue
        # A container may see its own group as the root, whatever path it is told.
        inner = root / path.strip().lstrip("/")
        for folder in (inner, *inner.parents):
            if folder.is_relative_to(root):
                yield from _free_in(folder, *names)


def _free_in(folder: Path, limit: str, usage: str, reclaimable: str) -> Iterator[int]:
    limits, used = _lines(folder / limit), _lines(folder / usage)
    if limits and used and limits[0].isdigit():
        cached = [int(line.split()[1]) for line in _lines(folder / "memory.stat") if line.startswith(f"{reclaimable} ")]
        yield max(int(limits[0]) - int(used[0]) + sum(cached), 0)


def _words(path: Path) -> set[str]:
    return {word for line in _lines(path) if line.lower().startswith(("flags", "features")) for word in line.split()}


def _lines(path: Path) -> list[str]:
    """The lines of a file of the system, none where there is no such file."""
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
