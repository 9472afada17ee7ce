"""What stands before every route: who may ask, how much they may send, and what the browser is told.

Pure ASGI, around the whole application, so that error pages are guarded like any other. Without accounts the
desk trusts the machine it runs on, and nothing else: a page of another site must not reach it through the
reviewer's browser, neither by name (DNS rebinding) nor by form (CSRF).
"""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
"""Names of this machine, as they stand in a Host header."""

MAX_BODY = 1_000_000
"""Bytes that a form may have."""

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: under it a browser sends `Origin: null` with a form, and the origin could not be checked.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

_SAFE_METHODS = frozenset({"GET", "HEAD"})


class Guarded:
    """An application behind the desk's guards; `port` is the one it listens on."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._hosts = allowed_hosts(port)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on; either way the answer carries the security headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        secured = _with_headers(send)
        refusal = self._refusal(Headers(scope=scope), scope["method"])
        if refusal is not None:
            await refusal(scope, receive, secured)
        elif scope["method"] in _SAFE_METHODS:
            await self._app(scope, receive, secured)
        else:
            await self._pass_body(scope, receive, secured)

    def _refusal(self, headers: Headers, method: str) -> PlainTextResponse | None:
        host = headers.get("host", "")
        if host not in self._hosts:
            return PlainTextResponse("This desk answers only under the address that it printed.", 421)
        if method not in _SAFE_METHODS and not _same_origin(headers, host):
            return PlainTextResponse("This form came from another site. Nothing was saved.", 403)
        return None

    async def _pass_body(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _read_body(receive)
        if body is None:
            too_long = f"The form is longer than {MAX_BODY:,} bytes. Nothing was saved; go back and shorten it."
            await PlainTextResponse(too_long, 413)(scope, receive, send)
        else:
            await self._app(scope, _replaying(body, receive), send)


def allowed_hosts(port: int) -> frozenset[str]:
    """Host headers that name this desk."""
    named = {f"{name}:{port}" for name in LOOPBACK}
    return frozenset(named | set(LOOPBACK) if port == 80 else named)  # noqa: PLR2004 (what a browser leaves out)


def _same_origin(headers: Headers, host: str) -> bool:
    """Whether a form came from a page of this desk. A browser tells by at least one header, and neither lies."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is None and origin is None:
        return False
    return site in (None, "same-origin") and origin in (None, f"http://{host}")


async def _read_body(receive: Receive) -> bytes | None:
    """The whole body, or None as soon as it is too long, or cut off: half a text must never be decided on."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > MAX_BODY or message["type"] == "http.disconnect":
            return None
        if not message.get("more_body", False):
            return bytes(body)


def _replaying(body: bytes, receive: Receive) -> Receive:
    whole: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return whole.pop() if whole else await receive()

    return replay


def _with_headers(send: Send) -> Send:
    async def secured(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers[name] = value
            headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return secured
