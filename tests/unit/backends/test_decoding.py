from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from transformers import PreTrainedModel, TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

from pipeline.backends import prompt_memory
from pipeline.backends.batching import sample_continuations as sample
from pipeline.backends.decoding import Continuation, Drawing, draw
from pipeline.backends.narrow_head import NarrowHead
from pipeline.backends.packed_attention import register_packed_attention
from pipeline.backends.prompt_memory import PromptReader, SharedLayer, continued
from pipeline.domain.candidate import GenerationConfig
from pipeline.errors import GenerationFailed

NEVER = frozenset[int]()
PROMPT = torch.arange(4, 34)[None]
"""Thirty tokens: nearly four times Gemma's window here."""
HOT = GenerationConfig(num_return_sequences=6, max_new_tokens=12, temperature=1.3, top_k=0, top_p=0.95, seed=3)


def sample_continuations(
    model: Any,
    prompt: torch.Tensor,
    config: GenerationConfig,
    stop_tokens: frozenset[int] = NEVER,
    *,
    head: NarrowHead | None = None,
    at_once: int = 256,
) -> list[Continuation]:
    return draw_one(PromptReader(model), drawing(prompt, config, stop_tokens, head), at_once)


def drawing(
    prompt: torch.Tensor, config: GenerationConfig, stop_tokens: frozenset[int] = NEVER, head: NarrowHead | None = None
) -> Drawing:
    return Drawing(prompt, config, stop_tokens, head=head)


def draw_one(reader: PromptReader, given: Drawing, at_once: int = 256) -> list[Continuation]:
    (found,) = sample(reader, [given], lambda _, most: min(most, at_once))
    if isinstance(found, GenerationFailed):
        raise found
    return found


@pytest.fixture(autouse=True)
def _short_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a prompt of these tests is read in several."""
    monkeypatch.setattr(prompt_memory, "BLOCK", 8)


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

    continuations = sample_continuations(model, PROMPT, config, stop_tokens=frozenset(range(6)))

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


def test_finished_continuations_cost_nothing_more(writes: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The batch shrinks as they stop, and the last one ends the work."""
    monkeypatch.setattr("pipeline.backends.decoding.ROWS", 1)
    model = writes("a", "b", "c", "d")
    model.scores[4, 6] = 0.0  # after "a" as likely "c" as "b": some rows are one step shorter

    sample_continuations(model, torch.tensor([[2, 4]]), GenerationConfig(seed=1), stop_tokens=frozenset({7}))

    assert model.rows[0] == 1, "the prompt is read by one row"
    assert model.rows[1] == 16
    assert 0 < model.rows[-1] < 16
    assert len(model.rows) == 3


def test_the_stop_token_is_kept_apart(writes: Callable[..., Any]) -> None:
    """It is no part of the copy, and its log-probability none of the copy's."""
    config = GenerationConfig(num_return_sequences=1)

    (continuation,) = sample_continuations(
        writes("a", "b", "c", "d"), torch.tensor([[4]]), config, stop_tokens=frozenset({7})
    )

    assert (continuation.tokens, continuation.stop) == ([5, 6], 7)
    assert continuation.log_probability == pytest.approx(0, abs=1e-6)


def test_what_is_longer_than_wanted_is_given_up(writes: Callable[..., Any]) -> None:
    """It says so, and is no fragment that the budget left."""
    config = GenerationConfig(num_return_sequences=2, max_new_tokens=9, max_new_characters=10)
    lengths = [0] * 4 + [4] * 10
    model = writes("a", "b", "a")

    (long,) = sample(PromptReader(model), [Drawing(torch.tensor([[4]]), config, NEVER, lengths=lengths)])
    (free,) = sample(PromptReader(model), [Drawing(torch.tensor([[4]]), config, NEVER)])

    assert [(each.tokens, each.overlong) for each in long] == [([5, 4, 5], True)] * 2
    assert [(len(each.tokens), each.overlong) for each in free] == [(9, False)] * 2


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
    randomness = torch.rand(draws, generator=torch.Generator().manual_seed(3))
    tokens, log_probabilities = draw(logits.expand(draws, -1), config, randomness)
    observed = tokens.flatten().bincount(minlength=30) / draws

    assert (observed[expected == 0] == 0).all()
    assert ((observed - expected).abs() <= 4 * (expected * (1 - expected) / draws).sqrt() + 1e-9).all()
    torch.testing.assert_close(log_probabilities, logits.log_softmax(-1)[0][tokens.flatten()])


SHARING = {"llama", "mistral", "mistral3", "gemma3", "gemma3_with_pictures", "qwen2", "qwen3"} | {
    "apertus",
    "cohere",
    "granite",
    "jais2",
}


@torch.inference_mode()
def test_a_prompt_is_shared_where_the_model_hands_its_memory_to_the_attention(
    model: PreTrainedModel, request: pytest.FixtureRequest
) -> None:
    """Falcon attends in code of its own, with slopes or from copies: there each continuation has a copy."""
    model.set_attn_implementation(register_packed_attention())
    reader = PromptReader(model)

    memory, _ = reader.read(PROMPT)
    shared = {isinstance(layer, SharedLayer) for layer in continued(reader, [memory], [2]).layers}

    assert shared == {request.node.callspec.params["model"] in SHARING}


@pytest.mark.parametrize("attention", ["sdpa", "packed"])
def test_what_was_read_before_changes_nothing(model: PreTrainedModel, attention: str) -> None:
    """To the last bit: a prompt that begins as the one before is read from a block's beginning on."""
    model.set_attn_implementation(register_packed_attention() if attention == "packed" else attention)
    reader, other = PromptReader(model), PROMPT.clone()
    other[0, 21:] = 7
    alone = sample_continuations(model, PROMPT, HOT)

    draw_one(reader, drawing(other, HOT))

    assert draw_one(reader, drawing(PROMPT, HOT)) == alone


