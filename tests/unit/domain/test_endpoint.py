"""Where a model runs and who runs it: what a file may say, and what follows from it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from pipeline.domain.endpoint import Endpoint, EndpointFile, Provider, canonical_host

FACTS: dict[str, Any] = {
    "id": "near",
    "url": "https://llm.example.eu/v1",
    "model": "acme/writer",
    "provider": "self",
    "located_in": "DE",
}

OPERATOR: dict[str, Any] = {
    "id": "acme",
    "name": "Acme Cloud",
    "country": "DE",
    "verified": True,
    "sources": ["https://acme.example/imprint"],
}


@pytest.mark.parametrize(
    "url",
    [
        "http://llm.example.eu/v1",
        "http://10.0.0.1:8000/v1",
        "http://localhost.example.eu/v1",
        "http://127.0.0.1.example.eu/v1",
        "http://0.0.0.0:8000/v1",
    ],
)
def test_content_leaves_the_machine_encrypted_or_not_at_all(url: str) -> None:
    """Also within a company's own network."""
    with pytest.raises(ValidationError, match="over https only"):
        Endpoint(**FACTS | {"url": url})


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000/v1", "http://localhost:8000", "http://[::1]:8000/v1", "https://10.0.0.1/v1"]
)
def test_loopback_needs_no_encryption(url: str) -> None:
    assert url == Endpoint(**FACTS | {"url": url}).url


@pytest.mark.parametrize(
    "url",
    [
        "https://somebody:word@llm.example.eu/v1",
        "https://llm.example.eu@evil.example/v1",
        "https://llm.example.eu/v1?key=1",
        "https://llm.example.eu/v1#top",
        "https:///v1",
        "ftp://llm.example.eu/v1",
        "llm.example.eu/v1",
        "https://llm.example.eu/v 1",
    ],
)
def test_an_address_names_a_host_and_a_path_and_nothing_else(url: str) -> None:
    """A key in an address would stand in logs, and a name before `@` is there to be mistaken for the host."""
    with pytest.raises(ValidationError):
        Endpoint(**FACTS | {"url": url})


def test_a_key_is_named_and_never_written_down() -> None:
    """What is no name of a variable may be the key itself."""
    with pytest.raises(ValidationError):
        Endpoint(**FACTS, api_key_variable="sk-0123456789")


@pytest.mark.parametrize(
    "bounds",
    [
        {"attempts": 0},
        {"attempts": 11},
        {"parallel": 0},
        {"parallel": 65},
        {"read_seconds": 0},
        {"connect_seconds": 0},
        {"read_seconds": 3_601},
        {"read_seconds": float("inf")},
    ],
)
def test_nothing_is_waited_for_or_tried_for_ever(bounds: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        Endpoint(**FACTS | bounds)


def test_a_server_is_asked_by_the_name_that_it_knows() -> None:
    """Which is the catalog's where the file gives no other."""
    assert "acme/writer" == Endpoint(**FACTS).served_name
    assert "writer" == Endpoint(**FACTS, served_as="writer").served_name


@pytest.mark.parametrize("host", ["https://llm.example.eu", "llm.example.eu/v1", "somebody@llm.example.eu", "", "a b"])
def test_an_allow_list_holds_hosts(host: str) -> None:
    """An address in their place would allow nothing, and nobody would see why."""
    with pytest.raises(ValidationError):
        EndpointFile(allowed_hosts={"eu": (host,)})


def test_a_host_may_have_a_port() -> None:
    hosts = ("llm.example.eu", "llm.example.eu:8443", "[::1]:8000", "bücher.example")

    assert hosts == EndpointFile(allowed_hosts={"eu": hosts}).allowed_hosts["eu"]


def test_an_operator_is_within_reach_of_its_seat_its_owner_and_whoever_else_may_ask() -> None:
    exposed = {"jurisdiction": "GB", "law": "IPA 2016"}
    operator = Provider.model_validate(OPERATOR | {"parent_country": "US", "exposed_to": [exposed]})

    assert {"DE", "US", "GB"} == operator.reach
    assert {"DE"} == Provider.model_validate(OPERATOR).reach


@pytest.mark.parametrize(("kind", "item"), [("endpoints", FACTS), ("providers", OPERATOR)])
def test_two_of_one_name_are_a_mistake(kind: str, item: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=f"two {kind} have the id"):
        EndpointFile.model_validate({kind: [item, item]})


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("LLM.Example", "llm.example"),
        ("llm.example:443", "llm.example"),
        ("llm.example:8443", "llm.example:8443"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("127.0.0.1:8000", "127.0.0.1:8000"),
        ("[::1]:8000", "[::1]:8000"),
        ("[::1]", "[::1]"),
    ],
)
def test_every_spelling_of_a_host_is_one(written: str, canonical: str) -> None:
    """An allow-list and an address that mean the same host compare equal, and a port is part of it."""
    assert canonical_host(written) == canonical
    assert canonical_host(canonical) == canonical
