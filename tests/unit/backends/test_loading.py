from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Regex, Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from pipeline.backends import loading
from pipeline.backends.loading import load_language_model
from pipeline.backends.packed_attention import NAME
from pipeline.domain.model_card import ModelCard
from pipeline.errors import ModelDamaged, ModelError, ModelTooLarge

on_a_processor = pytest.mark.skipif(torch.cuda.is_available(), reason="a graphics card does it otherwise")


def rewrite(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def test_only_safetensors_are_read(stored: Path, card: ModelCard) -> None:
    """A pickle in their place is not looked at."""
    weights = stored / "model.safetensors"
    torch.save({}, stored / "pytorch_model.bin")
    weights.unlink()

    with pytest.raises(ModelError, match=r"cannot be loaded: .*safetensors"):
        load_language_model(stored, card)


@on_a_processor
def test_on_a_cpu_attention_is_packed(stored: Path, card: ModelCard) -> None:
    """Only there is the plain kernel the slow one."""
    model, _ = load_language_model(stored, card)

    assert model.config._attn_implementation == NAME


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [({"avx2": True}, torch.float32), ({"avx512_bf16": True}, torch.bfloat16), ({"amx_bf16": True}, torch.bfloat16)],
)
def test_numbers_are_as_short_as_the_hardware_computes_fast(
    stored: Path,
    card: ModelCard,
    monkeypatch: pytest.MonkeyPatch,
    capabilities: dict[str, bool],
    expected: torch.dtype,
) -> None:
    """Never float16, which several models overflow."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)

    model, _ = load_language_model(stored, card)

    assert model.dtype == expected


def test_a_model_that_does_not_fit_is_not_loaded(
    stored: Path, card: ModelCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its size is known from the headers: the error names it, and not a weight is read."""
    monkeypatch.setattr("pipeline.backends.memory.available_bytes", lambda _: 1_000_000)
    monkeypatch.setattr(loading, "_load_model", pytest.fail)

    with pytest.raises(ModelTooLarge, match=r"acme/tiny needs 0\.[3-9] GB of memory, and 0\.0 GB are free"):
        load_language_model(stored, card)


