"""Every bad input through the real command: one clear line, an exit code, and nothing half-written."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.modelstore.manifest import Manifest, record_files, write_manifest
from pipeline.resources.library import shipped_folder
from tests.unit.conftest import CARD, WRITER

COMMAND = (sys.executable, "-c", "from pipeline.cli.main import main; main()")

BRIEF = """\
id: launch
brand: aqualis
objective: Sell bottles.
audience: Commuters
locales: [de-DE]
segments:
  - id: line
    channel: push_body
    source: Cold water, all day.
"""

GERMAN = "Kaltes Wasser für den ganzen Tag, und viel weniger Plastik."


@dataclass
class Place:
    """A workspace and a model store of this test's own, and the command in them."""

    folder: Path
    models: Path

    def put(self, name: str, content: str | bytes | dict[str, Any]) -> Path:
        """Write a file of the workspace."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = yaml.safe_dump(content, allow_unicode=True) if isinstance(content, dict) else content
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
        return path

    def glocal(self, *arguments: str | Path, wrapper: tuple[str, ...] = (), **options: Any) -> Ran:
        """Run the command as users do, in a process of its own."""
        before = self.files()
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("GLOCAL_", "PREFECT_"))
        }
        environment |= {"GLOCAL_MODELS": str(self.models), "PYTHONWARNINGS": "error", "PREFECT_HOME": str(self.folder)}
        line = [*wrapper, *COMMAND, "--workspace", str(self.folder), *map(str, arguments)]
        done = subprocess.run(
            line, capture_output=True, check=False, cwd=self.folder, env=environment, timeout=120, **options
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode(), self.files() - before)

    def files(self) -> set[Path]:
        """Every file there is, but those of a database."""
        return {path for path in self.folder.parent.rglob("*") if path.is_file() and ".glocal" not in path.parts}


@dataclass(frozen=True)
class Ran:
    """What the command did, and which files it left."""

    code: int
    out: str
    err: str
    left: set[Path]

    def told(self, *words: str | Path, code: int = 1) -> None:
        """It ended with one line and a hint, without a traceback, and left nothing behind."""
        lines = self.err.splitlines()
        assert self.code == code, self
        assert len(lines) == 1, self
        assert lines[0].startswith("glocal: "), self
        assert lines[0].count(" Hint: ") == 1, self
        assert "Traceback" not in self.err + self.out, self
        assert all(str(word) in lines[0] for word in words), (words, self)
        assert self.left == set(), self
        assert self.out == "", self


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path / "work", tmp_path / "models")
    made.put("models.yaml", {"models": [CARD]})
    return made


def store(place: Place, weights: bytes = b"\x02\0\0\0\0\0\0\0{}") -> Path:
    """A stored model whose digests are right, whether or not anything could load it."""
    folder = place.models / "acme--writer"
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(weights)
    (folder / "config.json").write_text("{}")
    write_manifest(
        folder,
        Manifest(
            model_id=WRITER,
            revision=None,
            source="test",
            licence="Apache-2.0",
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
            files=record_files(folder),
        ),
    )
    return folder


def edited(name: str, old: str, new: str) -> str:
    """A shipped file with one thing changed."""
    text = (shipped_folder() / name).read_text(encoding="utf-8")
    assert old in text
    return text.replace(old, new, 1)


# Briefs


DRAFT = ("draft", "--output", "out.jsonl", "--brief")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(BRIEF.replace("aqualis", "nobody"), [":2: brand: there is no brand 'nobody'"], id="brand"),
        pytest.param(BRIEF.replace("de-DE", "xx-XX"), [":5: locales[0]: there is no pack", "de-DE"], id="locale"),
        pytest.param(
            BRIEF.replace("push_body", "telex"), [":8: segments[0].channel: there is no channel"], id="channel"
        ),
        pytest.param(BRIEF.replace("audience", "audiance"), [":4: audiance: there is no such field"], id="wrong-key"),
        pytest.param(BRIEF + "id: again\n", [":10: id: the key is given twice"], id="repeated-key"),
        pytest.param(BRIEF.replace("brand: aqualis\n", ""), [":1: brand: the field is missing"], id="missing-key"),
        pytest.param(
            BRIEF.replace("Cold water, all day.", "''"), [":9: segments[0].source: it is empty"], id="no-copy"
        ),
        pytest.param(BRIEF.replace("Cold", "C" * 1_000_000), [": the file is larger than 1,000,000 bytes"], id="1-MB"),
        pytest.param(BRIEF.replace("Cold", "C" * 900_000), [":9: segments[0].source: "], id="900-kB"),
        pytest.param("", [":1: the file must hold a mapping"], id="empty"),
        pytest.param("id: ]", [":1: not valid YAML"], id="broken"),
        pytest.param(b"id: caf\xe9\n", [":1: the text is not UTF-8"], id="not-utf-8"),
        pytest.param("a: " + "[" * 100_000, [":1: the file is nested more than"], id="deep"),
        pytest.param("a: &a [*a]", [":1: the alias *a stands for itself"], id="loop"),
    ],
)
def test_a_bad_brief_is_told_with_its_line(place: Place, content: str | bytes, words: list[str]) -> None:
    """What is wrong with a brief is told with file, line, field and hint, and no draft is begun."""
    brief = place.put("campaigns/launch.yaml", content)
    place.glocal(*DRAFT, brief).told(brief, *words)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [("aqualis", "nobody", ":2: brand: "), ("de-DE", "xx-XX", ":5: locales[0]: "), (BRIEF, "", ":1: the file must")],
    ids=["brand", "locale", "empty"],
)
def test_the_flow_refuses_a_bad_brief_before_it_starts(place: Place, old: str, new: str, words: str) -> None:
    """`run` tells the same of a brief, without a flow, a database or a server begun."""
    brief = place.put("campaigns/launch.yaml", BRIEF.replace(old, new))
    place.glocal("run", brief).told(brief, words)
    assert not (place.folder / ".glocal").exists()


@pytest.mark.parametrize("command", [DRAFT, ("run",)], ids=["draft", "run"])
def test_a_brief_that_is_not_there_is_told(place: Place, command: tuple[str, ...]) -> None:
    """A path that leads nowhere, or to a folder, is named."""
    place.glocal(*command, "nowhere.yaml").told("nowhere.yaml: there is no such file", "Check the path.")
    place.glocal(*command, place.folder).told(place.folder, "it cannot be read: Is a directory")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("brand_pillars/aqualis.yaml", ("name: Aqualis", "nmae: Aqualis"), "nmae: there is no such field"),
        ("brand_pillars/aqualis.yaml", ("id: aqualis", "id: other"), "id: it must be 'aqualis', like the file's name"),
        ("locales/de-DE.yaml", ("pairs:", "pears:"), "pears: there is no such field"),
        ("channels.yaml", ("limit: 80", "limit: eighty"), "channels[0].limit: "),
    ],
)
def test_a_wrong_key_in_any_file_is_told(place: Place, name: str, content: tuple[str, str], words: str) -> None:
    """Brands, packs and channels are told with file, line and field, too."""
    text = edited(name, *content)
    line = text[: text.index(content[1])].count("\n") + 1
    path = place.put(name, text)
    place.glocal(*DRAFT, place.put("campaigns/launch.yaml", BRIEF)).told(f"{path}:{line}: {words}")


def test_a_wrong_setting_is_told(place: Place) -> None:
    """So are the settings of the workspace."""
    path = place.put("glocal.toml", "# ours\ncandidates = 0\n")
    place.glocal(*DRAFT, place.put("launch.yaml", BRIEF)).told(f"{path}:2: candidates: ", "GLOCAL_CANDIDATES")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ("score", "--brand", "nobody", "--input", "-", "--output", "out.jsonl"),
            "there is no brand 'nobody' (known: ",
        ),
        (("score", "--brand", "no.yaml", "--input", "-", "--output", "out.jsonl"), "no.yaml: there is no such file"),
        (("models", "choose", "--locale", "xx-XX"), "there is no pack for the locale 'xx-XX' (known: "),
        (
            ("check", "--channel", "telex", "--input", "-", "--output", "out.jsonl"),
            "there is no channel 'telex' (known: ",
        ),
        (("export", "--campaign", "nobody", "--output", "out"), "the campaign 'nobody' was never run"),
    ],
)
def test_an_unknown_name_is_told_with_those_there_are(place: Place, arguments: tuple[str, ...], words: str) -> None:
    """A brand, a locale, a channel or a campaign that nobody knows is one line."""
    place.glocal(*arguments, input=b"").told(words)


# Models


def test_a_missing_model_is_told(place: Place) -> None:
    """Without weights each unit says which models were rejected and why; the file has no draft in it."""
    ran = place.glocal(*DRAFT, place.put("campaigns/launch.yaml", BRIEF))
    failures = [line for line in ran.err.splitlines() if line.startswith("glocal: ")]
    assert ran.code == 1
    assert len(failures) == 1
    assert "acme/writer" in failures[0].partition("not in the model store: ")[2]
    assert "glocal models pull" in failures[0]
    assert "Traceback" not in ran.err
    assert all(path.read_bytes() == b"" for path in ran.left)


@pytest.mark.parametrize(
    "arguments",
    [("score", "--brand", "aqualis", "--input", "in.jsonl", "--output", "out.jsonl"), ("models", "verify", WRITER)],
    ids=["score", "verify"],
)
def test_a_missing_encoder_or_model_is_told(place: Place, arguments: tuple[str, ...]) -> None:
    """What needs a model that is not in the store says how to get it."""
    place.put("in.jsonl", f'{{"id": 1, "locale": "de-DE", "text": "{GERMAN}"}}\n')
    place.glocal(*arguments).told("not in the model store", "glocal models pull")


@pytest.mark.models
def test_a_damaged_weight_file_is_told(place: Place, embedded_models: Path) -> None:
    """One changed byte of the weights stops the model before it is loaded, with the file's name."""
    weights = store(place) / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(bytes(content))
    place.glocal("models", "verify").told(WRITER, "model.safetensors differs from its recorded digest", "--force")
    encoder = "intfloat--multilingual-e5-small"
    shutil.copytree(embedded_models / encoder, place.models / encoder)
    ran = place.glocal(*DRAFT, place.put("campaigns/launch.yaml", BRIEF))
    (failure,) = [line for line in ran.err.splitlines() if line.startswith("glocal: ")]
    assert ran.code == 1
    assert "model.safetensors differs from its recorded digest. Hint: Pull it again" in failure
    assert all(path.read_bytes() == b"" for path in ran.left)


