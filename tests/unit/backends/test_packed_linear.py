from __future__ import annotations

import pytest
import torch

from pipeline.backends.packed_linear import PackedLinear, can_pack, pack_linear_layers

pytestmark = pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="PyTorch was built without oneDNN")


@pytest.mark.parametrize("rows", [1, 5, 32, 130])
@pytest.mark.parametrize("bias", [True, False])
@torch.inference_mode()
def test_packed_weights_give_the_same_numbers(rows: int, bias: bool) -> None:
    """To the last bit, for one row and for a prompt's block."""
    layer = torch.nn.Linear(48, 96, bias=bias, dtype=torch.bfloat16)
    states = torch.randn(rows, 48, dtype=torch.bfloat16)

    assert torch.equal(PackedLinear(layer)(states), layer(states))
    assert PackedLinear(layer)(states[None]).shape == (1, rows, 96)


def test_only_what_gains_is_packed() -> None:
    """Plain layers in bfloat16, and not the one that is kept."""
    odd = type("Odd", (torch.nn.Linear,), {})
    model = torch.nn.ModuleDict(
        {
            "plain": torch.nn.Linear(4, 4, dtype=torch.bfloat16),
            "kept": torch.nn.Linear(4, 4, dtype=torch.bfloat16),
            "float32": torch.nn.Linear(4, 4),
            "odd": odd(4, 4, dtype=torch.bfloat16),
        }
    )

    pack_linear_layers(model, keep=model["kept"])

    assert {name for name, layer in model.items() if isinstance(layer, PackedLinear)} == {"plain"}
    assert not can_pack(torch.zeros(2, 2))


@torch.inference_mode()
def test_every_class_of_model_runs_with_packed_layers(model: torch.nn.Module) -> None:
    """None of them looks at the weights of a layer that it calls; Falcon has a kind of layer of its own."""
    model = model.bfloat16()
    tokens = torch.arange(4, 20)[None]
    expected = model(tokens).logits

    pack_linear_layers(model, keep=model.get_output_embeddings())

    assert [layer for layer in model.modules() if type(layer) is torch.nn.Linear] == [model.get_output_embeddings()]
    torch.testing.assert_close(model(tokens).logits, expected, atol=0.05, rtol=0.05)
