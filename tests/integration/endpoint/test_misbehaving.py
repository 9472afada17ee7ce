"""What becomes of a request when the server does not do as it should: each way ends in its own error."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pipeline.backends.endpoint_client import MAX_ANSWER_BYTES, Backoff, EndpointAccess, EndpointConnection
from pipeline.backends.endpoint_generator import EndpointGenerator, probe
from pipeline.domain.candidate import GenerationConfig
from pipeline.domain.endpoint import Endpoint
from pipeline.domain.prompt import Prompt
from pipeline.errors import (
    EndpointDenied,
    EndpointError,
    EndpointMismatch,
    EndpointRedirected,
    EndpointRefused,
    EndpointUnavailable,
    GenerationFailed,
    GlocalError,
)

if TYPE_CHECKING:
    from tests.integration.endpoint.conftest import Behaviour, Handler, Misbehaving

ONE = GenerationConfig(num_return_sequences=1, max_new_tokens=16, seed=7)
FIVE = GenerationConfig(num_return_sequences=5, max_new_tokens=16, seed=7)

IMPATIENT = {"connect_seconds": 0.5, "read_seconds": 0.5}

CONTENT, KEY = "Trink-Flasche-2031", "sk-loopback-0123456789"


def writes(text: str = " Kaltes Wasser.", *, model: str = "acme/writer", reason: str = "stop") -> Behaviour:
    """An answer as it should be."""

    def behave(request: Handler) -> None:
        choice = {"text": text, "message": {"role": "assistant", "content": text}, "finish_reason": reason}
        request.answer(200, json.dumps({"model": model, "choices": [choice]}).encode())

    return behave


def fails(status: int, body: bytes = b"{}", **headers: str) -> Behaviour:
    return lambda request: request.answer(status, body, **headers)


def redirects(status: int, to: str) -> Behaviour:
    return lambda request: request.answer(status, b"", Location=to)


def hangs(request: Handler) -> None:
    """Takes the request and never answers, until the test is over."""
    request.server.owner.released.wait(30)  # type: ignore[attr-defined]
    request.close_connection = True


def dribbles(where: str) -> Behaviour:
    """Sends a good answer a byte at a time, in its head or in its body; always some, and never enough."""

    def behave(request: Handler) -> None:
        request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
        if where == "body":
            request.wfile.write(b"Content-Length: 1000\r\n\r\n")
        else:
            request.wfile.write(b"X-Slow: ")
        request.close_connection = True
        owner: Misbehaving = request.server.owner  # type: ignore[attr-defined]
        # Far beyond the client's patience, but not beyond that of whoever runs a broken version of it.
        for _ in range(200):
            if owner.released.wait(0.05):
                return
            request.wfile.write(b" ")

    return behave


def cuts(request: Handler) -> None:
    """Promises more than it sends."""
    request.send_response(200)
    request.send_header("Content-Type", "application/json")
    request.send_header("Content-Length", "5000")
    request.end_headers()
    request.wfile.write(b'{"model": "acme/writer", "choices": [')
    request.close_connection = True


def told(error: GlocalError) -> str:
    return f"{error} {error!r} {error.hint} {error.__cause__!r}"


def test_a_good_answer_becomes_samples(
    server: Misbehaving, generator_of: Callable[..., EndpointGenerator], completion: Prompt
) -> None:
    server.does(writes())

    samples = generator_of(server).generate(completion, FIVE)

    assert [" Kaltes Wasser."] * 5 == [sample.text for sample in samples]
    assert {"/v1/completions"} == {received.path for received in server.received}
    assert {f"Englisch: {CONTENT}\nDeutsch:"} == {received.body["prompt"] for received in server.received}
    assert 5 == len({received.body["seed"] for received in server.received})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_host_is_not_followed(
    server: Misbehaving,
    elsewhere: Misbehaving,
    generator_of: Callable[..., EndpointGenerator],
    completion: Prompt,
    status: int,
) -> None:
    """307 and 308 would send the prompt on as it is. Only the other host is told, not the rest of the address."""
    server.does(redirects(status, f"http://{elsewhere.host}/v1/completions?prompt={CONTENT}"))

    with pytest.raises(EndpointRedirected, match=elsewhere.host) as caught:
        generator_of(server).generate(completion, ONE)

    assert [] == elsewhere.received
    assert 1 == len(server.received)
    assert CONTENT not in told(caught.value)


def test_a_redirect_to_a_host_that_is_allowed_too_is_not_followed(
    server: Misbehaving, elsewhere: Misbehaving, endpoint_of: Callable[..., Endpoint], completion: Prompt
) -> None:
    """Content goes where the file says it goes, and nowhere that a server says."""
    server.does(redirects(307, f"http://{elsewhere.host}/v1/completions"))
    both = EndpointGenerator(endpoint_of(server), allowed_hosts=[server.host, elsewhere.host], environment={})

    with pytest.raises(EndpointRedirected):
        both.generate(completion, ONE)

    assert [] == elsewhere.received


@pytest.mark.parametrize("location", ["/v2/completions", "", "http://[", "http://user:word@127.0.0.1/"])
def test_a_redirect_on_the_same_host_or_to_nowhere_is_not_followed(
    server: Misbehaving, generator_of: Callable[..., EndpointGenerator], completion: Prompt, location: str
) -> None:
    server.does(redirects(307, location))

    with pytest.raises(EndpointRedirected):
        generator_of(server).generate(completion, ONE)

    assert 1 == len(server.received)


def test_a_request_made_for_another_host_stops_before_the_socket(
    server: Misbehaving, elsewhere: Misbehaving, endpoint_of: Callable[..., Endpoint]
) -> None:
    """The host is looked at again with each request, whatever asks for it."""
    access = EndpointAccess(endpoint_of(server), allowed_hosts=[server.host], environment={})

    async def stray() -> None:
        async with access.connection() as connection:
            other = EndpointConnection(connection._client, endpoint_of(elsewhere), Backoff())
            await other.post("/completions", {"prompt": CONTENT})

    with pytest.raises(EndpointRefused, match=elsewhere.host):
        asyncio.run(stray())

    assert [] == elsewhere.received


def test_proxies_and_keys_of_the_environment_are_not_used(
    server: Misbehaving,
    elsewhere: Misbehaving,
    generator_of: Callable[..., EndpointGenerator],
    completion: Prompt,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """A proxy stands in a region of its own, and `.netrc` holds keys that are meant for others."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://{elsewhere.host}")
        monkeypatch.setenv(name.lower(), f"http://{elsewhere.host}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password something\n", encoding="utf-8")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HOME", str(tmp_path))
    server.does(writes())

    generator_of(server).generate(completion, ONE)

    assert [] == elsewhere.received
    assert "Authorization" not in server.received[0].headers