def test_a_damaged_manifest_is_told(place: Place) -> None:
    """A manifest that cannot be read is a damaged model."""
    (store(place) / "manifest.json").write_text("{")
    place.glocal("models", "verify").told("manifest.json", "glocal models pull")


# JSON Lines


COMMANDS = [("check",), ("score", "--brand", "aqualis")]


@pytest.mark.parametrize("command", COMMANDS, ids=["check", "score"])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b'{"id":1,"locale":"de","text":"a"}\n{"text":"\xff"}\n', ":2: the text is not UTF-8", id="utf-8"),
        pytest.param(b'{"id":1,"locale":"de","text":"' + b"a" * 2**20 + b'"}\n', ":1: the line is longer", id="1-MB"),
        pytest.param(b'{"id":1,"locale":"de","text":"' + b"a" * 10**5 + b'"}\n', ":1: text: ", id="100-kB"),
        pytest.param(b'{"id":1,"locale":"de"}\n', ":1: text: the field is missing", id="missing-field"),
        pytest.param(b'{"id":1,"locale":"Deutsch!","text":"a"}\n', ":1: locale: it must be a locale tag", id="locale"),
        pytest.param(b"\n\n{\n", ":3: not valid JSON", id="json"),
        pytest.param(b"[" * 100_000, ":1: not valid JSON", id="deep"),
    ],
)
def test_a_bad_line_is_told_with_its_place(place: Place, command: tuple[str, ...], content: bytes, words: str) -> None:
    """Invalid UTF-8, a segment of 1 MB and every other bad line is told with file, line and field."""
    if command[0] == "score":
        # The lines before it are scored first: without an encoder that would be the error.
        content = content.replace(b'{"id":1,"locale":"de","text":"a"}\n', b"\n")
    path = place.put("in.jsonl", content)
    place.glocal(*command, "--input", path, "--output", place.folder / "out.jsonl").told(f"{path}{words}")


