"""A small hub on loopback: what huggingface_hub asks a real one, and the faults that a real one may have."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import yaml

from pipeline.domain.model_card import ModelCard
from pipeline.modelstore.hub import Hub
from pipeline.modelstore.hub_source import HubSource
from pipeline.modelstore.manifest import Manifest
from pipeline.modelstore.pull import Dialogue, pull_model
from pipeline.modelstore.store import ModelStore

MODEL = "acme/tiny-1"
COMMIT = "c0ffee" * 6 + "c0de"
TOKEN = "hf_secretsecretsecret"  # noqa: S105 (opens nothing)

GLOCAL = Path(sys.executable).with_name("glocal")


def safetensors(size: int) -> bytes:
    """Weights of about so many bytes, with nothing in them that compresses or repeats."""
    numbers = b"".join(hashlib.sha512(str(n).encode()).digest() for n in range(size // 64))
    header = json.dumps({"w": {"dtype": "U8", "shape": [len(numbers)], "data_offsets": [0, len(numbers)]}}).encode()
    return len(header).to_bytes(8, "little") + header + numbers


WEIGHTS = safetensors(6_000_000)

FILES: dict[str, bytes] = {
    "config.json": b'{"model_type": "llama", "architectures": ["LlamaForCausalLM"]}',
    "generation_config.json": b'{"do_sample": true}',
    "tokenizer.json": b'{"model": {"vocab": {}}}',
    "tokenizer_config.json": b'{"tokenizer_class": "LlamaTokenizer", "chat_template": "{{ messages[0].content }}"}',
    "model.safetensors": WEIGHTS,
    "LICENSE": b"Do as you like.",
}

OTHERS: dict[str, bytes] = {
    "README.md": b"# Tiny",
    "modeling_tiny.py": b"raise SystemExit",
    "pytorch_model.bin": b"\x80\x04evil",
    "consolidated.safetensors": WEIGHTS,
    "tiny.gguf": b"GGUF",
    "onnx/model.onnx": b"onnx",
    "original/params.json": b"{}",
    ".gitattributes": b"*.safetensors filter=lfs",
}
"""What a repository has besides, and nobody needs."""


@dataclass
class Asked:
    """One request that a server got."""

    server: str
    method: str
    path: str
    headers: dict[str, str]

    @property
    def start(self) -> int:
        """The byte that a range begins with."""
        found = re.match(r"bytes=(\d+)-", self.headers.get("range", ""))
        return int(found.group(1)) if found else 0


@dataclass
class SmallHub:
    """Two servers, a hub and its content network, with one model; every attribute may be changed by a test."""

    files: dict[str, bytes]
    commit: str = COMMIT
    names: set[str] = field(default_factory=lambda: {MODEL})
    needs_token: str | None = None
    gated: bool = False
    served: dict[str, bytes] = field(default_factory=dict)
    """What is sent instead of a file's own content."""
    cuts: list[int] = field(default_factory=list)
    """After how many bytes each of the next answers of the content network breaks off."""
    gone: bool = False
    """Whether the content network closes every connection at once."""
    broken: int | None = None
    """A status that the hub answers everything with."""
    no_ranges: bool = False
    endless: bool = False
    """Whether files come without a length, and with more than they have."""
    moved: bool = False
    """Whether the hub sends every request on to the other server."""
    redirect: str | None = None
    """Where files are said to be."""
    relisted: Callable[[list[dict[str, Any]]], list[dict[str, Any]]] = list
    api_body: bytes | None = None
    pause: threading.Event | None = None
    """Holds the content network in the middle of a file until it is set."""
    paused: threading.Event = field(default_factory=threading.Event)
    asked: list[Asked] = field(default_factory=list)
    ports: dict[str, int] = field(default_factory=dict)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.ports['hub']}"

    def asked_for(self, server: str, word: str = "") -> list[Asked]:
        """The requests that one server got, by a word of the path."""
        return [asked for asked in self.asked if asked.server == server and word in asked.path]

    def listing(self) -> dict[str, Any]:
        """What the interface says of the model's files."""
        entries = [_entry(path, content) for path, content in self.files.items()]
        return {"id": MODEL, "sha": self.commit, "siblings": self.relisted(entries)}


def is_large(path: str) -> bool:
    """Whether the content network has it."""
    return path.endswith((".safetensors", ".bin", ".gguf"))


