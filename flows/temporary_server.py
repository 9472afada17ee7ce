"""A Prefect server for one run: on loopback, behind a password of its own, gone when the run is gone.

The parent listens, hands the socket down (so no port can be taken in between) and holds a pipe to the child. The
child serves until the pipe closes: however the parent ends, SIGKILL included, no server stays behind.
"""

from __future__ import annotations

import errno
import fcntl
import http.client
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from pipeline.errors import DiskFull, GlocalError

if TYPE_CHECKING:
    import uvicorn

START_SECONDS = 90
"""A first start makes Prefect's tables; on a busy machine that was seen to take 30 seconds."""

STOP_SECONDS = 60
"""How long to wait for a server to go; one that was just starting first finishes that."""

GRACE_SECONDS = 2
"""How long a server waits for open connections when it stops."""


@contextmanager
def temporary_server(home: Path, log: Path) -> Iterator[dict[str, str]]:
    """Serve Prefect's API with its database in `home`; gives the environment that clients need.

    GlocalError when it does not come up; `log` says why.
    """
    password = f"glocal:{secrets.token_urlsafe(24)}"
    with _made(home, log) as output, socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with _one_start_at_a_time(home):
            server = _launch(listener, home, password, output)
            listener.close()
            try:
                _wait_until_healthy(port, home, log)
            except BaseException:
                _stop(server)
                raise
    try:
        yield {"PREFECT_API_URL": f"http://127.0.0.1:{port}/api", "PREFECT_API_AUTH_STRING": password}
    finally:
        _stop(server)


def _made(home: Path, log: Path) -> IO[bytes]:
    """Both folders, and the log opened to be written on."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        log.parent.mkdir(parents=True, exist_ok=True)
        return log.open("ab")
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DiskFull(f"{home}: there is no room left to write") from None
        hint = "Name a folder that can be written: PREFECT_HOME, or --workspace before the command."
        raise GlocalError(f"{error.filename}: {error.strerror}", hint=hint) from None


def _launch(listener: socket.socket, home: Path, password: str, output: IO[bytes]) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_API_AUTH_STRING": password,
        "PREFECT_API_AUTH_STRING": password,
        "PREFECT_API_BLOCKS_REGISTER_ON_START": "false",
        "PYTHONWARNINGS": "ignore",
    }
    return subprocess.Popen(  # noqa: S603 (this module, by this interpreter)
        [sys.executable, "-m", __name__, str(listener.fileno())],
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=output,
        pass_fds=[listener.fileno()],
        env=environment,
        # Away from the terminal's group: Ctrl+C stops the run, and the run stops its server.
        start_new_session=True,
    )


@contextmanager
def _one_start_at_a_time(home: Path) -> Iterator[None]:
    """Two servers that make the tables of one database at once trip over each other."""
    with (home / "start.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _wait_until_healthy(port: int, home: Path, log: Path) -> None:
    """One request: the socket takes it in at once, and the server answers it when it is ready."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_SECONDS)
    try:
        connection.request("GET", "/api/health")
        answer = str(connection.getresponse().status)
    except (OSError, http.client.HTTPException) as error:
        answer = type(error).__name__
    finally:
        connection.close()
    if answer != "200":
        raise GlocalError(
            f"Prefect's temporary server did not start ({answer})",
            hint=f"See {log}. {home} holds Prefect's history only: it may be deleted.",
        )


def _stop(server: subprocess.Popen[bytes]) -> None:
    if server.stdin:
        server.stdin.close()
    try:
        server.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _serve(descriptor: int) -> None:
    """Serve on an inherited socket until standard input closes."""
    serving: list[uvicorn.Server] = []
    threading.Thread(target=_follow_parent, args=(serving,), daemon=True).start()
    import uvicorn
    from prefect.server.api.server import create_app

    app = create_app(ephemeral=True, final=True)
    config = uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=GRACE_SECONDS)
    serving.append(uvicorn.Server(config))
    serving[0].run(sockets=[socket.socket(fileno=descriptor)])


def _follow_parent(serving: list[uvicorn.Server]) -> None:
    sys.stdin.buffer.read()
    for server in serving:
        server.should_exit = True
        # Never in the middle of making the tables: Prefect could not use a database that was left half-made.
        while not server.started:
            time.sleep(0.1)
        time.sleep(2 * GRACE_SECONDS)
    os._exit(0)


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