def test_too_many_requests_are_waited_for_as_long_as_the_server_asks(
    server: Misbehaving, generator_of: Callable[..., EndpointGenerator], completion: Prompt, waits: list[float]
) -> None:
    """Its own seconds, and up to one more, so that all who were turned away do not come back at once."""
    server.does(fails(429, Retry_After="7"), writes())

    assert generator_of(server).generate(completion, ONE)
    assert [8.0] == waits


def test_a_date_to_come_back_at_is_understood_and_no_wait_is_endless(
    server: Misbehaving, generator_of: Callable[..., EndpointGenerator], completion: Prompt, waits: list[float]
) -> None:
    """A server that asks for an hour gets half a minute."""
    date = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    server.does(fails(503, Retry_After=date), writes())

    assert generator_of(server).generate(completion, ONE)
    assert [31.0] == waits


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again(
    server: Misbehaving,
    generator_of: Callable[..., EndpointGenerator],
    completion: Prompt,
    waits: list[float],
    status: int,
) -> None:
    """With waits that double."""
    server.does(fails(status), fails(status), writes())

    assert generator_of(server).generate(completion, ONE)
    assert 3 == len(server.received)
    assert [1.0, 2.0] == waits


@pytest.mark.parametrize("status", [429, 500])
def test_what_does_not_pass_ends_after_all_attempts_in_an_error_worth_another_run(
    server: Misbehaving,
    generator_of: Callable[..., EndpointGenerator],
    completion: Prompt,
    waits: list[float],
    status: int,
) -> None:
    """After the last attempt nothing is left to wait for."""
    server.does(fails(status, b'{"error": "%s"}' % CONTENT.encode()))

    with pytest.raises(EndpointUnavailable, match=f"failed 3 times: it answered with status {status}") as caught:
        generator_of(server).generate(completion, ONE)

    assert 3 == len(server.received)
    assert [1.0, 2.0] == waits
    assert caught.value.retryable
    assert CONTENT not in told(caught.value)


@pytest.mark.parametrize(
    "behaviour", [hangs, dribbles("head"), dribbles("body")], ids=["hangs", "dribbles-head", "dribbles-body"]
)
def test_a_server_that_never_finishes_is_given_up(
    server: Misbehaving, generator_of: Callable[..., EndpointGenerator], completion: Prompt, behaviour: Behaviour
) -> None:
    """Also one that always sends a little, and so is never silent for long."""
    server.does(behaviour)

    with pytest.raises(EndpointUnavailable, match="no whole answer came in time"):
        generator_of(server, attempts=2, **IMPATIENT).generate(completion, ONE)

    assert 2 == len(server.received)


