"""What goes over the wire: a prompt as a request, an answer as a sample, a refusal as an error.

Text that comes back is untrusted, and so is the text that goes out: where a server reads control tokens in text, a
brief could end its own turn. What a server says of an error is looked at and never repeated: it may quote the prompt.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from pipeline.backends.endpoint_client import Answer
from pipeline.backends.prompt_tokens import WITHOUT_THINKING, after_thoughts, first_line
from pipeline.domain.candidate import GenerationConfig, Sample
from pipeline.domain.endpoint import Endpoint
from pipeline.domain.prompt import Prompt
from pipeline.errors import EndpointDenied, EndpointError, EndpointMismatch, GenerationError, GenerationFailed

ROUTES = {"chat": "/chat/completions", "completion": "/completions"}

CUT_OFF = frozenset({"length", "content_filter"})
"""Reasons to finish that leave a text unfinished."""

LONGEST_TOKEN = 128
"""Characters of the longest token that any vocabulary has to speak of: runs of spaces."""

_CONTROL_TOKEN = re.compile(
    r"<[|｜][^<>|｜\s]{1,64}[|｜]>|<(?:start|end)_of_turn>|</?s>|<(?:bos|eos|pad|unk)>"
    r"|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\]"
)
"""What control tokens look like in the models of today. The server's own list of them is not known here."""

_UNKNOWN_MODEL = re.compile(
    r"model_not_found|pinned to|\bmodel\b.*(not found|not exist)|(unknown|invalid) model\b",
    re.IGNORECASE | re.DOTALL,
)

_TOO_LONG = re.compile(
    r"context.{0,20}(length|window|size)|max(imum)?[ _]model[ _]len|too (long|large|many tokens)|`?inputs`? tokens",
    re.IGNORECASE,
)


_MESSAGE = 2_000
"""Characters of an error message that are looked at."""

_SHOWABLE_NAME = re.compile(r"[\w./:@+-]{1,200}")
"""A name that holds no sentence, so no content."""

_WRONG_SERVER = "Check what stands at its url in endpoints.yaml: a login page or a proxy may answer in its place."


@dataclass(frozen=True)
class Dialect:
    """Fields beyond OpenAI's own that a kind of server takes; some refuse a request for a field they do not know."""

    top_k: bool = False
    template_arguments: bool = False
    transformers: bool = False

    def fields(self, prompt: Prompt, config: GenerationConfig) -> dict[str, Any]:
        """The fields that this dialect adds to a request."""
        fields: dict[str, Any] = {"top_k": config.top_k} if self.top_k else {}
        if self.template_arguments and prompt.style == "chat":
            # Models that think before they answer would spend the budget of the copy on thoughts.
            fields["chat_template_kwargs"] = WITHOUT_THINKING
        if self.transformers:
            # Without `do_sample`, models whose own settings say nothing are read greedily: every candidate the same.
            fields["generation_config"] = json.dumps({"do_sample": True, "top_k": config.top_k})
        return fields

    @property
    def seeds_the_process(self) -> bool:
        """`transformers serve` sets the seed of its whole process: requests at once would read each other's."""
        return self.transformers


DIALECTS = (
    Dialect(top_k=True, template_arguments=True),  # vLLM, SGLang, llama.cpp; TGI ignores what it does not know
    Dialect(template_arguments=True, transformers=True),  # transformers serve
    Dialect(top_k=True),  # vLLM with a Mistral tokenizer refuses arguments for the template
    Dialect(),  # OpenAI's fields alone
)
"""In the order in which they are tried. The first that a server accepts is spoken from then on."""


