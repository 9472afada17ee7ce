"""A verified folder to a language model in memory, without a network and without code from the folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.backends.offline import prepare_offline
from pipeline.errors import ModelError

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

AUTO_CLASSES = ("AutoModelForCausalLM", "AutoModelForImageTextToText")
"""The classes of Transformers that a card may name; Mistral's newer text models are in the second only."""


def load_language_model(folder: Path, auto_class: str) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load safetensors weights and a tokenizer, onto the graphics card where there is one, ready for inference."""
    if auto_class not in AUTO_CLASSES:
        raise ModelError(f"{auto_class} is not a class that generates text here", hint=f"Name one of {AUTO_CLASSES}.")
    prepare_offline()
    import torch
    import transformers

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    model = getattr(transformers, auto_class).from_pretrained(
        folder, local_files_only=True, trust_remote_code=False, use_safetensors=True, dtype=_number_type(device)
    )
    if device.type == "cpu":
        _pack_attention(model)
    return model.to(device).eval(), tokenizer


def _number_type(device: torch.device) -> torch.dtype:
    """bfloat16 where the hardware computes in it, else float32; float16 overflows in several models.

    On a CPU with bfloat16 instructions (Gemma 3 270M, 16 sequences) a step takes 70 ms, with float32 180 ms.
    """
    import torch

    if device.type == "cuda":
        return torch.bfloat16
    capabilities = torch.cpu.get_capabilities()
    has_bfloat16 = any(capabilities.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16", "sve_bf16"))
    return torch.bfloat16 if has_bfloat16 else torch.float32


def _pack_attention(model: PreTrainedModel) -> None:
    # Only in place of the kernel that it speeds up: a model that asked for another one has its reasons.
    from pipeline.backends.packed_attention import register_packed_attention

    if model.config._attn_implementation == "sdpa":  # noqa: SLF001  (Transformers has no public name for it)
        model.set_attn_implementation(register_packed_attention())
