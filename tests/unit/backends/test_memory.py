from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import DynamicCache, PreTrainedModel

from pipeline.backends.loading import number_type
from pipeline.backends.memory import (
    LIBRARIES,
    available_bytes,
    memory_bytes,
    needed_bytes,
    number_bytes,
    weight_bytes,
)
from pipeline.errors import ModelDamaged

GIB = 2**30


def config_of(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return content


def size_of(model: PreTrainedModel) -> int:
    """Bytes of a model in memory, where tied weights are one tensor."""
    tensors = {tensor.data_ptr(): tensor for tensor in model.state_dict().values()}
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())


@pytest.mark.parametrize(("dtype", "number"), [(torch.float32, 4), (torch.bfloat16, 2)])
def test_weights_are_counted_as_they_are_loaded(
    model: PreTrainedModel, tmp_path: Path, dtype: torch.dtype, number: int
) -> None:
    """Of every class, and in the numbers of the device, not of the file."""
    model.save_pretrained(tmp_path)

    assert weight_bytes(tmp_path, config_of(tmp_path), number) == size_of(model.to(dtype))


@pytest.mark.parametrize("number", [2, 4])
def test_what_a_model_remembers_of_a_text_is_counted(model: PreTrainedModel, tmp_path: Path, number: int) -> None:
    """At least what its cache holds in the end, and not twice as much: keys, values, windows and states."""
    model.to({2: torch.bfloat16, 4: torch.float32}[number]).save_pretrained(tmp_path)
    cache = DynamicCache(config=model.config)
    with torch.inference_mode():
        model(input_ids=torch.full((1, 60), 5), past_key_values=cache, use_cache=True)
    held = sum(tensor.numel() * tensor.element_size() for layer in cache.layers for tensor in tensors_of(layer))
    config = config_of(tmp_path)

    # Mistral's own window is not counted on: it is said to be there, not in which layers.
    at_most = 9 if config["model_type"] == "mistral" else 2
    assert held <= memory_bytes(config.get("text_config", config), 60, number) <= at_most * held


def tensors_of(layer: Any) -> list[torch.Tensor]:
    """What a layer of a cache holds; the states of hybrid layers are in dictionaries."""
    holders = [each if isinstance(each, dict) else {0: each} for each in vars(layer).values()]
    return [value for holder in holders for value in holder.values() if isinstance(value, torch.Tensor)]


def test_weights_that_are_tied_are_counted_once(stored: Path) -> None:
    """Some checkpoints hold the output layer though it is the embeddings once more."""
    whole = weight_bytes(stored, config_of(stored), 4)
    head = load_file(stored / "model.safetensors")["lm_head.weight"]

    assert weight_bytes(stored, config_of(stored) | {"tie_word_embeddings": True}, 4) == whole - 4 * head.numel()


def test_weights_of_eight_bits_grow(tmp_path: Path) -> None:
    """They are unpacked to the device's own numbers; whole numbers keep their size."""
    tensors = {"a": torch.zeros(10, 10).to(torch.float8_e4m3fn), "b": torch.zeros(5, dtype=torch.int64)}
    save_file(tensors, tmp_path / "model.safetensors")

    assert weight_bytes(tmp_path, {}, 2) == 200 + 40


