"""Hostile model folders: each is refused, none of their code runs, and nothing reaches for a network.

Every folder is a sound model with one thing wrong, and that thing would leave a canary if it ever ran. One process,
watched by an audit hook that also sees its children, gives them all to the model store.
"""

from __future__ import annotations

import json
import os
import pickle
import shutil
import socket
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
PROBE = "template_probe.py"

TENSOR = json.dumps({"w": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}}).encode()
SAFETENSORS = len(TENSOR).to_bytes(8, "little") + TENSOR + b"\0"

Spoil = Callable[[Path, "Canary"], object]


@dataclass(frozen=True)
class Canary:
    """A file that exists once hostile code has run."""

    path: Path

    @property
    def code(self) -> str:
        return f"open({str(self.path)!r}, 'w').close()\n"

    @property
    def template(self) -> str:
        return "{{ cycler.__init__.__globals__.os.system('touch " + str(self.path) + "') }}"

    def pickled(self, protocol: int | None = None) -> bytes:
        return pickle.dumps(_Bomb(str(self.path)), protocol)


class _Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.write_text, (Path(self.path), "boom")


def sound(folder: Path) -> Path:
    """A model with nothing wrong."""
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(SAFETENSORS)
    settings(folder, "config.json", model_type="llama", architectures=["LlamaForCausalLM"])
    settings(folder, "generation_config.json", do_sample=True)
    settings(
        folder, "tokenizer_config.json", tokenizer_class="LlamaTokenizer", chat_template="{{ messages[0].content }}"
    )
    settings(folder, "tokenizer.json", model={"vocab": {"auto_map": 1, "__class__": 2}})
    return folder


def settings(folder: Path, name: str, /, **values: object) -> None:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    path.write_text(json.dumps(known | values), encoding="utf-8")


def put(folder: Path, name: str, content: bytes | str) -> None:
    path = folder / name
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def chat(folder: Path, template: object) -> None:
    settings(folder, "tokenizer_config.json", chat_template=template)


def zipped(path: Path, name: str, content: bytes | str) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, content)


def unix_socket(path: Path) -> None:
    # A name for a socket is short, a test's folder is not.
    here = Path.cwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(path.name)
    finally:
        os.chdir(here)


REMOTE = {"AutoModelForCausalLM": "acme/evil--modeling_evil.Evil"}