class _Message(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    text: str | None = None
    message: _Message = _Message()
    finish_reason: str | None = None


class _Completion(BaseModel):
    model: str = ""
    choices: list[_Choice] = Field(min_length=1)


class _Served(BaseModel):
    id: str


class _Listing(BaseModel):
    data: list[_Served]


def is_served_name(endpoint: Endpoint, name: str) -> bool:
    """Whether a name that a server gives is that of the endpoint's model.

    `transformers serve` adds a revision to the name that it was asked for: `@main`, or the commit.
    """
    revisions = ("main", endpoint.revision) if endpoint.revision else ("main",)
    return name in {endpoint.served_name, *(f"{endpoint.served_name}@{revision}" for revision in revisions)}


def request_for(endpoint: Endpoint, prompt: Prompt, config: GenerationConfig, number: int) -> dict[str, Any]:
    """The request for candidate `number` of a prompt, in OpenAI's fields alone."""
    request: dict[str, Any] = {
        "model": endpoint.served_name,
        # `max_completion_tokens` is newer and means the same; TGI knows this one only.
        "max_tokens": config.max_new_tokens,
        "temperature": config.temperature,
        "top_p": config.top_p,
        # Further rounds of a unit add one to the seed: no two of them share a seed. 31 bits fit every server.
        "seed": (config.seed * 256 + number) % 2**31,
    }
    messages = [
        {"role": message.role, "content": _without_control_tokens(message.content)} for message in prompt.messages
    ]
    if prompt.style == "chat":
        return request | {"messages": messages}
    return request | {"prompt": "".join(message["content"] for message in messages), "stop": ["\n"]}


def _without_control_tokens(text: str) -> str:
    """Also without those that only appear once others are gone."""
    while text != (cleaned := _CONTROL_TOKEN.sub("", text)):
        text = cleaned
    return text


def read_sample(endpoint: Endpoint, prompt: Prompt, config: GenerationConfig, answer: Answer) -> Sample:
    """The sample in an answer; raises EndpointMismatch when another model wrote it, or GenerationFailed."""
    completion = _parsed(endpoint, answer)
    if not is_served_name(endpoint, completion.model):
        told = completion.model if _SHOWABLE_NAME.fullmatch(completion.model) else "something else"
        raise EndpointMismatch(f"endpoint {endpoint.id} was asked for {endpoint.served_name} and answered as {told}")
    choice = completion.choices[0]
    written = (choice.text if prompt.style == "completion" else choice.message.content) or ""
    if len(written) > config.max_new_tokens * LONGEST_TOKEN:
        raise GenerationFailed(f"endpoint {endpoint.id} wrote far more than it was asked for", hint=_WRONG_SERVER)
    text = first_line(written) if prompt.style == "completion" else after_thoughts(written)
    # A line that ends has ended, whatever the server says of the token that broke it.
    broken_off = choice.finish_reason in CUT_OFF and (prompt.style == "chat" or text == written)
    return Sample(text=text, finished=not broken_off)


def _parsed(endpoint: Endpoint, answer: Answer) -> _Completion:
    problem = f"endpoint {endpoint.id} answered with something that is no completion in JSON"
    if answer.content_type != "application/json":
        raise GenerationFailed(problem, hint=_WRONG_SERVER)
    try:
        return _Completion.model_validate_json(answer.body)
    except ValidationError:
        # Pydantic quotes what it read: that is content.
        raise GenerationFailed(problem, hint=_WRONG_SERVER) from None


def may_be_about_fields(answer: Answer) -> bool:
    """Whether a refusal may be for a field that the server does not take."""
    refused = answer.status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}
    return refused and not (_UNKNOWN_MODEL.search(_said(answer)) or _TOO_LONG.search(_said(answer)))


def refusal(endpoint: Endpoint, route: str, answer: Answer) -> GenerationError:
    """What to raise for an answer that is none. What the server said is looked at, and never repeated."""
    name, said = f"endpoint {endpoint.id}", _said(answer)
    if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return denied(endpoint)
    if _UNKNOWN_MODEL.search(said):
        return EndpointMismatch(f"{name} does not serve {endpoint.served_name}")
    if answer.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE or _TOO_LONG.search(said):
        return GenerationFailed(
            f"prompt and copy are longer than {name} reads",
            hint="Shorten the brief or the brand file, or choose a model with a longer context.",
        )
    if answer.status == HTTPStatus.NOT_FOUND:
        return EndpointError(
            f"{name} has no {route}",
            hint="Give `url` in endpoints.yaml up to there, usually ending in /v1; a base model needs /completions.",
        )
    return GenerationFailed(
        f"{name} refused the request with status {answer.status}",
        hint="Look at the server's log: what it answers may hold content, and is not repeated here.",
    )


def denied(endpoint: Endpoint) -> EndpointDenied:
    """What to raise when the server wants a key, or another one."""
    if endpoint.api_key_variable is None:
        return EndpointDenied(f"endpoint {endpoint.id} asks for a key")
    return EndpointDenied(
        f"endpoint {endpoint.id} does not accept the key in {endpoint.api_key_variable}",
        hint=f"Set {endpoint.api_key_variable} to a key that may use this model.",
    )


def _said(answer: Answer) -> str:
    """The message of an error, in the places where servers put it; '' where there is none."""
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        return ""
    inner = said.get("error", said) if isinstance(said, dict) else said
    if isinstance(inner, str):
        return inner[:_MESSAGE]
    parts = [inner.get(key) for key in ("message", "code", "detail")] if isinstance(inner, dict) else []
    return " ".join(part for part in parts if isinstance(part, str))[:_MESSAGE]


def listed_models(answer: Answer) -> tuple[str, ...]:
    """The names in a listing of models; none where the server has no listing."""
    if answer.status != HTTPStatus.OK:
        return ()
    try:
        return tuple(model.id for model in _Listing.model_validate_json(answer.body).data)
    except ValidationError:
        return ()