def test_a_connection_cut_midway_is_tried_again(
    server: Misbehaving, generator_of: Callable[..., EndpointGenerator], completion: Prompt
) -> None:
    server.does(cuts, writes())

    assert generator_of(server).generate(completion, ONE)
    assert 2 == len(server.received)


def test_a_server_that_is_not_there_is_unavailable(
    endpoint_of: Callable[..., Endpoint], server: Misbehaving, completion: Prompt
) -> None:
    """Port 9 of loopback: nobody listens."""
    nobody = endpoint_of(server, url="http://127.0.0.1:9/v1", attempts=1)
    generator = EndpointGenerator(nobody, allowed_hosts=["127.0.0.1:9"], environment={})

    with pytest.raises(EndpointUnavailable, match=r"the connection failed \(ConnectError\)"):
        generator.generate(completion, ONE)


def test_one_candidate_that_fails_fails_the_unit(
    server: Misbehaving, generator_of: Callable[..., EndpointGenerator], completion: Prompt
) -> None:
    """Fewer candidates than asked for would be a choice that nobody made."""
    server.does(writes(), writes(), writes(), fails(500))

    with pytest.raises(EndpointUnavailable):
        generator_of(server, parallel=2).generate(completion, FIVE)


@pytest.mark.parametrize("status", [400, 402, 404, 413, 418, 422])
def test_what_would_fail_again_is_not_tried_again(
    server: Misbehaving,
    generator_of: Callable[..., EndpointGenerator],
    completion: Prompt,
    waits: list[float],
    status: int,
) -> None:
    """What the server says of it may quote the prompt: it is not repeated."""
    server.does(writes(), fails(status, b'{"detail": [{"input": "%s"}]}' % CONTENT.encode()))
    generator = generator_of(server)
    generator.generate(completion, ONE)

    with pytest.raises(GlocalError) as caught:
        generator.generate(completion, ONE)

    assert 2 == len(server.received)
    assert [] == waits
    assert not caught.value.retryable
    assert CONTENT not in told(caught.value)


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_not_accepted_is_told_by_the_name_of_its_variable(
    server: Misbehaving, generator_of: Callable[..., EndpointGenerator], completion: Prompt, status: int
) -> None:
    server.does(fails(status))

    with pytest.raises(EndpointDenied, match="does not accept the key in ACME_KEY") as caught:
        generator_of(server, api_key_variable="ACME_KEY").generate(completion, ONE)

    assert f"Bearer {KEY}" == server.received[0].headers["Authorization"]
    assert KEY not in told(caught.value)
    assert 1 == len(server.received)


def test_text_of_another_model_is_not_used(
    server: Misbehaving, generator_of: Callable[..., EndpointGenerator], completion: Prompt
) -> None:
    """A server may route a name to whatever it has."""
    server.does(writes(model="acme/another"))

    with pytest.raises(EndpointMismatch, match="asked for acme/writer and answered as acme/another"):
        generator_of(server).generate(completion, ONE)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, {"error": {"message": "The model `acme/writer` does not exist.", "type": "NotFoundError", "code": 404}}),
        (404, {"object": "error", "message": "The model `acme/writer` does not exist.", "code": 404}),
        (404, {"error": {"message": "", "code": "model_not_found"}}),
        (400, {"detail": "Server is pinned to '/models/x'; requested 'acme/writer'."}),
    ],
)
def test_a_name_that_the_server_does_not_know_is_a_mismatch(
    server: Misbehaving,
    generator_of: Callable[..., EndpointGenerator],
    completion: Prompt,
    status: int,
    body: dict[str, Any],
) -> None:
    """vLLM, an older vLLM, OpenAI, `transformers serve`."""
    server.does(fails(status, json.dumps(body).encode()))

    with pytest.raises(EndpointMismatch, match="does not serve acme/writer"):
        generator_of(server).generate(completion, ONE)

    assert 1 == len(server.received)