HOSTILE: dict[str, Spoil] = {
    # Code by its name.
    "a module": lambda f, c: put(f, "modeling_evil.py", c.code),
    "a module in a hidden package": lambda f, c: put(f, ".evil/__init__.py", c.code),
    "a module in capitals": lambda f, c: put(f, "MODELING_EVIL.PY", c.code),
    "a module that a generation may be asked to run": lambda f, c: put(f, "custom_generate/generate.py", c.code),
    "a library": lambda f, _: put(f, "kernel.so", b"\x7fELF"),
    "a library under another name": lambda f, _: put(f, "tokenizer.model", b"\x7fELF\x02\x01\x01"),
    "a wheel": lambda f, c: zipped(f / "evil-1.0-py3-none-any.whl", "evil/__init__.py", c.code),
    "a path file": lambda f, c: put(f, "evil.pth", f"import os; {c.code}"),
    # Pickles.
    "a pickled checkpoint": lambda f, c: put(f, "pytorch_model.bin", c.pickled()),
    "a pickled tensor": lambda f, c: put(f, "model.pt", c.pickled()),
    "a pickle that is text": lambda f, c: put(f, "weights.ckpt", c.pickled(protocol=0)),
    "a pickle": lambda f, c: put(f, "scaler.pkl", c.pickled()),
    "a pickle in an archive": lambda f, c: zipped(f / "archive.npz", "evil.npy", c.pickled()),
    "a pickle called safetensors": lambda f, c: put(f, "model.safetensors", c.pickled()),
    "a checkpoint called safetensors": lambda f, c: zipped(f / "model.safetensors", "archive/data.pkl", c.pickled()),
    "a pickle called a vocabulary": lambda f, c: put(f, "vocab.txt", c.pickled()),
    "a pickle called settings": lambda f, c: put(f, "config.json", c.pickled()),
    # Weights that lie.
    "a header larger than memory": lambda f, _: put(f, "model.safetensors", (2**62).to_bytes(8, "little") + b"{}"),
    "a tensor outside its file": lambda f, _: put(f, "model.safetensors", SAFETENSORS[:-1]),
    "a tensor in front of its file": lambda f, _: put(
        f, "model.safetensors", SAFETENSORS.replace(b"[0, 1]", b"[-9,1]")
    ),
    "an index that leads outside": lambda f, _: settings(
        f, "model.safetensors.index.json", weight_map={"w": "../../other/model.safetensors"}
    ),
    "an index with an absolute path": lambda f, _: settings(
        f, "model.safetensors.index.json", weight_map={"w": "/srv/other/model.safetensors"}
    ),
    "an index of pickles": lambda f, _: settings(f, "pytorch_model.bin.index.json", weight_map={"w": "w.bin"}),
    "weights that settings name elsewhere": lambda f, _: settings(
        f, "config.json", transformers_weights="../../evil.safetensors"
    ),
    # Links and what is no file.
    "a link out": lambda f, c: (f / "vocab.txt").symlink_to(c.path.with_name("secret")),
    "a link within": lambda f, _: (f / "vocab.txt").symlink_to("config.json"),
    "a linked folder": lambda f, c: (f / "sub").symlink_to(c.path.parent),
    "a pipe": lambda f, _: os.mkfifo(f / "special_tokens_map.json"),
    "a socket": lambda f, _: unix_socket(f / "special_tokens_map.json"),
    # Settings that name code.
    "auto_map": lambda f, _: settings(f, "config.json", auto_map=REMOTE),
    "auto_map of a tokenizer": lambda f, _: settings(
        f, "tokenizer_config.json", auto_map={"AutoTokenizer": ["acme/evil--tokenization_evil.Evil", None]}
    ),
    "auto_map of a processor": lambda f, _: settings(f, "preprocessor_config.json", auto_map=REMOTE),
    "auto_map deep inside": lambda f, _: settings(f, "config.json", text_config={"parts": [{"auto_map": REMOTE}]}),
    "auto_map behind a second key": lambda f, _: put(
        f, "config.json", '{"text_config": {"auto_map": {"AutoModel": "a--b.C"}}, "text_config": {}}'
    ),
    "auto_map in escapes": lambda f, _: put(f, "config.json", '{"\\u0061uto_\\u006dap": {"AutoModel": "a--b.C"}}'),
    "auto_map in UTF-16": lambda f, _: put(f, "config.json", '{"auto_map": {"AutoModel": "a--b.C"}}'.encode("utf-16")),
    "auto_map behind a byte order mark": lambda f, _: put(f, "config.json", b'\xef\xbb\xbf{"auto_map": {}}'),
    "settings too deep to look through": lambda f, _: put(f, "config.json", "[" * 200_000),
    "a generation of its own": lambda f, _: settings(f, "generation_config.json", custom_generate="acme/evil"),
    "trust asked for": lambda f, _: settings(f, "config.json", trust_remote_code=True),
    "a pipeline of its own": lambda f, _: settings(f, "config.json", custom_pipelines={"x": {"impl": "evil.Evil"}}),
    "a kernel for attention": lambda f, _: settings(f, "config.json", _attn_implementation="acme/evil-kernel:run"),
    "a kernel for a part": lambda f, _: settings(
        f, "config.json", attn_implementation={"text_config": "acme/evil-kernel"}
    ),
    "a kernel for experts": lambda f, _: settings(f, "config.json", _experts_implementation="acme/evil-kernel"),
    "kernels by layer": lambda f, _: settings(f, "config.json", kernel_config={"RMSNorm": "acme/evil:RMSNorm"}),
    "a tokenizer by its path": lambda f, _: settings(f, "tokenizer_config.json", tokenizer_class="evil.module.Evil"),
    "a tokenizer of another repository": lambda f, _: settings(
        f, "tokenizer_config.json", tokenizer_class="acme/evil--tokenization_evil.Evil"
    ),
    "an architecture by its path": lambda f, _: settings(f, "config.json", architectures=["os.system"]),
    "a quantizer of its own": lambda f, _: settings(
        f, "config.json", quantization_config={"quant_method": "x", "custom_module": "evil.quantize"}
    ),
    "a module of sentence-transformers that is none": lambda f, _: put(
        f, "modules.json", '[{"idx": 0, "name": "0", "path": "", "type": "evil.module.Evil"}]'
    ),
    "an activation that is none": lambda f, _: settings(f, "2_Dense/config.json", activation_function="os.system"),
    "an adapter of another model": lambda f, _: settings(
        f, "adapter_config.json", base_model_name_or_path="acme/evil", peft_type="LORA"
    ),
    # Chat templates.
    "a template that runs a command": lambda f, c: chat(f, c.template),
    "a named template that runs a command": lambda f, c: chat(f, [{"name": "tool_use", "template": c.template}]),
    "a template file": lambda f, c: put(f, "chat_template.jinja", c.template),
    "another template file": lambda f, c: put(f, "additional_chat_templates/evil.jinja", c.template),
    "a template in a file of its own": lambda f, c: settings(f, "chat_template.json", chat_template=c.template),
    "a template of a processor": lambda f, c: settings(
        f, "processor_config.json", chat_template={"default": c.template}
    ),
    "a template that asks for computed names": lambda f, _: chat(f, "{{ ''|attr('__cla' ~ 'ss__') }}"),
    "a template with names in parts": lambda f, _: chat(
        f, "{{ messages['__cl' ~ 'ass__']['__mr' ~ 'o__'][1]['__subcl' ~ 'asses__']() }}"
    ),
    "a template that formats its way out": lambda f, _: chat(f, "{{ '{0.__class__.__mro__}'.format(messages) }}"),
    "a template that includes": lambda f, _: chat(f, "{% include '/etc/passwd' %}"),
    "a template that imports": lambda f, _: chat(f, "{% from 'evil' import run %}{{ run() }}"),
    "a template that changes what it is given": lambda f, _: chat(f, "{{ messages.append(messages) }}"),
    "a template without end": lambda f, _: chat(
        f, "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    ),
    "a template that eats memory": lambda f, _: chat(f, "{{ 'x' * 3000000000 }}"),
    "a template nested without end": lambda f, _: chat(f, "{{" + "(" * 100_000),
    "a template that is none": lambda f, _: chat(f, "{% if %}"),
    "a template that is no text": lambda f, _: put(f, "chat_template.jinja", b"\xff\xfe{{ x }}"),
}


@dataclass(frozen=True)
class Watched:
    """How each folder's pull and load ended, what the hook saw, and where the canary would be."""

    ended: dict[str, list[str]]
    events: list[list[Any]]
    canary: Canary


def watch(arguments: list[str], place: Path) -> tuple[str, list[list[Any]]]:
    """Run Python under the hook; its output, and what the hook wrote down."""
    log = place / "events"
    log.touch()
    environment = dict(os.environ) | {
        "PYTHONPATH": os.pathsep.join([str(HERE / "watched"), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep),
        "WATCH_LOG": str(log),
        "WATCH_FOLDER": str(place),
    }
    ran = subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout, [json.loads(line) for line in log.read_text().splitlines()]


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    place = tmp_path_factory.mktemp("hostile")
    canary = Canary(place / "canary")
    (place / "secret").write_text("secret")
    sound(place / "folders" / "nothing wrong")
    for name, spoil in HOSTILE.items():
        spoil(sound(place / "folders" / name), canary)
    output, events = watch([str(HERE / "try_each.py"), str(place / "folders"), str(place / "stores")], place)
    yield Watched(json.loads(output), events, canary)
    shutil.rmtree(place, ignore_errors=True)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_folder_is_refused(watched: Watched, name: str) -> None:
    """By the pull, and again by the load where it has got into the store in some other way."""
    pulled, loaded = watched.ended[name]
    assert pulled.startswith("UnsafeModel: "), pulled
    assert loaded.startswith(("UnsafeModel: ", "ModelDamaged: ")), loaded


@pytest.mark.parametrize("name", ["a template without end", "a template that eats memory"])
def test_a_rendering_has_limits_of_its_own(watched: Watched, name: str) -> None:
    """It is not the clock that ends it, nor the memory of the machine."""
    assert "too much time or memory" in watched.ended[name][0]


def test_a_folder_with_nothing_wrong_is_taken(watched: Watched) -> None:
    """Each of the others is refused for what was added to this one."""
    assert watched.ended["nothing wrong"] == ["pulled", "loaded"]


def test_no_code_of_theirs_ran(watched: Watched) -> None:
    """No canary, no code from their folders, nothing unpickled, no library that would have loaded them."""
    assert not watched.canary.path.exists()
    assert [event for event in watched.events if event[0] != "subprocess.Popen"] == []


def test_the_only_process_they_cause_is_the_probe_of_a_template(watched: Watched) -> None:
    """It gets the template as data, and neither its name nor its arguments come from a folder."""
    commands = [arguments for event, arguments in watched.events if event == "subprocess.Popen"]
    assert commands
    assert all([words[0], words[1]] == [sys.executable, "-P"] and words[2].endswith(PROBE) for words in commands)


def test_the_canary_and_the_hook_are_alive(tmp_path: Path) -> None:
    """What the tests above rely on: the code would leave a canary, and the hook sees imports, pickles and sockets."""
    canary = Canary(tmp_path / "canary")
    put(tmp_path, "evil/__init__.py", canary.code)
    put(tmp_path, "evil.pkl", canary.pickled())
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import evil; import os\n"
        f"assert os.path.exists({str(canary.path)!r}); os.remove({str(canary.path)!r})\n"
        f"import pickle; pickle.load(open({str(tmp_path / 'evil.pkl')!r}, 'rb'))\n"
        f"assert os.path.exists({str(canary.path)!r}); os.remove({str(canary.path)!r})\n"
        "import socket; socket.socket().close(); import safetensors\n"
        f"from jinja2 import Environment; Environment().from_string({canary.template!r}).render()\n"
        f"assert os.path.exists({str(canary.path)!r})\n"
    )
    _, events = watch(["-c", program], tmp_path)
    kinds = {event for event, _ in events}
    assert {"import", "exec", "pickle.find_class", "socket.__new__", "os.system"} <= kinds
    assert ["import", "safetensors"] in events
