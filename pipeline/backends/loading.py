"""A verified folder to a language model in memory, without a network and without code from the folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pipeline.backends.memory import Device, is_out_of_memory, require_memory
from pipeline.backends.offline import prepare_offline, uninterrupted
from pipeline.domain.model_card import ModelCard
from pipeline.errors import ModelDamaged, ModelError, ModelTooLarge

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerBase

AUTO_CLASSES = ("AutoModelForCausalLM", "AutoModelForImageTextToText")
"""The classes of Transformers that a card may name; Mistral's newer text models are in the second only."""


MISTRAL = "mistralai/"
"""The makers whose tokenizers of 2025 split text by a wrong pattern, which Transformers can mend. Models that others
tuned were tuned with the pattern as it is."""


def load_language_model(folder: Path, card: ModelCard) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load safetensors weights and a tokenizer, onto the graphics card where there is one, ready for inference.

    Raises ModelTooLarge before anything is loaded, and ModelError where Transformers cannot read the folder.
    """
    if card.auto_class not in AUTO_CLASSES:
        raise ModelError(
            f"{card.auto_class} is not a class that generates text here", hint=f"Name one of {AUTO_CLASSES}."
        )
    with uninterrupted():
        prepare_offline()
        device = _device()
        with _faults_as_errors(card.id):
            config = _readable_config(folder, card.id, device)
            require_memory(card.id, folder, device)
            return _load_model(folder, card, config, device), _load_tokenizer(folder, card.id)


def _device() -> Device:
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def _load_tokenizer(folder: Path, model_id: str) -> PreTrainedTokenizerBase:
    import transformers

    mended = {"fix_mistral_regex": True} if model_id.startswith(MISTRAL) else {}
    tokenizer = transformers.AutoTokenizer.from_pretrained(
        folder, local_files_only=True, trust_remote_code=False, **mended
    )
    return cast("PreTrainedTokenizerBase", tokenizer)


def _load_model(folder: Path, card: ModelCard, config: PreTrainedConfig, device: Device) -> PreTrainedModel:
    import transformers

    from pipeline.backends.packed_linear import pack_linear_layers

    model, found = getattr(transformers, card.auto_class).from_pretrained(
        folder,
        config=config,
        local_files_only=True,
        trust_remote_code=False,
        use_safetensors=True,
        dtype=number_type(device),
        # Straight onto the graphics card: main memory may be smaller than that.
        device_map={"": device} if device == "cuda" else None,
        output_loading_info=True,
    )
    _require_all_weights(card.id, found)
    if getattr(config, "quantization_config", None) is not None:
        # What stood beside packed weights was left in the numbers that it was stored in.
        model.to(number_type(device))
    if device == "cpu":
        _pack_attention(model)
        pack_linear_layers(model, keep=model.get_output_embeddings())
    return cast("PreTrainedModel", model.eval())


def _require_all_weights(model_id: str, found: dict[str, Any]) -> None:
    """What is not in the folder, Transformers fills with random numbers, and only says so in its log."""
    missing = sorted([*found["missing_keys"], *(str(key) for key in found["mismatched_keys"])])
    if missing:
        raise ModelDamaged(
            f"{model_id} lacks {len(missing)} of its weights ({missing[0]})",
            hint="Pull it from a folder that holds all of its files, and check `auto_class` in its card.",
        )


def _readable_config(folder: Path, model_id: str, device: Device) -> PreTrainedConfig:
    """The model's configuration, set to read packed weights as bfloat16 where that is possible."""
    import transformers

    config: PreTrainedConfig = transformers.AutoConfig.from_pretrained(
        folder, local_files_only=True, trust_remote_code=False
    )
    packing = getattr(config, "quantization_config", None)
    if packing is None:
        return config
    method = packing.get("quant_method")
    if method != "fp8" or device == "cpu":
        raise ModelError(
            f"the weights of {model_id} are packed ({method}), which "
            + ("needs a graphics card" if method == "fp8" else "Glocal does not read"),
            hint="Pull a folder with its weights in bfloat16, or choose another model.",
        )
    # The kernels that compute in eight bits would have to be downloaded, and run code.
    packing["dequantize"] = True
    return config


@contextmanager
def _faults_as_errors(model_id: str) -> Iterator[None]:
    """Tell in one line what Transformers says of a folder that it cannot load."""
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, ValueError, KeyError, ImportError, RuntimeError, MemoryError, SafetensorError) as error:
        if is_out_of_memory(error):
            raise ModelError(f"{model_id} cannot be loaded: memory ran out", hint=ModelTooLarge.hint) from error
        said = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise ModelError(
            f"{model_id} cannot be loaded: {said}",
            hint="Check `auto_class` in its card, and that it was not made for a newer Transformers than this one.",
        ) from error


def number_type(device: Device) -> torch.dtype:
    """bfloat16 where the hardware computes in it, else float32; float16 overflows in several models.

    On a CPU with bfloat16 instructions (Gemma 3 270M, 16 sequences) a step takes 70 ms, with float32 180 ms.
    """
    import torch

    if device == "cuda":
        return torch.bfloat16
    capabilities = torch.cpu.get_capabilities()
    has_bfloat16 = any(capabilities.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16", "sve_bf16"))
    return torch.bfloat16 if has_bfloat16 else torch.float32


def _pack_attention(model: PreTrainedModel) -> None:
    # Only in place of the kernel that it speeds up: a model that asked for another one has its reasons.
    from pipeline.backends.packed_attention import register_packed_attention

    if model.config._attn_implementation == "sdpa":  # noqa: SLF001  (Transformers has no public name for it)
        model.set_attn_implementation(register_packed_attention())
