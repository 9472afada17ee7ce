from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from transformers import PreTrainedModel

from pipeline.backends import prompt_memory
from pipeline.backends.batching import sample_continuations
from pipeline.backends.decoding import Continuation, Drawing
from pipeline.backends.narrow_head import NarrowHead
from pipeline.backends.packed_attention import register_packed_attention
from pipeline.backends.prompt_memory import PromptReader, SharedCache
from pipeline.domain.candidate import GenerationConfig
from pipeline.errors import GenerationFailed

TOKENS = 40
"""The models have more; these are drawn from."""
Found = list[list[Continuation] | GenerationFailed]


@pytest.fixture(autouse=True)
def _short_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a prompt of these tests is read in several."""
    monkeypatch.setattr(prompt_memory, "BLOCK", 8)


@pytest.fixture(
    params=["llama", "mistral", "mistral3", "gemma3", "gemma3_with_pictures", "qwen3", "falcon_h1", "falcon"]
)
def packed(request: pytest.FixtureRequest) -> PreTrainedModel:
    """Full and sliding memory; and two classes whose prompts cannot be shared."""
    return with_packed_attention(request.getfixturevalue("tiny_model")(request.param))


@pytest.fixture
def small(llama: PreTrainedModel) -> PreTrainedModel:
    return with_packed_attention(llama)


def with_packed_attention(model: PreTrainedModel) -> PreTrainedModel:
    model.set_attn_implementation(register_packed_attention())
    return model


def drawings(number: int) -> list[Drawing]:
    """Prompts of 3 to 41 tokens, some of which begin alike, each with seed, budget, tokens and manner of its own."""
    sets = [None, torch.arange(4, TOKENS), torch.arange(0, TOKENS, 2)]
    found = []
    for place in range(number):
        words = torch.Generator().manual_seed(place % 7)
        prompt = torch.randint(4, TOKENS, (1, 3 + 38 * (place % 7) // 6), generator=words)
        prompt[0, -1] = 4 + place % 30
        config = GenerationConfig(
            num_return_sequences=1 + place % 4,
            max_new_tokens=1 + place % 12,
            temperature=(1.3, 0.9)[place % 2],
            top_k=(0, 20)[place // 2 % 2],
            top_p=0.95,
            seed=place,
        )
        found.append(Drawing(prompt, config, frozenset({5, 6} if place % 3 else ()), sets[place % 3]))
    return found


def sampled(model: Any, given: list[Drawing], at_once: int = 256) -> Found:
    return sample_continuations(PromptReader(model), given, room=lambda _, most: min(most, at_once))


def texts(found: Found) -> list[Any]:
    return [str(each) if isinstance(each, GenerationFailed) else [one.tokens for one in each] for each in found]


def alone(model: Any, given: list[Drawing]) -> list[Any]:
    return [texts(sampled(model, [each]))[0] for each in given]


def test_forty_prompts_have_together_what_each_has_alone(packed: PreTrainedModel) -> None:
    """Of different lengths, budgets, seeds, tokens and manners; windows are shorter than most of the prompts."""
    given = drawings(40)

    assert texts(sampled(packed, given)) == alone(packed, given)


def test_the_order_does_not_matter(small: PreTrainedModel) -> None:
    """Nor who else is there."""
    given = drawings(20)

    assert texts(sampled(small, given[::-1])) == texts(sampled(small, given))[::-1]


@pytest.mark.parametrize("at_once", [1, 2, 7, 30])
def test_how_many_there_is_room_for_changes_no_text(small: PreTrainedModel, at_once: int) -> None:
    """A prompt's continuations may be spread over several batches."""
    given = drawings(20)

    assert texts(sampled(small, given, at_once)) == alone(small, given)


def test_several_prompts_share_a_step(small: PreTrainedModel) -> None:
    """Each is read by one row, then all their continuations go through the model at once."""
    rows: list[int] = []
    small.register_forward_pre_hook(lambda _, __, given: rows.append(len(given["input_ids"])), with_kwargs=True)
    config = GenerationConfig(num_return_sequences=4, max_new_tokens=3)
    given = [Drawing(torch.arange(4, 10 + place)[None], config, frozenset()) for place in range(3)]

    sampled(small, given)

    assert [count for count in rows if count > 1] == [12, 12]


