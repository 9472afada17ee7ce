from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from transformers import PreTrainedModel, TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

from pipeline.backends.decoding import _draw, sample_continuations
from pipeline.backends.packed_attention import register_packed_attention
from pipeline.domain.candidate import GenerationConfig
from pipeline.errors import GenerationFailed

NEVER = torch.tensor([-1])
PROMPT = torch.arange(4, 34)[None]
"""Thirty tokens: nearly four times Gemma's window here."""


@pytest.mark.parametrize("attention", ["sdpa", "packed", "eager"])
def test_reading_the_prompt_once_gives_what_generate_gives(model: PreTrainedModel, attention: str) -> None:
    """Greedy and in float32, token for token, for full, sliding and recurrent memory."""
    model.set_attn_implementation(register_packed_attention() if attention == "packed" else attention)
    expected = model.generate(
        PROMPT, attention_mask=torch.ones_like(PROMPT), do_sample=False, max_new_tokens=24, eos_token_id=None
    )

    greedy = GenerationConfig(num_return_sequences=3, max_new_tokens=24, top_k=1)
    continuations = sample_continuations(model, PROMPT, greedy, NEVER)

    assert [continuation.tokens for continuation in continuations] == [expected[0, PROMPT.shape[1] :].tolist()] * 3


def test_continuations_that_outlast_others_go_on_undisturbed(model: PreTrainedModel) -> None:
    """Each log-probability is that of a fresh reading of the whole text, though rows left the batch on the way."""
    config = GenerationConfig(num_return_sequences=12, max_new_tokens=16, temperature=1.5, top_k=0, top_p=1, seed=5)

    continuations = sample_continuations(model, PROMPT, config, stop_tokens=torch.arange(6))

    lengths = {len(continuation.tokens) for continuation in continuations}
    assert len(lengths) > 3, "rows should leave at different steps"
    for continuation in filter(lambda each: each.tokens, continuations):
        expected = fresh_log_probabilities(model, continuation.tokens)
        torch.testing.assert_close(torch.tensor(continuation.log_probabilities), expected, atol=2e-4, rtol=1e-3)


@torch.inference_mode()
def fresh_log_probabilities(model: PreTrainedModel, tokens: list[int]) -> torch.Tensor:
    """The log-probability of each token after the prompt, from one reading without any memory."""
    whole = torch.cat([PROMPT, torch.tensor([tokens])], dim=1)
    scores = model(whole, use_cache=False).logits[0].log_softmax(-1)
    return scores[PROMPT.shape[1] - 1 : -1].gather(1, torch.tensor(tokens)[:, None])[:, 0]


def test_the_same_seed_gives_the_same_tokens(model: PreTrainedModel) -> None:
    """And another seed gives others."""
    first, again, other = (
        [
            each.tokens
            for each in sample_continuations(model, PROMPT, GenerationConfig(max_new_tokens=8, seed=seed), NEVER)
        ]
        for seed in (7, 7, 8)
    )

    assert first == again
    assert first != other


def test_the_global_random_state_is_neither_read_nor_changed(llama: PreTrainedModel) -> None:
    """A caller's own draws stay as they were, and do not sway the samples."""
    torch.manual_seed(1)
    first = sample_continuations(llama, PROMPT, GenerationConfig(), NEVER)
    drawn = torch.rand(1)
    second = sample_continuations(llama, PROMPT, GenerationConfig(), NEVER)
    torch.manual_seed(1)

    assert torch.rand(1) == drawn
    assert first == second


def test_finished_continuations_cost_nothing_more(writes: Callable[..., Any]) -> None:
    """The batch shrinks as they stop, and the last one ends the work."""
    model = writes("a", "b", "c", "d")
    model.scores[4, 6] = 0.0  # after "a" as likely "c" as "b": some rows are one step shorter

    sample_continuations(model, torch.tensor([[2, 4]]), GenerationConfig(seed=1), stop_tokens=torch.tensor([7]))

    assert model.rows[0] == 1, "the prompt is read by one row"
    assert model.rows[1:3] == [16, 16]
    assert 0 < model.rows[-1] < 16
    assert len(model.rows) == 4


def test_the_stop_token_is_kept_apart(writes: Callable[..., Any]) -> None:
    """It is no part of the copy, and its log-probability none of the copy's."""
    config = GenerationConfig(num_return_sequences=1)

    (continuation,) = sample_continuations(
        writes("a", "b", "c", "d"), torch.tensor([[4]]), config, stop_tokens=torch.tensor([7])
    )

    assert (continuation.tokens, continuation.stop) == ([5, 6], 7)
    assert continuation.log_probability == pytest.approx(0, abs=1e-6)


def test_the_budget_cuts_a_continuation_off(writes: Callable[..., Any]) -> None:
    """Then there is no stop token."""
    (continuation,) = sample_continuations(
        writes("a", "b", "a"), torch.tensor([[4]]), GenerationConfig(num_return_sequences=1, max_new_tokens=5), NEVER
    )

    assert (continuation.tokens, continuation.stop) == ([5, 4, 5, 4, 5], None)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_scores_that_are_not_numbers_fail(writes: Callable[..., Any], bad: float) -> None:
    """One such score is enough: nothing sampled from it could be trusted."""
    model = writes("a", "b")
    model.scores[4, 9] = bad

    with pytest.raises(GenerationFailed, match="not numbers"):
        sample_continuations(model, torch.tensor([[4]]), GenerationConfig(), NEVER)


@pytest.mark.parametrize(
    ("temperature", "top_k", "top_p"), [(1.0, 5, 1.0), (0.7, 0, 0.8), (1.3, 8, 0.6), (0.8, 100, 0.9), (1.0, 0, 0.01)]
)
def test_the_draw_is_that_of_transformers(temperature: float, top_k: int, top_p: float) -> None:
    """Temperature, then top-k, then top-p: the same tokens with the same frequency, within four standard errors."""
    draws = 20_000
    logits = torch.randn(1, 30, generator=torch.Generator().manual_seed(2)) * 2
    expected = TemperatureLogitsWarper(temperature)(None, logits)
    expected = TopKLogitsWarper(top_k)(None, expected) if top_k else expected
    expected = TopPLogitsWarper(top_p)(None, expected).softmax(-1)[0]

    config = GenerationConfig(temperature=temperature, top_k=top_k, top_p=top_p)
    tokens, log_probabilities = _draw(logits.expand(draws, -1), config, torch.Generator().manual_seed(3))
    observed = tokens.flatten().bincount(minlength=30) / draws

    assert (observed[expected == 0] == 0).all()
    assert ((observed - expected).abs() <= 4 * (expected * (1 - expected) / draws).sqrt() + 1e-9).all()
    torch.testing.assert_close(log_probabilities, logits.log_softmax(-1)[0][tokens.flatten()])