def test_a_route_that_is_not_there_is_no_missing_model(
    server: Misbehaving, generator_of: Callable[..., EndpointGenerator], completion: Prompt
) -> None:
    server.does(fails(404, b'{"detail": "Not Found"}'))

    with pytest.raises(EndpointError, match="has no /completions") as caught:
        generator_of(server).generate(completion, ONE)

    assert not isinstance(caught.value, EndpointMismatch)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (400, "This model's maximum context length is 512 tokens. However, you requested 700 tokens."),
        (422, "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 512. Given: 690 + 16"),
        (413, ""),
    ],
)
def test_a_prompt_that_is_too_long_says_so(
    server: Misbehaving,
    generator_of: Callable[..., EndpointGenerator],
    completion: Prompt,
    status: int,
    said: str,
) -> None:
    server.does(fails(status, json.dumps({"error": {"message": said}}).encode()))

    with pytest.raises(GenerationFailed, match="longer than endpoint near reads"):
        generator_of(server).generate(completion, ONE)

    assert 1 == len(server.received)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/html", b"<html><body>Please log in</body></html>"),
        ("text/html", b'{"model": "acme/writer", "choices": [{"text": "Kalt."}]}'),
        ("application/json", b'{"model": "acme/writer", "choices": [{"text": "Trink-Flasche-2031"'),
        ("application/json", b'{"model": "acme/writer", "choices": []}'),
        ("application/json", b'{"model": "acme/writer", "choices": [{"text": ["Trink-Flasche-2031"]}]}'),
        ("application/json", b"[" * 100_000),
        ("application/json", b"\xff\xfe\x00"),
        ("application/json", b""),
    ],
    ids=["page", "unsaid", "half", "none", "number", "deep", "binary", "empty"],
)
def test_what_is_no_completion_in_json_cannot_be_read(
    server: Misbehaving,
    generator_of: Callable[..., EndpointGenerator],
    completion: Prompt,
    content_type: str,
    body: bytes,
) -> None:
    server.does(fails(200, body, content_type=content_type))

    with pytest.raises(GenerationFailed, match="no completion in JSON") as caught:
        generator_of(server).generate(completion, ONE)

    assert CONTENT not in "".join(traceback.format_exception(caught.value))


def test_an_answer_without_end_is_not_read_to_its_end(
    server: Misbehaving, generator_of: Callable[..., EndpointGenerator], completion: Prompt
) -> None:
    """100 MB would fill the memory of a small machine, once for each candidate."""
    sent: list[int] = []

    def floods(request: Handler) -> None:
        request.send_response(200)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(100 * 2**20))
        request.end_headers()
        request.close_connection = True
        for _ in range(100):
            request.wfile.write(b" " * 2**20)
            sent.append(2**20)

    server.does(floods)

    with pytest.raises(GenerationFailed, match="more than 8 MB"):
        generator_of(server).generate(completion, ONE)

    assert sum(sent) < 5 * MAX_ANSWER_BYTES


def test_a_compressed_answer_is_not_unpacked(
    server: Misbehaving, generator_of: Callable[..., EndpointGenerator], completion: Prompt
) -> None:
    """Nobody asked for one, and a small one could fill the memory."""
    answer = b'{"model": "acme/writer", "choices": [{"text": "Kalt."}]}'
    server.does(fails(200, gzip.compress(answer), Content_Encoding="gzip"))

    with pytest.raises(GenerationFailed, match="no completion in JSON"):
        generator_of(server).generate(completion, ONE)

    assert "identity" == server.received[0].headers["Accept-Encoding"]


def test_a_text_far_beyond_what_was_asked_for_is_refused(
    server: Misbehaving, generator_of: Callable[..., EndpointGenerator], completion: Prompt
) -> None:
    server.does(writes("x" * 100_000))

    with pytest.raises(GenerationFailed, match="far more than it was asked for"):
        generator_of(server).generate(completion, ONE)


def test_silence_is_no_text(
    server: Misbehaving, generator_of: Callable[..., EndpointGenerator], completion: Prompt
) -> None:
    server.does(writes(" \n"))

    with pytest.raises(GenerationFailed, match="the model wrote nothing in 5 attempts"):
        generator_of(server).generate(completion, FIVE)


def test_a_field_that_the_server_does_not_take_is_left_out_from_then_on(
    server: Misbehaving, generator_of: Callable[..., EndpointGenerator], chat: Prompt
) -> None:
    """vLLM refuses arguments for the template of a Mistral tokenizer, `transformers serve` refuses `top_k`."""

    def choosy(request: Handler) -> None:
        last = request.server.owner.received[-1].body  # type: ignore[attr-defined]
        (fails(400) if "chat_template_kwargs" in last else writes())(request)

    server.does(choosy)
    generator = generator_of(server)
    generator.generate(chat, ONE)
    asked = len(server.received)
    generator.generate(chat, FIVE)

    assert 3 == asked
    assert asked + 5 == len(server.received)
    assert all(received.body["top_k"] == 64 for received in server.received[asked:])