def test_output_layers_of_several_kinds_serve_one_batch(packed: PreTrainedModel) -> None:
    """One that is shared, one of a prompt's own and the model's: each draws what it draws from the whole one."""
    given = drawings(30)
    shared = NarrowHead.of(packed, torch.arange(3, TOKENS))
    even = NarrowHead.of(packed, torch.arange(0, TOKENS, 2))
    heads = {TOKENS - 4: shared, (TOKENS + 1) // 2: even}
    narrow = [each if each.tokens is None else replace(each, head=heads[len(each.tokens)]) for each in given]

    assert len({each.head for each in narrow}) == 3
    assert texts(sampled(packed, narrow)) == texts(sampled(packed, given))


def test_a_batch_shrinks_by_eights(small: PreTrainedModel) -> None:
    """Every number of rows costs the library a preparation that it keeps; what ended adds nothing to its text."""
    rows: list[int] = []
    small.register_forward_pre_hook(lambda _, __, given: rows.append(len(given["input_ids"])), with_kwargs=True)
    config = GenerationConfig(num_return_sequences=20, max_new_tokens=40, temperature=1.5, top_k=0)
    given = Drawing(torch.arange(4, 20)[None], config, frozenset(range(12)))

    (found,) = sampled(small, [given])

    assert not isinstance(found, GenerationFailed)
    ends = {len(each.tokens) for each in found}
    assert len(ends) > 5, "they end one after another"
    assert set(rows) <= {1, 20, 16, 8}
    assert all(each.stop is not None or len(each.tokens) == 40 for each in found)


def test_where_memory_runs_out_half_as_many_are_drawn_at_once(small: PreTrainedModel) -> None:
    """And the texts are the same."""
    given = drawings(20)
    expected = alone(small, given)
    rows: list[int] = []

    def fail_above_ten(_: object, __: object, handed: dict[str, torch.Tensor]) -> None:
        rows.append(len(handed["input_ids"]))
        if rows[-1] > 10:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    small.register_forward_pre_hook(fail_above_ten, with_kwargs=True)

    assert texts(sampled(small, given)) == expected
    assert max(rows) > 10


def test_a_prompt_that_there_is_no_memory_to_read_waits_until_others_are_done(small: PreTrainedModel) -> None:
    """Those that were read before it are drawn first; then it has all the room."""
    given = drawings(6)
    expected = alone(small, given)
    read: list[int] = []

    def fail_once(_: object, __: object, handed: dict[str, torch.Tensor]) -> None:
        if len(handed["input_ids"]) == 1 and handed["input_ids"].shape[1] > 1:
            read.append(1)
            if len(read) == 4:
                raise MemoryError

    small.register_forward_pre_hook(fail_once, with_kwargs=True)

    assert texts(sampled(small, given)) == expected
    assert len(read) > 4


def test_a_prompt_that_there_is_no_room_for_fails_alone(small: PreTrainedModel) -> None:
    """The shorter ones do fit."""
    given = drawings(14)
    longest = max(each.longest for each in given)

    def room(tokens: int, most: int) -> int:
        if tokens == longest:
            raise GenerationFailed("too long")
        return most

    found = sample_continuations(PromptReader(small), given, room=room)

    failed = [each.longest for each, one in zip(given, found, strict=True) if isinstance(one, GenerationFailed)]
    assert failed == [longest]
    expected = alone(small, given)
    assert [one for one in texts(found) if one != "too long"] == [
        one for each, one in zip(given, expected, strict=True) if each.longest != longest
    ]


@pytest.mark.parametrize("at_once", [256, 5])
@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_scores_that_are_not_numbers_end_one_prompt_alone(small: PreTrainedModel, bad: float, at_once: int) -> None:
    """From the first token on or in the middle; its rows leave, and nobody else is disturbed."""
    given = drawings(20)
    expected = alone(small, given)
    small.get_output_embeddings().register_forward_hook(spoiled_by(small, 17, bad))
    spoiled = alone(small, given)
    assert 2 < sum(one == "the model's scores are not numbers" for one in spoiled) < 18

    found = texts(sampled(small, given, at_once))

    assert found == spoiled
    for one, other in zip(found, expected, strict=True):
        assert one in (other, "the model's scores are not numbers")


def spoiled_by(model: PreTrainedModel, token: int, bad: float) -> Any:
    """Let the scores after this token be no numbers."""
    seen: list[torch.Tensor] = []
    model.register_forward_pre_hook(lambda _, __, handed: seen.append(handed["input_ids"][:, -1:]), with_kwargs=True)

    def spoil(_: object, __: object, scores: torch.Tensor) -> torch.Tensor:
        return scores.masked_fill((seen[-1] == token)[:, :, None], bad)

    return spoil


@torch.inference_mode()
def test_a_shared_cache_lets_a_prompt_go_whose_continuations_are_done(small: PreTrainedModel) -> None:
    """The others keep what they added and where they stand."""
    reader = PromptReader(small)
    memories = [reader.read(torch.arange(4, end)[None])[0] for end in (9, 20, 14)]
    cache = prompt_memory.continued(reader, memories, [2, 1, 2])
    assert isinstance(cache, SharedCache)
    prompt_memory.next_scores(small, torch.tensor([[7], [8], [9], [10], [11]]), cache)
    whole = prompt_memory.next_scores(small, torch.full((5, 1), 12), cache)

    other = prompt_memory.continued(reader, memories, [2, 1, 2])
    prompt_memory.next_scores(small, torch.tensor([[7], [8], [9], [10], [11]]), other)
    prompt_memory.keep_rows(other, torch.tensor([1, 3, 4]))
    kept = prompt_memory.next_scores(small, torch.full((3, 1), 12), other)

    torch.testing.assert_close(kept, whole[[1, 3, 4]])


@pytest.mark.parametrize("kind", ["dynamic", "longrope"])
def test_models_that_turn_all_rows_by_the_longest_take_one_prompt_at_a_time(llama: PreTrainedModel, kind: str) -> None:
    """Their numbers would depend on who else is in the batch."""
    assert PromptReader(llama).mixes

    llama.config.rope_parameters = {"rope_type": kind, "rope_theta": 10_000.0, "factor": 2.0}

    assert not PromptReader(llama).mixes