def test_where_the_free_memory_is_unknown_a_model_may_try(
    stored: Path, card: ModelCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not every system tells."""
    monkeypatch.setattr("pipeline.backends.memory.available_bytes", lambda _: None)

    assert load_language_model(stored, card)[0].num_parameters() > 0


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("CUDA out of memory."), MemoryError()])
def test_memory_that_runs_out_while_loading_is_told(
    stored: Path, card: ModelCard, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """The estimate may be wrong, or another program quicker."""

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(loading, "_load_model", fail)

    with pytest.raises(ModelError, match="acme/tiny cannot be loaded: memory ran out") as caught:
        load_language_model(stored, card)

    assert caught.value.hint == ModelTooLarge.hint


def test_weights_that_are_not_there_are_not_made_up(stored: Path, card: ModelCard) -> None:
    """Transformers would fill them with random numbers, and the copy with noise."""
    tensors = load_file(stored / "model.safetensors")
    del tensors["model.layers.1.mlp.up_proj.weight"]
    save_file(tensors, stored / "model.safetensors", metadata={"format": "pt"})

    with pytest.raises(ModelDamaged, match=r"lacks 1 of its weights \(model\.layers\.1\.mlp\.up_proj\.weight\)"):
        load_language_model(stored, card)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [("model_type", "llama9", "llama9"), ("hidden_size", 64, "size mismatch|mismatched|shape")],
)
def test_a_folder_that_transformers_cannot_read_is_told_in_one_line(
    stored: Path, card: ModelCard, name: str, value: object, said: str
) -> None:
    """What it said first, and where to look."""
    rewrite(stored / "config.json", lambda config: config.update({name: value}))

    with pytest.raises(ModelError, match=said) as caught:
        load_language_model(stored, card)

    assert "\n" not in str(caught.value)
    assert caught.value.hint


def test_half_a_weight_file_is_told(stored: Path, card: ModelCard) -> None:
    """A header that promises more than there is."""
    weights = stored / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1_000])

    with pytest.raises(ModelError, match="cannot be loaded"):
        load_language_model(stored, card)


def packed_in_eight_bits(folder: Path) -> None:
    """Write the folder's projections as Ministral 3 comes: FP8 with one scale for each matrix."""
    tensors = load_file(folder / "model.safetensors")
    for name in [name for name in tensors if "_proj" in name]:
        scale = tensors[name].abs().max() / torch.finfo(torch.float8_e4m3fn).max
        tensors[name] = (tensors[name] / scale).to(torch.float8_e4m3fn)
        tensors[name.replace(".weight", ".weight_scale_inv")] = scale
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    packing = {
        "quant_method": "fp8",
        "activation_scheme": "static",
        "weight_block_size": None,
        "modules_to_not_convert": ["lm_head"],
    }
    rewrite(folder / "config.json", lambda config: config.update(quantization_config=packing))


@on_a_processor
def test_weights_of_eight_bits_need_a_graphics_card(stored: Path, card: ModelCard) -> None:
    """They are refused by name before they are read, with what to do instead."""
    packed_in_eight_bits(stored)

    with pytest.raises(ModelError, match=r"acme/tiny are packed \(fp8\), which needs a graphics card") as caught:
        load_language_model(stored, card)

    assert "bfloat16" in caught.value.hint


def test_other_packing_is_refused(stored: Path, card: ModelCard) -> None:
    """Its readers are no part of the extra."""
    packing = {"quant_method": "gptq", "bits": 4}
    rewrite(stored / "config.json", lambda config: config.update(quantization_config=packing))

    with pytest.raises(ModelError, match=r"packed \(gptq\), which Glocal does not read"):
        load_language_model(stored, card)


def test_weights_of_eight_bits_are_unpacked_for_the_graphics_card(stored: Path, card: ModelCard) -> None:
    """To bfloat16, each number within the sixteenth that eight bits leave of it; no kernel is downloaded."""
    exact = load_language_model(stored, card)[0].state_dict()
    packed_in_eight_bits(stored)

    # Transformers would do so by itself on a processor, and only there.
    config = loading._readable_config(stored, card.id, "cuda")
    assert config.quantization_config["dequantize"] is True
    unpacked = loading._load_model(stored, card, config, "cpu").state_dict()

    assert unpacked.keys() == exact.keys()
    for name, weights in unpacked.items():
        assert weights.dtype == loading.number_type("cpu")
        torch.testing.assert_close(weights.float(), exact[name].float(), rtol=0.07, atol=0.01)


WRONG_PATTERN = r"\p{N}{1,3}|\p{L}+|\s+|[^\s\p{L}\p{N}]+"


@pytest.fixture
def large_tokenizer(stored: Path) -> Path:
    """As many tokens as Mistral has from 2024 on, and a pattern that takes three digits at once."""
    vocabulary = {"2": 0, "0": 1, "6": 2, "202": 3, **{f"t{number}": number for number in range(4, 100_010)}}
    inner = Tokenizer(models.WordLevel(vocabulary, unk_token="6"))  # noqa: S106  (no password)
    in_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    inner.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(WRONG_PATTERN), "isolated"), in_bytes])
    PreTrainedTokenizerFast(tokenizer_object=inner).save_pretrained(stored)
    rewrite(stored / "config.json", lambda config: config.update(model_type="mistral", transformers_version="4.57.0"))
    return stored


@pytest.mark.parametrize(("model_id", "tokens"), [("mistralai/Small", [0, 1, 0, 2]), ("acme/tuned-by-others", [3, 2])])
def test_the_pattern_of_mistrals_tokenizers_is_mended(large_tokenizer: Path, model_id: str, tokens: list[int]) -> None:
    """Digit by digit, as the makers trained it; what others tuned keeps the pattern that it was tuned with."""
    tokenizer = loading._load_tokenizer(large_tokenizer, model_id)

    assert tokenizer("2026", add_special_tokens=False)["input_ids"] == tokens
