from __future__ import annotations

from pathlib import Path

import pytest
import torch

from pipeline.backends.loading import load_language_model
from pipeline.backends.packed_attention import NAME


def test_only_safetensors_are_read(stored: Path) -> None:
    """A pickle in their place is not looked at."""
    weights = stored / "model.safetensors"
    torch.save({}, stored / "pytorch_model.bin")
    weights.unlink()

    with pytest.raises(OSError, match="safetensors"):
        load_language_model(stored, "AutoModelForCausalLM")


@pytest.mark.skipif(torch.cuda.is_available(), reason="on a graphics card the plain attention is the fast one")
def test_on_a_cpu_attention_is_packed(stored: Path) -> None:
    """Only there is the plain kernel the slow one."""
    model, _ = load_language_model(stored, "AutoModelForCausalLM")

    assert model.config._attn_implementation == NAME


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [({"avx2": True}, torch.float32), ({"avx512_bf16": True}, torch.bfloat16), ({"amx_bf16": True}, torch.bfloat16)],
)
def test_numbers_are_as_short_as_the_hardware_computes_fast(
    stored: Path, monkeypatch: pytest.MonkeyPatch, capabilities: dict[str, bool], expected: torch.dtype
) -> None:
    """Never float16, which several models overflow."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)

    model, _ = load_language_model(stored, "AutoModelForCausalLM")

    assert model.dtype == expected
