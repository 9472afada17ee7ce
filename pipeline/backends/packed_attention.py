"""Attention for the step where every sequence adds one token, on a processor without a graphics card.

Where several query heads share one key and value head, PyTorch's kernel for bfloat16 on a CPU takes them one
row at a time. Laid side by side as rows of one small matrix they give the same numbers, measured 15 times
faster at 16 sequences (5.5 ms to 0.36 ms for each layer of Gemma 3 270M), which makes a step 3 times faster.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

NAME = "glocal_packed"


def register_packed_attention() -> str:
    """Make the packed attention known to Transformers; returns the name to choose it by."""
    AttentionInterface.register(NAME, packed_attention)
    AttentionMaskInterface.register(NAME, sdpa_mask)
    return NAME


def packed_attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    **kwargs: Any,  # noqa: ANN401  (whatever the model's layers hand on)
) -> tuple[torch.Tensor, None]:
    """Attend from queries (batch, heads, steps, size) to keys and values (batch, shared heads, past, size).

    Gives (batch, steps, heads, size), and no attention weights.
    """
    groups = getattr(module, "num_key_value_groups", 1)
    if query.shape[2] > 1 or groups == 1 or attention_mask is not None or kwargs.get("position_bias") is not None:
        return sdpa_attention_forward(module, query, key, value, attention_mask, **kwargs)
    batch, heads, _, size = query.shape
    packed = query.reshape(batch, heads // groups, groups, size)
    attended = scaled_dot_product_attention(packed, key, value, scale=kwargs.get("scaling"))
    return attended.reshape(batch, 1, heads, -1), None