def test_the_beginning_that_two_prompts_share_is_read_once(llama: PreTrainedModel) -> None:
    """In whole blocks of eight here; the rest of the second is read."""
    lengths: list[int] = []
    llama.register_forward_pre_hook(lambda _, __, given: lengths.append(given["input_ids"].shape[1]), with_kwargs=True)
    reader, other = PromptReader(llama), PROMPT.clone()
    other[0, 21:] = 7
    reader.read(other)
    lengths.clear()

    reader.read(PROMPT)

    assert lengths == [8, 6], "from the block that holds token 21 on"


@pytest.mark.parametrize("at_once", [1, 3, 6])
def test_how_many_are_drawn_together_changes_no_text(model: PreTrainedModel, at_once: int) -> None:
    """Each continuation has random numbers of its own."""
    together = sample_continuations(model, PROMPT, HOT)

    apart = sample_continuations(model, PROMPT, HOT, at_once=at_once)

    assert [each.tokens for each in apart] == [each.tokens for each in together]


def test_where_memory_runs_out_half_as_many_are_drawn_at_once(llama: PreTrainedModel) -> None:
    """And the texts are those that all together would have been."""
    expected = [each.tokens for each in sample_continuations(llama, PROMPT, HOT)]
    rows: list[int] = []

    def fail_above_two(_: object, __: object, given: dict[str, torch.Tensor]) -> None:
        rows.append(len(given["input_ids"]))
        if rows[-1] > 2:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    llama.register_forward_pre_hook(fail_above_two, with_kwargs=True)

    assert [each.tokens for each in sample_continuations(llama, PROMPT, HOT)] == expected
    assert [count for count in rows if count > 1] == [6, 3], "then one at a time"


def test_memory_for_not_even_one_is_an_error(llama: PreTrainedModel) -> None:
    """There is nothing left to halve."""
    llama.register_forward_hook(lambda *_: (_ for _ in ()).throw(MemoryError()))

    with pytest.raises(GenerationFailed, match="memory ran out"):
        sample_continuations(llama, PROMPT, HOT)


def test_a_narrow_head_draws_what_the_whole_one_draws_with_the_rest_masked(
    model: PreTrainedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Same seed, same tokens, same log-probabilities, whatever the class does with its scores afterwards."""
    tokens = torch.arange(0, model.config.get_text_config().vocab_size, 2)
    narrow = sample_continuations(model, PROMPT, HOT, head=NarrowHead.of(model, tokens))

    masked = mask_all_but(tokens, monkeypatch)
    whole = sample_continuations(model, PROMPT, HOT)

    assert masked, "the mask was in place"
    assert [each.tokens for each in narrow] == [each.tokens for each in whole]
    assert {token % 2 for each in narrow for token in each.tokens} == {0}
    for one, other in zip(narrow, whole, strict=True):
        torch.testing.assert_close(
            torch.tensor(one.log_probabilities), torch.tensor(other.log_probabilities), atol=1e-5, rtol=1e-5
        )


def mask_all_but(tokens: torch.Tensor, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Give every other token no chance, in the scores of the whole head; returns the steps, as they are masked."""
    plain, steps = prompt_memory.next_scores, []

    def masked(*given: Any) -> torch.Tensor:
        scores = plain(*given)
        steps.append(len(scores))
        others = torch.ones_like(scores, dtype=torch.bool)
        others[:, tokens] = False
        return scores.masked_fill(others, float("-inf"))

    for place in ("pipeline.backends.prompt_memory", "pipeline.backends.decoding"):
        monkeypatch.setattr(f"{place}.next_scores", masked)
    return steps


def test_a_narrow_head_leaves_the_model_as_it_was(model: PreTrainedModel) -> None:
    """Also where input and output are the same weights, and when the drawing fails."""
    whole, inputs = model.get_output_embeddings(), model.get_input_embeddings()
    head = NarrowHead.of(model, torch.arange(0, 40, 3))

    sample_continuations(model, PROMPT, HOT, head=head)
    with pytest.raises(IndexError):
        sample_continuations(model, PROMPT + 1_000, HOT, head=head)

    assert model.get_output_embeddings() is whole
    assert model.get_input_embeddings() is inputs


def test_twenty_thousand_draws_from_a_narrow_head_are_spread_as_the_masked_scores_say(llama: PreTrainedModel) -> None:
    """Chi-square over the first token: below the 99.9th percentile of its distribution."""
    tokens = torch.arange(4, 40, 3)
    config = GenerationConfig(num_return_sequences=256, max_new_tokens=1, temperature=1.0, top_k=0, top_p=1.0)
    head, reader = NarrowHead.of(llama, tokens), PromptReader(llama)
    counts = torch.zeros(44)
    for seed in range(79):
        drawn = draw_one(reader, drawing(PROMPT, config.model_copy(update={"seed": seed}), head=head))
        counts += torch.tensor([each.tokens[0] for each in drawn]).bincount(minlength=44)
    with torch.inference_mode():
        expected = llama(PROMPT).logits[0, -1, tokens].softmax(-1) * counts.sum()

    assert counts.sum() == 79 * 256
    assert counts[tokens].sum() == counts.sum(), "no other token is ever drawn"
    statistic = ((counts[tokens] - expected) ** 2 / expected).sum()
    assert statistic < 31.26, "11 degrees of freedom"
