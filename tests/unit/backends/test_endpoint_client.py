"""What is checked before a socket is opened, and how long to wait between attempts."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.backends.endpoint_client import Backoff, EndpointAccess
from pipeline.backends.endpoint_generator import EndpointGenerator, probe
from pipeline.domain.endpoint import Endpoint
from pipeline.errors import DataError, EndpointDenied, EndpointRefused

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def endpoint(url: str = "https://llm.example.eu/v1", **facts: Any) -> Endpoint:
    return Endpoint(id="near", url=url, model="acme/writer", provider="self", located_in="DE", **facts)


@pytest.fixture
def no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    """To open one is a failure."""

    def refuse(*_: object, **__: object) -> None:
        pytest.fail("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.usefixtures("no_socket")
@pytest.mark.parametrize(
    "allowed",
    [
        [],
        [""],
        ["other.example.eu"],
        ["example.eu"],
        ["llm.example.eu.evil.example"],
        ["llm.example.eu:8443"],
        ["other.example.eu/llm.example.eu"],
        ["llm.example.eu/v1"],
        ["somebody@llm.example.eu"],
        ["llm.example.eu?", "llm.example.eu#", "llm.example.eu\\"],
        ["*.example.eu", "*"],
        ["[", "llm.example.eu:99999999", "\x00"],
    ],
)
def test_a_host_that_the_region_does_not_allow_is_refused_before_a_socket_is_opened(allowed: list[str]) -> None:
    """A list names hosts and ports; it knows no patterns, and what is no host allows nothing."""
    with pytest.raises(EndpointRefused, match=r"may not be sent to llm\.example\.eu"):
        EndpointGenerator(endpoint(), allowed_hosts=allowed, environment={})


@pytest.mark.usefixtures("no_socket")
def test_a_probe_of_such_a_host_opens_no_socket_either() -> None:
    found = probe(endpoint(), allowed_hosts=[], environment={})

    assert EndpointRefused is type(found.error)


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://llm.example.eu/v1", "llm.example.eu"),
        ("https://LLM.Example.EU/v1", "llm.example.eu"),
        ("https://llm.example.eu/v1", "LLM.example.eu"),
        ("https://llm.example.eu:443/v1", "llm.example.eu"),
        ("https://llm.example.eu/v1", "llm.example.eu:443"),
        ("https://llm.example.eu:8443/v1", "llm.example.eu:8443"),
        ("https://bücher.example/v1", "xn--bcher-kva.example"),
        ("https://xn--bcher-kva.example/v1", "bücher.example"),
        ("http://127.0.0.1:8000/v1", "127.0.0.1:8000"),
        ("http://[::1]:8000/v1", "[::1]:8000"),
    ],
)
def test_a_host_is_the_same_however_it_is_written(url: str, allowed: str) -> None:
    """Letters of either case, with the usual port or without, in its own letters or in ASCII."""
    assert EndpointAccess(endpoint(url), allowed_hosts=[allowed], environment={})


@pytest.mark.parametrize(
    "url", ["https://llm.example.eu:8443/v1", "https://bu\u0308cher.example\u200b/v1", "https://llm.example.eu\\x/v1"]
)
def test_what_only_looks_like_an_allowed_host_is_refused(url: str) -> None:
    with pytest.raises(EndpointRefused):
        EndpointAccess(endpoint(url), allowed_hosts=["llm.example.eu", "bücher.example"], environment={})


@pytest.mark.parametrize(
    ("environment", "problem"),
    [
        ({}, "ACME_KEY is not set"),
        ({"ACME_KEY": ""}, "ACME_KEY is not set"),
        ({"ACME_KEY": " \n"}, "ACME_KEY is not set"),
        ({"ACME_KEY": "geheim\r\nX-Evil: 1"}, "ACME_KEY does not hold a key"),
        ({"ACME_KEY": "schlüssel-geheim"}, "ACME_KEY does not hold a key"),
    ],
)
def test_a_key_that_is_missing_or_no_key_is_told_without_it(environment: dict[str, str], problem: str) -> None:
    """A line break in a header would end it, and errors of the client would quote it."""
    with pytest.raises(EndpointDenied, match=problem) as caught:
        EndpointAccess(endpoint(api_key_variable="ACME_KEY"), allowed_hosts=["llm.example.eu"], environment=environment)

    assert "geheim" not in f"{caught.value}{caught.value.hint}"


@pytest.mark.parametrize("content", [None, "no certificate", ""])
def test_an_authority_that_cannot_be_read_is_told_by_its_file(content: str | None, tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content, encoding="utf-8")

    with pytest.raises(DataError, match=r"ca\.pem: cannot be read as a certificate"):
        EndpointAccess(endpoint(ca_file=str(path)), allowed_hosts=["llm.example.eu"], environment={})


def test_waits_double_up_to_a_limit() -> None:
    backoff = Backoff(first=1, longest=5, part_of=lambda limit: limit)

    assert [1, 2, 4, 5, 5] == [backoff.wait(attempt, None) for attempt in range(5)]


def test_any_part_of_a_wait_may_be_waited() -> None:
    """Requests that failed together do not come back together."""
    waits = {Backoff(first=8).wait(0, None) for _ in range(50)}

    assert len(waits) > 40
    assert all(0 <= wait <= 8 for wait in waits)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("0", 0),
        ("120", 120),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30),
        ("Sun, 01 Mar 2026 12:00:30 -0000", 30),
        ("Sun, 01 Mar 2026 13:00:30 +0100", 30),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        ("9" * 5_000, None),
        ("Sun, 99 Mar 2026 12:00:30 GMT", None),
    ],
)
def test_a_wait_is_asked_for_in_seconds_or_as_a_date(header: str | None, seconds: float | None) -> None:
    """What is neither asks for nothing."""
    assert seconds == Backoff(now=lambda: NOON).asked(header)