def test_a_bad_line_of_standard_input_is_told(place: Place) -> None:
    """Standard input is called by that name."""
    ran = place.glocal("check", "--input", "-", "--output", place.folder / "out.jsonl", input=b"\n\xff\n")
    ran.told("standard input:2: the text is not UTF-8")


def test_a_missing_input_is_told(place: Place) -> None:
    """An input that is not there leaves no output."""
    place.glocal("check", "--input", "none.jsonl", "--output", "out.jsonl").told("none.jsonl: there is no such file")


def test_an_output_below_a_file_is_told(place: Place) -> None:
    """A place that cannot be written is named."""
    place.put("in.jsonl", "")
    place.glocal("check", "--input", "in.jsonl", "--output", "in.jsonl/out").told("in.jsonl/out: it cannot be written")


# Full disks


MOUNT = 'mount -t tmpfs -o size=32k none "$0" && "$@"; code=$?; ls -A "$0" >&2; exit $code'
"""Runs a command in a namespace of its own where a folder is a disk of 32 kB; then lists what it left there."""


def namespace() -> tuple[str, ...] | None:
    """The way to a mount of one's own, None where the system gives none to this user."""
    for way in (("unshare", "--mount"), ("unshare", "--user", "--map-root-user", "--mount")):
        if shutil.which("unshare"):
            tried = subprocess.run([*way, "mount", "-t", "tmpfs", "none", "/tmp"], capture_output=True, check=False)  # noqa: S108 (its own)
            if tried.returncode == 0:
                return way
    return None


