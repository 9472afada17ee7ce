"""The desk listens on this machine only, and says so when it cannot."""

from __future__ import annotations

import socket
import threading

import httpx2
import pytest
from starlette.responses import PlainTextResponse

from pipeline.errors import UsageError
from pipeline.review.serving import _AnnouncingServer, address_of, open_listener, serve


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_it_listens_on_loopback(host: str) -> None:
    """Port 0 takes one that is free."""
    with open_listener(host, 0) as listener:
        name, port = listener.getsockname()

        assert ("127.0.0.1", f"http://127.0.0.1:{port}/") == (name, address_of(listener))


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
def test_it_listens_on_loopback_of_version_six() -> None:
    """Its address has brackets."""
    try:
        listener = open_listener("::1", 0)
    except UsageError:
        pytest.skip("this machine has no IPv6 loopback")
    with listener:
        assert address_of(listener).startswith("http://[::1]:")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.com", ""])  # noqa: S104 (must be refused)
def test_it_refuses_to_be_reached_from_elsewhere(host: str) -> None:
    """It has no accounts."""
    with pytest.raises(UsageError, match="no accounts yet"):
        open_listener(host, 0)


def test_a_port_in_use_is_one_clear_line() -> None:
    """With a way out."""
    with open_listener("127.0.0.1", 0) as first:
        with pytest.raises(UsageError, match="is in use") as refused:
            open_listener("127.0.0.1", first.getsockname()[1])

        assert "--port 0" in refused.value.hint


def test_a_port_that_is_not_allowed_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ports below 1024 belong to root."""

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(UsageError, match=r"cannot listen on 127\.0\.0\.1, port 80: Permission denied"):
        open_listener("127.0.0.1", 80)


def test_it_announces_itself_when_requests_are_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever reads the line may connect at once; told to stop, it ends quietly and gives the port back."""
    servers: list[_AnnouncingServer] = []
    monkeypatch.setattr(
        _AnnouncingServer, "run", lambda self, sockets: (servers.append(self), type(self).__base__.run(self, sockets))
    )
    listener, announced = open_listener("127.0.0.1", 0), threading.Event()
    address = address_of(listener)
    desk = threading.Thread(target=serve, args=(PlainTextResponse("here"), listener, announced.set))
    desk.start()
    assert announced.wait(10)
    assert "here" == httpx2.get(address, trust_env=False).text
    servers[0].should_exit = True
    desk.join(10)

    assert -1 == listener.fileno()


def test_an_interrupt_is_the_way_to_stop_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl+C is no error."""

    def interrupted(_self: object, **_sockets: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(_AnnouncingServer, "run", interrupted)
    listener = open_listener("127.0.0.1", 0)
    serve(PlainTextResponse(""), listener, lambda: None)

    assert -1 == listener.fileno()