def _entry(path: str, content: bytes) -> dict[str, Any]:
    blob = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
    entry: dict[str, Any] = {"rfilename": path, "size": len(content), "blobId": blob}
    if is_large(path):
        entry["lfs"] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134}
        entry["blobId"] = "0" * 40
    return entry


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: SmallHub
    server_name: str

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.hub.asked.append(Asked(self.server_name, self.command, self.path, headers))
        path = unquote(urlsplit(self.path).path)
        try:
            if self.server_name == "hub":
                self._answer_as_hub(path)
            else:
                self._answer_as_content_network(path)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _answer_as_hub(self, path: str) -> None:
        hub = self.hub
        model = re.fullmatch(r"/api/models/([^/]+/[^/]+)(?:/revision/(.+))?", path)
        file = re.fullmatch(r"/([^/]+/[^/]+)/resolve/([0-9a-f]{40})/(.+)", path)
        if hub.broken is not None:
            self._send(hub.broken, b"{}")
        elif hub.moved:
            self._send(307, b"", location=f"http://127.0.0.1:{hub.ports['cdn']}{path}")
        elif hub.needs_token and self.headers.get("authorization") != f"Bearer {hub.needs_token}":
            self._refuse(401, "", "Invalid credentials in Authorization header")
        elif model and model.group(1) not in hub.names:
            self._refuse(404, "RepoNotFound", "Repository not found")
        elif model and model.group(2) not in {None, hub.commit}:
            self._refuse(404, "RevisionNotFound", "Invalid rev id")
        elif model:
            self._send(200, hub.api_body or json.dumps(hub.listing()).encode())
        elif file:
            self._resolve(file.group(3))
        else:
            self._refuse(404, "", "")

    def _resolve(self, name: str) -> None:
        if self.hub.gated:
            return self._refuse(403 if self.headers.get("authorization") else 401, "GatedRepo", "Access is restricted")
        if name not in self.hub.files:
            return self._refuse(404, "EntryNotFound", "Entry not found")
        if is_large(name):
            place = self.hub.redirect or f"http://127.0.0.1:{self.hub.ports['cdn']}/{name}?signature=s3cr3t"
            return self._send(302, b"", location=place)
        return self._send(200, self.hub.served.get(name, self.hub.files[name]))

    def _answer_as_content_network(self, path: str) -> None:
        if self.hub.gone:
            self.close_connection = True
            return
        name = path.lstrip("/")
        if name not in self.hub.files:
            self._send(404, b"{}")
            return
        content = self.hub.served.get(name, self.hub.files[name])
        start = 0 if self.hub.no_ranges else self.hub.asked[-1].start
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        if self.hub.endless:
            self.send_header("Connection", "close")
            self.end_headers()
            while True:
                self.wfile.write(content)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self._send_part(content[start:])

    def _send_part(self, content: bytes) -> None:
        if self.hub.cuts:
            self.wfile.write(content[: self.hub.cuts.pop(0)])
            self.close_connection = True
        elif self.hub.pause is not None:
            self.wfile.write(content[: len(content) * 2 // 3])
            self.hub.paused.set()
            self.hub.pause.wait(60)
            self.close_connection = True
        else:
            self.wfile.write(content)

    def _send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Repo-Commit", self.hub.commit)
        self.send_header("ETag", '"etag"')
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _refuse(self, status: int, code: str, message: str) -> None:
        self._send(status, b"{}", **{"X-Error-Code": code, "X-Error-Message": message})


@pytest.fixture
def hub() -> Iterator[SmallHub]:
    hub = SmallHub(files=FILES | OTHERS)
    servers = []
    for name in ("hub", "cdn"):
        handler = type("Handler", (_Handler,), {"hub": hub, "server_name": name})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.daemon_threads = True
        hub.ports[name] = server.server_address[1]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        servers.append(server)
    yield hub
    if hub.pause is not None:
        hub.pause.set()
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Nothing of this machine's account, and the client as it is found afterwards."""
    from huggingface_hub import close_session, constants

    for name in list(os.environ):
        if name.startswith(("HF_", "TRANSFORMERS_", "GLOCAL_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf-home"))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "hf-home" / "token"))
    for name in ("HF_HUB_OFFLINE", "DOWNLOAD_CHUNK_SIZE", "HF_HUB_DOWNLOAD_TIMEOUT"):
        monkeypatch.setattr(constants, name, getattr(constants, name))
    # Attempts follow each other at once.
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda _: None)
    yield
    close_session()


@pytest.fixture
def card() -> ModelCard:
    return ModelCard.model_validate(CARD)


CARD: dict[str, Any] = {
    "id": MODEL,
    "name": "Tiny",
    "role": "generator",
    "developer": "Acme",
    "developer_country": "DE",
    "jurisdiction": "EU",
    "parameters_b": 0.001,
    "architecture": "llama",
    "auto_class": "AutoModelForCausalLM",
    "languages": ["de"],
    "context_length": 128,
    "licence": "Apache-2.0",
    "licence_url": "https://example.org/licence",
    "commercial_use": "yes",
    "commercial_reason": "Apache-2.0",
    "revision": COMMIT,
    "verified": True,
    "sources": ["made up"],
}


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "store")


Pull = Callable[..., Manifest]


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def pull(hub: SmallHub, store: ModelStore, card: ModelCard, said: list[str]) -> Pull:
    """Pull the tiny model in this process, with what the test sets otherwise."""

    def pull(
        *, card: ModelCard = card, revision: str | None = None, token: str | None = None, **other: Any
    ) -> Manifest:
        source = HubSource(revision=revision, connect=lambda: Hub(hub.endpoint, token))
        return pull_model(store, card, source, Dialogue(said.append, other.pop("accept", lambda _: False)), **other)

    return pull


@dataclass
class Shell:
    """What a process needs to be told to run `glocal` against the small hub."""

    command: list[str]
    environment: dict[str, str]
    workspace: Path


@pytest.fixture
def shell(hub: SmallHub, store: ModelStore, tmp_path: Path) -> Shell:
    workspace = tmp_path / "work"
    workspace.mkdir()
    (workspace / "models.yaml").write_text(yaml.safe_dump({"models": [CARD]}), encoding="utf-8")
    environment = dict(os.environ) | {"HF_ENDPOINT": hub.endpoint, "GLOCAL_MODELS": str(store.root), "HF_TOKEN": TOKEN}
    return Shell([str(GLOCAL), "--workspace", str(workspace), "models"], environment, workspace)