def small_files() -> None:
    """Let no file of this process grow over 32 kB."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (32_768, 32_768))


@pytest.fixture(params=["file size", "disk"])
def in_little_room(request: pytest.FixtureRequest, place: Place) -> Iterator[Callable[..., Ran]]:
    """Runs the command where only 32 kB can be written: always by a limit, and on a real disk where one can be had."""
    disk = place.folder.parent / "disk"
    disk.mkdir()
    way = namespace() if request.param == "disk" else None
    if way is None:
        yield lambda *arguments: place.glocal(*arguments, preexec_fn=small_files)
    else:
        yield lambda *arguments: place.glocal(*arguments, wrapper=(*way, "sh", "-c", MOUNT, str(disk)))


def test_a_full_disk_is_told(place: Place, in_little_room: Callable[..., Ran]) -> None:
    """Where the output does not fit, the file is not there, nor is a temporary one."""
    line = f'{{"id": 1, "locale": "de-DE", "text": "{GERMAN}"}}\n'
    source = place.put("in.jsonl", line * 2_000)
    output = place.folder.parent / "disk" / "out.jsonl"
    in_little_room("check", "--input", source, "--output", output).told(
        f"{output}: there is no room left to write", "Free some space"
    )


def test_a_workspace_that_does_not_fit_is_not_half_made(place: Place, tmp_path: Path) -> None:
    """`init` on a full disk leaves the folder as it was."""
    way = namespace()
    if way is None:
        pytest.skip("this user may mount nothing")
    disk = tmp_path / "disk"
    disk.mkdir()
    ran = place.glocal("init", disk / "mine", wrapper=(*way, "sh", "-c", MOUNT.replace("32k", "8k"), str(disk)))
    ran.told("there is no room left to write")


@pytest.mark.parametrize("output", ["/dev/full", "-"])
def test_a_full_output_is_told(place: Place, output: str) -> None:
    """A device without room, named or as standard output, is a full disk."""
    place.put("in.jsonl", f'{{"id": 1, "locale": "de-DE", "text": "{GERMAN}"}}\n')
    line = [*COMMAND, "--workspace", str(place.folder), "check", "--input", "in.jsonl", "--output", output]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(line, stdout=full, stderr=subprocess.PIPE, check=False, cwd=place.folder)
    assert done.returncode == 1
    assert done.stderr.decode().count("\n") == 1
    assert "there is no room left to write. Hint: " in done.stderr.decode()


# Wrong use


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("dance",), "dance"),
        (("draft", "--brief", "b.yaml"), "--output"),
        (("draft", "--brief", "b.yaml", "--output", "o", "--candidates", "0"), "--candidates"),
        (("check", "--input", "i", "--output", "o", "--loud"), "--loud"),
        (("export", "--campaign", "c", "--output", "o", "--format", "xliff"), "xliff"),
        (("models", "pull"), "no model was named"),
        (("init", "."), "is not empty"),
    ],
)
def test_wrong_use_ends_with_two(place: Place, arguments: tuple[str, ...], word: str) -> None:
    """A command that is called wrongly ends with 2, one line and a hint."""
    place.glocal(*arguments).told(word, code=2)


def test_a_workspace_that_is_not_there_is_told(place: Place) -> None:
    """So does a workspace that nobody made, with the way to make one."""
    place.glocal("--workspace", "nowhere", "doctor").told("nowhere: there is no such workspace folder", "glocal init")
