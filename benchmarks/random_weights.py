"""Models of a real shape with random weights: what `generation.py --weights random:NAME` measures."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch
from transformers import (
    AutoModelForCausalLM,
    FalconConfig,
    MistralConfig,
    PreTrainedConfig,
    PreTrainedModel,
)

from pipeline.backends.batching import sample_continuations
from pipeline.backends.decoding import Drawing
from pipeline.backends.memory import available_bytes
from pipeline.backends.narrow_head import NarrowHead
from pipeline.backends.prompt_memory import PromptReader
from pipeline.domain.candidate import GenerationConfig

SHAPES: dict[str, Callable[[], PreTrainedConfig]] = {
    "mistral-7b": lambda: MistralConfig(num_key_value_heads=8, sliding_window=None, vocab_size=32_768),
    "falcon-7b": lambda: FalconConfig(
        vocab_size=65_024, hidden_size=4_544, num_hidden_layers=32, num_attention_heads=71, bias=False, alibi=False
    ),
}
"""As their makers released them; Mistral in its third version."""

PROMPT, NEW, NARROW = 512, 48, 16_384
"""Tokens of the prompt, new tokens of each candidate, and tokens of the narrow head."""


def compare_random(weights: str, counts: list[int]) -> Iterator[dict[str, Any]]:
    """`generate` beside Glocal at each number of candidates: tokens a second, and the share of memory bandwidth."""
    name = weights.removeprefix("random:")
    if name not in SHAPES:
        sys.exit(f"no shape {name!r}; there are: {', '.join(SHAPES)}")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = _build(SHAPES[name](), device)
    bandwidth = _bandwidth(device)
    weight = sum(each.numel() * each.element_size() for each in model.parameters())
    prompt = torch.randint(10, 30_000, (1, PROMPT), device=device)
    for count in counts:
        for row, run in {"generate": _generate, "glocal": _glocal}.items():
            run(model, prompt, count, 4)
            seconds = _timed(lambda run=run, count=count: run(model, prompt, count, NEW), device)  # type: ignore[misc]
            yield {
                "weights": name,
                "device": device,
                "row": row,
                "candidates": count,
                "tokens_a_second": round(count * NEW / seconds, 1),
                "bandwidth_share": round(weight * NEW / seconds / bandwidth, 3),
            }


def _build(config: PreTrainedConfig, device: str) -> PreTrainedModel:
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    needed = sum(each.numel() * each.element_size() for each in model.parameters()) + 2_000_000_000
    free = available_bytes("cuda" if device == "cuda" else "cpu")
    if free is not None and needed > free:
        sys.exit(f"its weights and work need {needed / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free")
    with torch.device(device):
        model = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    return model.eval()


def _generate(model: PreTrainedModel, prompt: torch.Tensor, count: int, new: int) -> None:
    model.generate(
        prompt,
        attention_mask=torch.ones_like(prompt),
        do_sample=True,
        top_k=64,
        num_return_sequences=count,
        min_new_tokens=new,
        max_new_tokens=new,
    )


def _glocal(model: PreTrainedModel, prompt: torch.Tensor, count: int, new: int) -> None:
    head = NarrowHead.of(model, torch.arange(NARROW, device=prompt.device))
    config = GenerationConfig(num_return_sequences=count, max_new_tokens=new)
    sample_continuations(PromptReader(model), [Drawing(prompt, config, frozenset(), head.tokens)], head)


def _timed(run: Callable[[], None], device: str) -> float:
    start = time.perf_counter()
    run()
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def _bandwidth(device: str) -> float:
    """Bytes a second that a large copy reads and writes."""
    source = torch.zeros(256_000_000, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    best = min(_timed(lambda: target.copy_(source), device) for _ in range(5))  # type: ignore[func-returns-value, arg-type]
    return 2 * source.numel() / best
