"""The one way out to an endpoint: to its own host only, never further, never for ever.

Knows hosts, keys, times and statuses; knows nothing of prompts, models or samples. Errors name the endpoint, and
never repeat what was sent or answered: both may hold content.
"""

from __future__ import annotations

import asyncio
import random
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal

import httpx

from pipeline.domain.endpoint import Endpoint
from pipeline.errors import (
    DataError,
    EndpointDenied,
    EndpointRedirected,
    EndpointRefused,
    EndpointUnavailable,
    GenerationFailed,
)

MAX_ANSWER_BYTES = 8 * 2**20
"""The most that is read of one answer: far more than any copy, with its thoughts, takes."""

MAY_PASS = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
"""Statuses after which the same request may succeed."""

_KEY = re.compile(r"[\x21-\x7e]+")

_NO_HOST = frozenset("/?#@\\")
"""Characters that would make part of an allowed host something else."""

_SECONDS = re.compile(r"\d{1,9}")


class NoAnswer(Exception):
    """Raised when one attempt ended without an answer, in a way that may pass; the message says how."""


@dataclass(frozen=True)
class Answer:
    """What came back. `retry_after` is the wait that the server asked for, in seconds."""

    status: int
    content_type: str
    body: bytes = field(repr=False)
    retry_after: float | None = None


def _any_part(limit: float) -> float:
    return random.uniform(0, limit)  # noqa: S311 (it spreads requests, it protects nothing)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Backoff:
    """How long to wait before another attempt, in seconds: doubled each time, any part of it ("full jitter").

    A server that says how long is waited for as long, up to `longest`, and up to `first` more, so that requests that
    were turned away together do not come back together.
    """

    first: float = 1
    longest: float = 30
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    part_of: Callable[[float], float] = _any_part
    now: Callable[[], datetime] = _now

    def wait(self, attempt: int, asked: float | None) -> float:
        """Seconds to wait after attempt number `attempt`, counted from 0."""
        if asked is not None:
            return min(asked, self.longest) + self.part_of(self.first)
        return self.part_of(min(self.longest, self.first * 2**attempt))

    def asked(self, header: str | None) -> float | None:
        """A `Retry-After` header, which gives seconds or a date, in seconds from now; None when it says nothing."""
        if header is None:
            return None
        if _SECONDS.fullmatch(header):
            return float(header)
        try:
            date = parsedate_to_datetime(header)
        except (ValueError, OverflowError):
            return None
        return max(0.0, (date.replace(tzinfo=date.tzinfo or UTC) - self.now()).total_seconds())