def test_a_server_with_one_seed_for_all_is_asked_for_one_candidate_at_a_time(
    server: Misbehaving, generator_of: Callable[..., EndpointGenerator], completion: Prompt
) -> None:
    """`transformers serve` sets the seed of its whole process: the next request would change that of the last."""
    busy, most = [0], [0]
    lock = threading.Lock()

    def counts(request: Handler) -> None:
        with lock:
            busy[0] += 1
            most[0] = max(most[0], busy[0])
        time.sleep(0.02)
        with lock:
            busy[0] -= 1
        writes()(request)

    server.does(fails(422), counts)
    generator_of(server, parallel=4).generate(completion, FIVE)
    of_transformers = most[0]
    server.does(counts)
    generator_of(server, parallel=4).generate(completion, FIVE)

    assert 1 == of_transformers
    assert 1 < most[0] <= 4


def test_nothing_of_content_or_key_reaches_a_log(
    server: Misbehaving,
    generator_of: Callable[..., EndpointGenerator],
    completion: Prompt,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Also where everything is logged, and also of the text that came back."""
    server.does(fails(500, CONTENT.encode()), writes(f" {CONTENT} kalt"))
    caplog.set_level(logging.DEBUG)
    generator = generator_of(server, api_key_variable="ACME_KEY")

    generator.generate(completion, FIVE)

    assert "HTTP/1.1 200" in caplog.text
    assert CONTENT not in caplog.text
    assert KEY not in caplog.text
    assert KEY not in f"{generator!r}{generator._access!r}"


def test_no_thread_and_no_connection_stays_behind(
    server: Misbehaving, generator_of: Callable[..., EndpointGenerator], completion: Prompt
) -> None:
    """The server's own threads, one for each open connection, end when the client closes them."""
    server.does(writes())
    before = {thread for thread in threading.enumerate() if "Handler" not in thread.name}

    generator_of(server).generate(completion, FIVE)

    handlers = set(threading.enumerate()) - before
    for thread in handlers:
        thread.join(timeout=10)
    assert not any(thread.is_alive() for thread in handlers)


def test_ctrl_c_ends_a_request_that_hangs(
    server: Misbehaving, generator_of: Callable[..., EndpointGenerator], completion: Prompt
) -> None:
    def interrupts(request: Handler) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        hangs(request)

    server.does(interrupts)
    # A shell starts what runs in the background with this signal switched off.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            generator_of(server).generate(completion, ONE)
    finally:
        signal.signal(signal.SIGINT, before)

    assert 1 == len(server.received)


def test_it_works_where_an_event_loop_runs_already(
    server: Misbehaving, generator_of: Callable[..., EndpointGenerator], completion: Prompt
) -> None:
    """As in a notebook."""
    server.does(writes())

    async def notebook() -> int:
        return len(generator_of(server).generate(completion, FIVE))

    assert 5 == asyncio.run(notebook())


def test_a_probe_tells_what_is_served(server: Misbehaving, endpoint_of: Callable[..., Endpoint]) -> None:
    server.does(fails(200, b'{"object": "list", "data": [{"id": "acme/writer", "object": "model"}, {"id": "b"}]}'))

    found = probe(endpoint_of(server), allowed_hosts=[server.host], environment={})

    assert (True, ("acme/writer", "b"), None) == (found.reachable, found.served, found.error)
    assert "/v1/models" == server.received[0].path


@pytest.mark.parametrize("status", [404, 500])
def test_a_server_without_a_listing_is_there_all_the_same(
    server: Misbehaving, endpoint_of: Callable[..., Endpoint], status: int
) -> None:
    server.does(fails(status))

    found = probe(endpoint_of(server), allowed_hosts=[server.host], environment={})

    assert (True, (), None) == (found.reachable, found.served, found.error)


@pytest.mark.parametrize(
    ("behaviour", "kind", "reachable"),
    [
        (fails(401), EndpointDenied, True),
        (hangs, EndpointUnavailable, False),
        (redirects(302, "https://login.example/"), EndpointRedirected, False),
    ],
    ids=["key", "hangs", "redirects"],
)
def test_a_probe_tells_what_is_wrong(
    server: Misbehaving,
    endpoint_of: Callable[..., Endpoint],
    behaviour: Behaviour,
    kind: type[GlocalError],
    *,
    reachable: bool,
) -> None:
    server.does(behaviour)

    found = probe(endpoint_of(server, **IMPATIENT), allowed_hosts=[server.host], environment={})

    assert kind is type(found.error)
    assert reachable == found.reachable
