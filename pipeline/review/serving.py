"""Listens on loopback and serves the desk until it is told to stop."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from pipeline.errors import UsageError

_ADDRESSES = {
    "127.0.0.1": (socket.AF_INET, "127.0.0.1"),
    "localhost": (socket.AF_INET, "127.0.0.1"),
    "::1": (socket.AF_INET6, "::1"),
}

_GRACE_SECONDS = 5
"""How long open requests may take to end after the desk was told to stop."""


def open_listener(host: str, port: int) -> socket.socket:
    """A socket bound to this machine only; `port` 0 takes any that is free. UsageError where that cannot be."""
    if host not in _ADDRESSES:
        raise UsageError(
            f"the review desk has no accounts yet, so it does not listen on {host}",
            hint="It serves this machine only: --host 127.0.0.1.",
        )
    family, address = _ADDRESSES[host]
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise _cannot_listen(address, port, error) from None
    return listener


def address_of(listener: socket.socket) -> str:
    """The address to type into a browser."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def serve(app: ASGIApp, listener: socket.socket, announce: Callable[[], None]) -> None:
    """Serve until Ctrl+C or SIGTERM; `announce` is called once requests are answered."""
    config = uvicorn.Config(
        app,
        lifespan="off",
        ws="none",
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    try:
        _AnnouncingServer(config, announce).run(sockets=[listener])
    except KeyboardInterrupt:
        pass  # the way to stop it: nothing went wrong
    finally:
        listener.close()


class _AnnouncingServer(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._announce()


def _cannot_listen(address: str, port: int, error: OSError) -> UsageError:
    if error.errno == errno.EADDRINUSE:
        return UsageError(
            f"port {port} on {address} is in use",
            hint="Is a desk running already? Take another port: --port 0 finds a free one.",
        )
    return UsageError(f"cannot listen on {address}, port {port}: {error.strerror}", hint="Take another port: --port 0.")