class EndpointAccess:
    """Everything that is checked before a socket is opened: the host, the certificate authority, the key.

    access = EndpointAccess(endpoint, allowed_hosts={"llm.example.eu"}, environment=os.environ)
    async with access.connection() as connection:
        answer = await connection.post("/completions", {"model": ..., "prompt": ...})

    `allowed_hosts` are hosts as in a URL, with a port where it is not the usual one. Proxies, `.netrc` and the
    certificates of the environment are not looked at. Raises EndpointRefused, EndpointDenied, or DataError for a
    `ca_file` that cannot be read.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        allowed_hosts: Collection[str],
        environment: Mapping[str, str],
        backoff: Backoff | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._backoff = backoff or Backoff()
        scheme = endpoint.url.partition(":")[0]
        self._allowed = frozenset(_origin(f"{scheme}://{host}") for host in allowed_hosts if not _NO_HOST & set(host))
        _require_allowed(_origin(endpoint.url), self._allowed)
        self._headers = {
            "Accept": "application/json",
            # A compressed answer could be small on the wire and fill the memory.
            "Accept-Encoding": "identity",
            "User-Agent": "glocal",
            **_authorization(endpoint, environment),
        }
        self._tls = _tls_context(endpoint) if scheme == "https" else None

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[EndpointConnection]:
        """An open connection for the running event loop, closed at the end."""
        limits = httpx.Limits(max_connections=self._endpoint.parallel)
        # Without TLS there is nothing to verify, and loading certificates for it would take longer than the request.
        inner = httpx.AsyncHTTPTransport(verify=self._tls or False, trust_env=False, limits=limits)
        async with httpx.AsyncClient(
            transport=_Gate(self._allowed, inner),
            headers=self._headers,
            timeout=httpx.Timeout(self._endpoint.read_seconds, connect=self._endpoint.connect_seconds),
            follow_redirects=False,
            trust_env=False,
        ) as client:
            yield EndpointConnection(client, self._endpoint, self._backoff)


class EndpointConnection:
    """Requests to one endpoint, each tried as often as it says."""

    def __init__(self, client: httpx.AsyncClient, endpoint: Endpoint, backoff: Backoff) -> None:
        self._client = client
        self._endpoint = endpoint
        self._backoff = backoff

    async def post(self, path: str, body: Mapping[str, Any]) -> Answer:
        """Send JSON; the answer is one that trying again would not change.

        Raises EndpointUnavailable after the last attempt, and at once EndpointRedirected, EndpointRefused, or
        GenerationFailed for an answer that is too large.
        """
        problem = ""
        for attempt in range(self._endpoint.attempts):
            asked = None
            try:
                answer = await self.attempt("POST", path, body)
            except NoAnswer as no_answer:
                problem = str(no_answer)
            else:
                if answer.status not in MAY_PASS:
                    return answer
                problem, asked = f"it answered with status {answer.status}", answer.retry_after
            if attempt + 1 < self._endpoint.attempts:
                await self._backoff.sleep(self._backoff.wait(attempt, asked))
        raise EndpointUnavailable(f"{self._name} failed {self._endpoint.attempts} times: {problem}")

    async def attempt(self, method: Literal["GET", "POST"], path: str, body: Mapping[str, Any] | None = None) -> Answer:
        """Send one request once, whatever comes back; raises NoAnswer when nothing whole does.

        The whole exchange must end within `connect_seconds` and `read_seconds`: time-outs for single reads alone
        would let a server dribble for ever.
        """
        url = self._endpoint.url.rstrip("/") + path
        try:
            async with (
                asyncio.timeout(self._endpoint.connect_seconds + self._endpoint.read_seconds),
                self._client.stream(method, url, json=body) as response,
            ):
                return await self._read(response)
        except (TimeoutError, httpx.TimeoutException):
            raise NoAnswer("no whole answer came in time") from None
        except httpx.TransportError as error:
            if _is_untrusted(error):
                raise EndpointRefused(
                    f"{self._name} has a certificate that is not trusted",
                    hint="Set `ca_file` in endpoints.yaml to the certificate of the authority that signed it.",
                ) from None
            raise NoAnswer(f"the connection failed ({type(error).__name__})") from None

    async def _read(self, response: httpx.Response) -> Answer:
        if response.is_redirect:
            raise EndpointRedirected(f"{self._name} sends the request on to {_target(response)}")
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > MAX_ANSWER_BYTES:
                raise GenerationFailed(
                    f"{self._name} answered with more than {MAX_ANSWER_BYTES // 2**20} MB",
                    hint="Check what stands at its url in endpoints.yaml.",
                )
        return Answer(
            status=response.status_code,
            content_type=response.headers.get("content-type", "").partition(";")[0].strip().lower(),
            body=bytes(body),
            retry_after=self._backoff.asked(response.headers.get("retry-after")),
        )

    @property
    def _name(self) -> str:
        return f"endpoint {self._endpoint.id} ({self._endpoint.host})"


class _Gate(httpx.AsyncBaseTransport):
    """The last thing before the socket: whatever asks for a request, it goes to an allowed host or nowhere."""

    def __init__(self, allowed: frozenset[str | None], inner: httpx.AsyncBaseTransport) -> None:
        self._allowed = allowed
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        _require_allowed(_origin(str(request.url)), self._allowed)
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


def _origin(url: str) -> str | None:
    """Scheme, host and port as the client itself will read them: lower case, IDNA, no usual port; None if it cannot."""
    try:
        read = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        return None
    return f"{read.scheme}://{read.netloc.decode('ascii')}" if read.host else None


def _require_allowed(origin: str | None, allowed: frozenset[str | None]) -> None:
    if origin is None or origin not in allowed:
        host = (origin or "").partition("://")[2] or "an address that cannot be read"
        raise EndpointRefused(f"content of this region may not be sent to {host}")


def _target(response: httpx.Response) -> str:
    """The host that a redirect names, and nothing else of the address: it may repeat what was sent."""
    try:
        origin = _origin(str(response.url.join(response.headers["location"])))
    except (KeyError, httpx.InvalidURL, ValueError):
        origin = None
    return (origin or "").partition("://")[2] or "another address"


def _authorization(endpoint: Endpoint, environment: Mapping[str, str]) -> dict[str, str]:
    variable = endpoint.api_key_variable
    if variable is None:
        return {}
    key = environment.get(variable, "").strip()
    if not _KEY.fullmatch(key):
        problem = "does not hold a key" if key else "is not set"
        raise EndpointDenied(
            f"endpoint {endpoint.id} needs a key, and {variable} {problem}",
            hint=f"Set {variable} to the key that the endpoint's operator gave you.",
        )
    return {"Authorization": f"Bearer {key}"}


def _tls_context(endpoint: Endpoint) -> ssl.SSLContext:
    """Trusts the authority of `ca_file` alone, or else the public ones."""
    if endpoint.ca_file is None:
        return httpx.create_ssl_context(trust_env=False)
    try:
        return ssl.create_default_context(cafile=endpoint.ca_file)
    except (OSError, ValueError):
        raise DataError("cannot be read as a certificate in PEM format", path=endpoint.ca_file) from None


def _is_untrusted(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error is not None
