"""Hostile folders, each refused before anything could load it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import UnsafeModel
from pipeline.modelstore.safety import refuse_unsafe


def test_a_folder_with_safetensors_and_settings_is_safe(model_folder: Path) -> None:
    """Words of a vocabulary are no settings, whatever they say."""
    refuse_unsafe(model_folder)


@pytest.mark.parametrize(
    "name",
    [
        "modeling_tiny.py", "sub/handler.py", "cached.pyc", "kernel.so", "setup.sh", "MODELING.PY",
        "weights.pkl", "pytorch_model.bin", "model.pt", "model.pth", "model.ckpt", "tf_model.h5", "flax_model.msgpack",
        "arrays.npy", "optimizer.joblib",
    ],
)  # fmt: skip
def test_code_and_pickles_are_refused_by_name(model_folder: Path, name: str) -> None:
    """They need not be named by any setting: that they are there is enough."""
    path = model_folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"")

    with pytest.raises(UnsafeModel, match=path.name):
        refuse_unsafe(model_folder)


@pytest.mark.parametrize(
    "settings",
    [
        {"auto_map": {"AutoModel": "modeling.Evil"}},
        {"auto_map": {}},
        {"text_config": {"deep": [{"auto_map": {"AutoConfig": "a.B"}}]}},
        {"custom_pipelines": {"text-generation": {"impl": "evil.Pipeline"}}},
        {"custom_generate": "generate.py"},
        {"model_args": {"trust_remote_code": True}},
        {"_attn_implementation": "somebody/kernel"},
    ],
)
@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json", "sub/any.json"])
def test_settings_that_name_code_are_refused(model_folder: Path, name: str, settings: dict[str, object]) -> None:
    """In any configuration file, at any depth, whatever the value."""
    path = model_folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(settings), encoding="utf-8")

    with pytest.raises(UnsafeModel, match=path.name):
        refuse_unsafe(model_folder)


def test_a_refusal_holds_nothing_that_a_terminal_obeys(model_folder: Path) -> None:
    """Names and keys are quoted in errors, and a stranger chose them."""
    (model_folder / "a\x1b[2J.json").write_text(json.dumps({"\x1b[1m_class": "a.b"}), encoding="utf-8")

    with pytest.raises(UnsafeModel) as caught:
        refuse_unsafe(model_folder)

    assert str(caught.value) == "a?[2J.json names a class that is not the library's own (?[1m_class)"


def test_settings_of_models_in_use_are_safe(model_folder: Path) -> None:
    """What real configurations say in the same words as hostile ones."""
    config = {
        "_name_or_path": "acme/other",
        "architectures": ["Mistral3ForConditionalGeneration"],
        "model_type": "mistral3",
        "text_config": {"model_type": "data2vec-audio", "conv_kernel_size": [3, 3], "kernel_size": 4},
        "_attn_implementation": {"text_config": "sdpa"},
        "attn_implementation": None,
        "quantization_config": {
            "quant_method": "fp8",
            "modules_to_not_convert": ["model.vision_tower", "lm_head"],
            "config_groups": {"group_0": {"targets": ["Linear"], "format": "float-quantized"}},
        },
        "problem_type": None,
        "torch_dtype": "bfloat16",
    }
    tokenizer = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "processor_class": "PixtralProcessor",
        "extra_special_tokens": {"image_token": "<|image|>"},
        "added_tokens_decoder": {"0": {"content": "<unk>", "special": True}},
        "model_max_length": 1000000000000000019884624838656,
        "name_or_path": "/data/checkpoints/last",
    }
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    ]
    dense = {"in_features": 2, "activation_function": "torch.nn.modules.activation.Tanh"}
    (model_folder / "2_Dense").mkdir()
    for name, content in {
        "config.json": config,
        "tokenizer_config.json": tokenizer,
        "modules.json": modules,
        "2_Dense/config.json": dense,
        "preprocessor_config.json": {"image_processor_type": "PixtralImageProcessorFast"},
        "model.safetensors.index.json": {"metadata": {"total_size": 1}, "weight_map": {"a.b": "model.safetensors"}},
    }.items():
        (model_folder / name).write_text(json.dumps(content), encoding="utf-8")

    refuse_unsafe(model_folder)


def test_a_known_attention_kernel_is_no_danger(model_folder: Path) -> None:
    """Only a kernel from a hub repository, with a slash in its name, is code to download."""
    (model_folder / "config.json").write_text('{"_attn_implementation": "sdpa"}', encoding="utf-8")

    refuse_unsafe(model_folder)


def test_a_link_is_refused_wherever_it_leads(model_folder: Path, tmp_path: Path) -> None:
    """A link is replaced more easily than a file, and may leave the folder."""
    outside = tmp_path / "secret.txt"
    outside.write_text("secret", encoding="utf-8")
    (model_folder / "vocab.txt").symlink_to(outside)

    with pytest.raises(UnsafeModel, match=r"vocab\.txt is a link"):
        refuse_unsafe(model_folder)


def test_a_linked_folder_is_refused(model_folder: Path, tmp_path: Path) -> None:
    """Its files would not be found by looking below the model's folder."""
    (tmp_path / "elsewhere").mkdir()
    (model_folder / "sub").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(UnsafeModel, match="sub is a link"):
        refuse_unsafe(model_folder)


def test_a_pipe_is_refused(model_folder: Path) -> None:
    """Reading it would wait for ever."""
    os.mkfifo(model_folder / "config2.json")

    with pytest.raises(UnsafeModel, match="not a plain file"):
        refuse_unsafe(model_folder)


def test_weights_must_be_there(model_folder: Path) -> None:
    """A folder without safetensors would be filled from somewhere else by a careless loader."""
    (model_folder / "model.safetensors").unlink()

    with pytest.raises(UnsafeModel, match="no safetensors"):
        refuse_unsafe(model_folder)


@pytest.mark.parametrize(
    "content", [b"", b"\x80\x04\x95", b"PK\x03\x04" + bytes(30), (99).to_bytes(8, "little") + b"{"]
)
def test_a_pickle_under_a_safe_name_is_refused(model_folder: Path, content: bytes) -> None:
    """The suffix is a promise; the first bytes keep it or not."""
    (model_folder / "model.safetensors").write_bytes(content)

    with pytest.raises(UnsafeModel, match="not in the safetensors format"):
        refuse_unsafe(model_folder)


@pytest.mark.parametrize(("content", "reason"), [("{", "not JSON"), ("[" * 100_000, "nested too deeply|not JSON")])
def test_settings_that_cannot_be_read_are_refused(model_folder: Path, content: str, reason: str) -> None:
    """What cannot be searched cannot be trusted."""
    (model_folder / "config.json").write_text(content, encoding="utf-8")

    with pytest.raises(UnsafeModel, match=reason):
        refuse_unsafe(model_folder)


def test_the_verdict_falls_before_anything_heavy_is_imported() -> None:
    """The model store needs no model library at all."""
    listing = (
        "import sys, pipeline.modelstore.pull, pipeline.modelstore.store\n"
        "print([name for name in ('torch', 'transformers', 'safetensors', 'numpy') if name in sys.modules])"
    )

    output = subprocess.run([sys.executable, "-c", listing], capture_output=True, text=True, check=True).stdout

    assert output.strip() == "[]"