def test_only_the_files_that_are_loaded_count(stored: Path) -> None:
    """Parts by their index; Mistral puts the same weights beside them in a file of its own."""
    whole = weight_bytes(stored, config_of(stored), 4)
    tensors = load_file(stored / "model.safetensors")
    save_file(tensors, stored / "consolidated.safetensors")
    assert weight_bytes(stored, config_of(stored), 4) == whole

    names = sorted(tensors)
    parts = {"one.safetensors": names[:5], "two.safetensors": names[5:]}
    for part, held in parts.items():
        save_file({name: tensors[name] for name in held}, stored / part)
    (stored / "model.safetensors").unlink()
    index = {"weight_map": {name: part for part, held in parts.items() for name in held}}
    (stored / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    assert weight_bytes(stored, config_of(stored), 4) == whole


@pytest.mark.parametrize("header", [b"", b"\x09\0\0\0\0\0\0\0not json!", b"\x02\0\0\0\0\0\0\0[]"])
def test_weights_that_cannot_be_read_are_damaged(stored: Path, header: bytes) -> None:
    """The file is named."""
    (stored / "model.safetensors").write_bytes(header)

    with pytest.raises(ModelDamaged, match=r"model\.safetensors cannot be read"):
        needed_bytes(stored, "cpu")


@pytest.mark.parametrize("tensor", [{}, {"dtype": "F32", "shape": "x"}, {"dtype": "I64", "data_offsets": [1]}])
def test_weights_that_are_not_described_are_damaged(stored: Path, tensor: dict[str, Any]) -> None:
    """The tensor is named."""
    header = json.dumps({"lm_head.weight": tensor}).encode()
    (stored / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header)

    with pytest.raises(ModelDamaged, match=r"lm_head\.weight"):
        needed_bytes(stored, "cpu")


def test_a_model_of_twelve_billion_needs_what_is_known_of_it(tmp_path: Path) -> None:
    """Mistral Nemo: 24.5 GB of weights in bfloat16; a text of 2,048 tokens takes 160 KiB a token."""
    nemo = {
        "model_type": "mistral",
        "hidden_size": 5120,
        "intermediate_size": 14336,
        "num_hidden_layers": 40,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "vocab_size": 131072,
    }
    header = json.dumps({"weights": {"dtype": "BF16", "shape": [12_247_782_400], "data_offsets": [0, 24_495_564_800]}})
    (tmp_path / "config.json").write_text(json.dumps(nemo), encoding="utf-8")
    (tmp_path / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header.encode())

    weights, texts = 24_495_564_800, 16 * 2048 * 160 * 1024
    graphics, slow = needed_bytes(tmp_path, "cuda"), needed_bytes(tmp_path, "cpu", number=4)
    assert weights + texts < graphics - LIBRARIES["cuda"] < (weights + texts) * 1.03
    assert 2 * (weights + texts) < slow - LIBRARIES["cpu"] < 2 * (weights + texts) * 1.03


def test_the_number_type_is_known_without_torch() -> None:
    """What the system says of this processor is what torch says of it."""
    if not Path("/proc/cpuinfo").exists():
        pytest.skip("only Linux tells")
    assert number_bytes("cpu") == number_type("cpu").itemsize
    assert number_bytes("cuda") == 2


@pytest.mark.parametrize(
    ("cpuinfo", "number"),
    [
        ("flags\t\t: fpu avx2 avx512_bf16 amx_tile\n", 2),
        ("Features\t: fp asimd bf16 i8mm\n", 2),
        ("flags\t\t: fpu avx2\nmodel name : bf16\n", 4),
        (None, 4),
    ],
)
def test_a_processor_without_bfloat16_takes_four_bytes(tmp_path: Path, cpuinfo: str | None, number: int) -> None:
    """And so does one that is not known."""
    if cpuinfo is not None:
        (tmp_path / "cpuinfo").write_text(cpuinfo, encoding="utf-8")

    assert number_bytes("cpu", tmp_path) == number


def test_the_estimate_needs_no_torch(stored: Path) -> None:
    """A command shows it at once."""
    code = (
        "import sys; from pathlib import Path; from pipeline.backends.memory import needed_bytes; "
        f"needed_bytes(Path({str(stored)!r}), 'cpu'); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.fixture
def system(tmp_path: Path) -> Any:
    """Folders as Linux shows them; 8 GiB are free on the machine."""
    proc, groups = tmp_path / "proc", tmp_path / "cgroup"

    def put(path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def group(name: str, **files: object) -> None:
        for file, content in files.items():
            put(groups / name / file.replace("__", "."), f"{content}\n")

    put(proc / "meminfo", f"MemTotal: 99 kB\nMemAvailable:   {8 * GIB // 1024} kB\n")
    return SimpleNamespace(
        group=group,
        member=lambda line: put(proc / "self/cgroup", line),
        free=lambda: available_bytes("cpu", proc, groups),
    )


def test_without_a_group_the_machine_counts(system: Any) -> None:
    """What Linux says that a new program may take."""
    assert system.free() == 8 * GIB


def test_a_group_of_the_second_version_limits(system: Any) -> None:
    """Its own and those around it; what it keeps of files is given back when it is needed."""
    system.member("0::/app/run\n")
    system.group("app", memory__max=6 * GIB, memory__current=4 * GIB, memory__stat=f"anon 1\ninactive_file {GIB}")
    assert system.free() == 3 * GIB

    system.group("app/run", memory__max="max", memory__current=2 * GIB)
    assert system.free() == 3 * GIB

    system.group("app/run", memory__max=2 * GIB, memory__current=3 * GIB)
    assert system.free() == 0


def test_a_group_of_the_first_version_limits(system: Any) -> None:
    """It has other names, and for "no limit" a number larger than any memory."""
    system.member("9:cpu:/\n4:cpuset,memory:/box\n0::/box\n")
    names = {"memory__limit_in_bytes": 5 * GIB, "memory__usage_in_bytes": 3 * GIB}
    system.group("memory/box", **names, memory__stat=f"inactive_file 1\ntotal_inactive_file {GIB}")
    assert system.free() == 3 * GIB

    system.group("memory/box", memory__limit_in_bytes=9223372036854771712)
    assert system.free() == 8 * GIB


def test_a_container_sees_its_own_group_as_the_root(system: Any) -> None:
    """The path that it is told is one outside of it."""
    system.member("0::/docker/0123\n")
    system.group("", memory__max=3 * GIB, memory__current=GIB)

    assert system.free() == 2 * GIB


def test_a_system_that_does_not_tell_is_no_obstacle(tmp_path: Path) -> None:
    """Then nothing is refused for its size."""
    assert available_bytes("cpu", tmp_path, tmp_path) is None


def test_what_was_let_go_is_free_on_a_graphics_card(monkeypatch: pytest.MonkeyPatch) -> None:
    """Torch keeps the memory of the last model for the next until it is told not to."""
    free = [1 * GIB]
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: free.append(7 * GIB))
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (free[-1], 8 * GIB))

    assert available_bytes("cuda") == 7 * GIB
