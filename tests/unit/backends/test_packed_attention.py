from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from transformers.integrations.sdpa_attention import sdpa_attention_forward

from pipeline.backends.packed_attention import packed_attention


def attend(attention: Any, *, steps: int, groups: int, masked: bool) -> torch.Tensor:
    random = torch.Generator().manual_seed(0)
    query = torch.randn(3, 2 * groups, steps, 8, generator=random)
    key, value = (torch.randn(3, 2, 11, 8, generator=random) for _ in range(2))
    mask = torch.rand(3, 1, steps, 11, generator=random) > 0.2 if masked else None
    layer = SimpleNamespace(num_key_value_groups=groups, is_causal=True)
    attended: torch.Tensor = attention(layer, query, key, value, mask, scaling=0.3)[0]
    return attended


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("steps", [1, 4])
@pytest.mark.parametrize("groups", [1, 4])
def test_packed_attention_gives_the_numbers_of_the_plain_one(steps: int, groups: int, masked: bool) -> None:
    """For one token a row and for a whole prompt, with and without shared heads, with and without a mask."""
    packed, plain = (
        attend(attention, steps=steps, groups=groups, masked=masked)
        for attention in (packed_attention, sdpa_attention_forward)
    )

    assert packed.shape == (3, steps, 2 * groups, 8)
    torch.testing.assert_close(packed, plain)
