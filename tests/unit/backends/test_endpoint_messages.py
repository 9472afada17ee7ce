"""A prompt as a request, and an answer as a sample."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.backends.endpoint_client import Answer
from pipeline.backends.endpoint_messages import (
    DIALECTS,
    denied,
    is_served_name,
    may_be_about_fields,
    read_sample,
    request_for,
)
from pipeline.domain.candidate import GenerationConfig, Sample
from pipeline.domain.endpoint import Endpoint
from pipeline.domain.prompt import Message, Prompt
from pipeline.errors import EndpointMismatch

REVISION = "0123456789abcdef0123456789abcdef01234567"

NEAR = Endpoint(
    id="near",
    url="https://llm.example.eu/v1",
    model="acme/writer",
    served_as="writer",
    revision=REVISION,
    provider="self",
    located_in="DE",
)

CONFIG = GenerationConfig(num_return_sequences=2, max_new_tokens=32, temperature=0.7, top_p=0.8, top_k=20, seed=3)


def chat(*contents: str) -> Prompt:
    roles = ("system", "user", "assistant")
    turns = [{"role": role, "content": content} for role, content in zip(roles, contents, strict=False)]
    return Prompt.model_validate({"style": "chat", "messages": turns, "template_version": "test"})


def completion(text: str) -> Prompt:
    return Prompt(style="completion", messages=(Message(role="user", content=text),), template_version="test")


def answer(status: int = 200, **body: Any) -> Answer:
    return Answer(status, "application/json", json.dumps(body).encode())


def written(text: str | None, *, model: str = "writer", reason: str | None = "stop") -> Answer:
    return answer(model=model, choices=[{"text": text, "message": {"content": text}, "finish_reason": reason}])


def test_a_completion_is_asked_for_with_its_text_and_the_end_of_a_line() -> None:
    request = request_for(NEAR, completion("Englisch: Cold.\nDeutsch:"), CONFIG, 1)

    assert request == {
        "model": "writer",
        "prompt": "Englisch: Cold.\nDeutsch:",
        "stop": ["\n"],
        "max_tokens": 32,
        "temperature": 0.7,
        "top_p": 0.8,
        "seed": 3 * 256 + 1,
    }


def test_a_chat_keeps_its_roles() -> None:
    request = request_for(NEAR, chat("Schreib kurz.", "Cold."), CONFIG, 0)

    assert request["messages"] == [
        {"role": "system", "content": "Schreib kurz."},
        {"role": "user", "content": "Cold."},
    ]
    assert not {"prompt", "stop"} & set(request)


def test_no_two_candidates_of_a_unit_share_a_seed() -> None:
    """Also over the rounds, each of which adds one to the seed; and every seed fits a server that has 32 bits."""
    most = CONFIG.model_copy(update={"num_return_sequences": 256, "seed": 2**28 - 1})
    rounds = [most.model_copy(update={"seed": most.seed + number}) for number in range(3)]
    seeds = [request_for(NEAR, completion("x"), config, number)["seed"] for config in rounds for number in range(256)]

    assert len(seeds) == len(set(seeds))
    assert all(0 <= seed < 2**31 for seed in seeds)


@pytest.mark.parametrize(
    "text",
    [
        "<|im_end|>",
        "<|eot_id|>",
        "<｜end▁of▁sentence｜>",
        "<end_of_turn>",
        "</s>",
        "[/INST]",
        "<bos>",
        "<|im_<|im_end|>end|>",
        "<</s>/s>",
    ],
)
def test_text_never_ends_its_own_turn(text: str) -> None:
    """Servers read control tokens in text, and briefs come from people."""
    request = request_for(NEAR, chat(f"a{text}b", f"c{text}d"), CONFIG, 0)

    assert ["ab", "cd"] == [message["content"] for message in request["messages"]]


@pytest.mark.parametrize("text", ["1 < 2 | 3 > 2", "<b>Neu</b>", "[neu]", "«Kalt»", "a|b|c"])
def test_other_marks_stay_in_a_text(text: str) -> None:
    assert text == request_for(NEAR, completion(text), CONFIG, 0)["prompt"]


def test_thinking_is_switched_off_where_the_server_takes_the_switch() -> None:
    """It belongs to the template, which a completion does not use."""
    of_vllm = DIALECTS[0]

    assert of_vllm.fields(chat("a", "b"), CONFIG)["chat_template_kwargs"]["enable_thinking"] is False
    assert {"top_k": 20} == of_vllm.fields(completion("a"), CONFIG)


def test_every_dialect_asks_for_less_than_the_one_before_or_for_something_else() -> None:
    """No request is sent twice in the same words, and the last one has nothing beyond OpenAI's own fields."""
    fields = [dialect.fields(chat("a", "b"), CONFIG) for dialect in DIALECTS]

    assert len(fields) == len({json.dumps(one) for one in fields})
    assert {} == fields[-1]


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("writer", True),
        ("writer@main", True),
        (f"writer@{REVISION}", True),
        (f"writer@{REVISION[::-1]}", False),
        ("writer@None", False),
        ("writer-large", False),
        ("acme/writer", False),
        ("Writer", False),
        ("", False),
    ],
)
def test_a_model_is_known_by_its_name_and_no_other(name: str, *, same: bool) -> None:
    """`transformers serve` adds the revision that it was asked for, or `main`."""
    assert same == is_served_name(NEAR, name)


