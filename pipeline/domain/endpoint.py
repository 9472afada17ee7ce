"""Where a model runs and who runs it: questions apart from whose weights it has."""

from __future__ import annotations

import ipaddress
from contextlib import suppress
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, model_validator

from pipeline.domain.jurisdiction import Country
from pipeline.domain.rule import Jurisdiction
from pipeline.domain.value import Identifier, Line, Value

HostName = Annotated[str, StringConstraints(pattern=r"^[^\s/?#@\\*]+$", max_length=262)]
"""A host as it stands in a URL, with `:port` where that is not the usual one; no patterns."""

STORE = "store"
"""Where a model runs in this process, from weights of the model store: no endpoint is called so."""

OWN_MACHINES = "self"
"""The provider of an endpoint that the team runs itself: no other operator sees what is sent."""


class Exposure(Value):
    """A jurisdiction whose authorities may ask the operator for what it processes, wherever that is, and why."""

    jurisdiction: Jurisdiction
    law: Line


class Provider(Value):
    """An operator of machines that run models: who it is and which laws reach it.

    `country` is that of its seat, `parent_country` that of whoever owns it (ISO 3166). `verified` is true when the
    facts were read in `sources`.
    """

    id: Identifier
    name: Line
    country: Jurisdiction
    parent: str = ""
    parent_country: Jurisdiction | None = None
    exposed_to: tuple[Exposure, ...] = ()
    verified: bool
    sources: tuple[Line, ...] = Field(min_length=1)
    notes: str = ""

    @property
    def reach(self) -> frozenset[str]:
        """Every jurisdiction whose authorities may ask it for content: its seat, its owner's, and by exposure."""
        owners = {self.parent_country} if self.parent_country else set()
        return frozenset({self.country, *owners, *(exposure.jurisdiction for exposure in self.exposed_to)})


class Endpoint(Value):
    """An OpenAI-compatible server (vLLM, TGI, `transformers serve`) that runs one model of the catalog.

    `url` is the base before `/chat/completions`, usually ending in `/v1`. `model` is the catalog's id, `served_as`
    the name that the server knows, `revision` the 40-hex commit that its operator says it runs: nobody here can
    prove it. `provider` is the id of a provider, or `self`. `located_in` is the country of the machines (ISO 3166).
    `api_key_variable` names the environment variable that holds the key: a key is never written into a file.
    `ca_file` is a PEM file of the authority that signed the server's certificate, where that is no public one.
    Times in seconds; an answer must be whole `read_seconds` after the connection. `attempts` are made of each
    request, `parallel` requests at once.
    """

    id: Identifier
    url: str = Field(pattern=r"^https?://[^/?#@\s]+(/[^?#\s]*)?$")
    model: Line
    served_as: str = ""
    revision: str | None = Field(default=None, pattern=r"^[0-9a-f]{40}$")
    provider: Identifier
    located_in: Country
    api_key_variable: str | None = Field(default=None, pattern=r"^[A-Z][A-Z0-9_]*$")
    connect_seconds: float = Field(default=10, gt=0, le=120)
    read_seconds: float = Field(default=120, gt=0, le=3_600)
    attempts: int = Field(default=4, ge=1, le=10)
    parallel: int = Field(default=4, ge=1, le=64)
    ca_file: Line | None = None

    @property
    def served_name(self) -> str:
        """The name to ask the server for."""
        return self.served_as or self.model

    @property
    def host(self) -> str:
        """`host` or `host:port` of the URL: what an allow-list names."""
        return canonical_host(urlsplit(self.url).netloc)

    @model_validator(mode="after")
    def _can_be_used(self) -> Self:
        if self.id == STORE:
            raise ValueError(f"{STORE!r} is where models run without an endpoint: give it another id")
        if urlsplit(self.url).port == 0:
            raise ValueError("port 0 is no address")
        if self.url.startswith("http://") and not _is_loopback(urlsplit(self.url).hostname or ""):
            raise ValueError("content may leave this machine over https only")
        return self


class EndpointFile(Value):
    """Providers, the endpoints that they or the user run, and which hosts content of each region may be sent to."""

    providers: tuple[Provider, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    allowed_hosts: dict[Identifier, tuple[HostName, ...]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _names_are_known_and_unique(self) -> Self:
        for kind, names in (
            ("providers", [item.id for item in self.providers]),
            ("endpoints", [item.id for item in self.endpoints]),
        ):
            twice = next((name for name in names if names.count(name) > 1), None)
            if twice:
                raise ValueError(f"two {kind} have the id {twice!r}")
        return self


def canonical_host(host: str) -> str:
    """A host as every spelling of it is compared: lower case, IDNA (RFC 5891), without the usual port of https."""
    name, _, port = host.rpartition(":") if not host.endswith("]") and ":" in host else (host, "", "")
    with suppress(UnicodeError):  # what is no name in IDNA, an address say, stands as it is
        name = name.encode("idna").decode("ascii")
    return name.lower() + (f":{port}" if port not in ("", "443") else "")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