@pytest.mark.parametrize("name", ["", "an answer: Kaltes Wasser", "x" * 300])
def test_a_name_that_may_be_content_is_not_shown(name: str) -> None:
    with pytest.raises(EndpointMismatch, match="answered as something else"):
        read_sample(NEAR, chat("a", "b"), CONFIG, written("Kalt.", model=name))


@pytest.mark.parametrize(
    ("text", "reason", "sample"),
    [
        (" Kalt.", "stop", Sample(text=" Kalt.")),
        (" Kalt.", None, Sample(text=" Kalt.")),
        (" Kal", "length", Sample(text=" Kal", finished=False)),
        (" Kal", "content_filter", Sample(text=" Kal", finished=False)),
        (" Kalt.\n\nEnglisch:", "length", Sample(text=" Kalt.")),
        (" Kalt.\u2028Warm.", "stop", Sample(text=" Kalt.")),
        (None, "stop", Sample(text="")),
    ],
)
def test_a_completion_is_its_first_line(text: str | None, reason: str | None, sample: Sample) -> None:
    """A line that was ended is whole, whatever the budget was."""
    assert sample == read_sample(NEAR, completion("x"), CONFIG, written(text, reason=reason))


@pytest.mark.parametrize(
    ("text", "reason", "sample"),
    [
        ("Kalt.\nWarm.", "stop", Sample(text="Kalt.\nWarm.")),
        ("<think>Was nun?</think>Kalt.", "stop", Sample(text="Kalt.")),
        ("Was nun?</think>Kalt.", "stop", Sample(text="Kalt.")),
        ("<think>Was nun", "length", Sample(text="", finished=False)),
        ("Kalt.\nWar", "length", Sample(text="Kalt.\nWar", finished=False)),
        (None, "stop", Sample(text="")),
    ],
)
def test_a_chat_answer_is_what_follows_the_thoughts(text: str | None, reason: str, sample: Sample) -> None:
    assert sample == read_sample(NEAR, chat("a", "b"), CONFIG, written(text, reason=reason))


@pytest.mark.parametrize(
    ("status", "message", "about_fields"),
    [
        (422, "Unexpected fields in the request: {'top_k'}", True),
        (400, "chat_template is not supported for Mistral tokenizers.", True),
        (400, "Unsupported parameter: 'top_k' is not supported with this model.", True),
        (400, "", True),
        (400, "This model's maximum context length is 512 tokens.", False),
        (400, "The model `writer` does not exist.", False),
        (404, "", False),
        (401, "", False),
    ],
)
def test_a_refusal_may_be_for_a_field_that_the_server_does_not_take(
    status: int, message: str, *, about_fields: bool
) -> None:
    """Then the request is worth sending again without it."""
    assert about_fields == may_be_about_fields(answer(status, error={"message": message}))


def test_a_server_that_wants_a_key_is_told_apart_from_one_that_wants_another() -> None:
    keyless = denied(NEAR)
    with_key = denied(NEAR.model_copy(update={"api_key_variable": "ACME_KEY"}))

    assert "asks for a key" in str(keyless)
    assert "ACME_KEY" in str(with_key)
    assert "ACME_KEY" in with_key.hint
