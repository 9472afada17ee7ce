"""`glocal init` and `glocal doctor`."""

from __future__ import annotations

import errno
import json
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from pipeline.cli import doctor
from pipeline.resources.library import Library
from pipeline.settings import read_settings

if TYPE_CHECKING:
    from tests.unit.conftest import Workplace

Glocal = Callable[..., Any]


def fill_up_after(count: int, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Let a few files be written, then none."""
    real, left = Path.write_bytes, [count]

    def write(path: Path, content: bytes) -> int:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(number, "the system says so")
        return real(path, content)

    monkeypatch.setattr(Path, "write_bytes", write)


# init


def test_init_makes_a_workspace_that_works(glocal: Glocal, tmp_path: Path) -> None:
    """A brand, a campaign, channels, an empty folder for packs and settings, all of which load."""
    folder = tmp_path / "new" / "mine"
    ran = glocal("init", folder)
    assert (ran.code, ran.err) == (0, "")
    assert f"glocal --workspace {folder} run {folder}/campaigns/spring.yaml" in ran.out
    made = sorted(path.name for path in folder.iterdir())
    assert made == [".gitignore", "brand_pillars", "campaigns", "channels.yaml", "glocal.toml", "locales"]
    library = Library((folder,))
    assert library.brand("aqualis").name == "Aqualis"
    assert Library.of_workspace(folder).brief(folder / "campaigns/spring.yaml").id == "spring-refill"
    assert read_settings(folder).region == "local"


def test_every_setting_that_init_explains_is_one(glocal: Glocal, tmp_path: Path) -> None:
    """The lines of the new glocal.toml are settings: without their comment signs the file still reads."""
    folder = tmp_path / "mine"
    glocal("init", folder)
    text = (folder / "glocal.toml").read_text(encoding="utf-8")
    (folder / "glocal.toml").write_text(text.replace("\n# ", "\n"), encoding="utf-8")
    assert read_settings(folder).candidates == 32


def test_init_takes_an_empty_folder(glocal: Glocal, tmp_path: Path) -> None:
    """A folder that is there, with nothing in it, may become the workspace."""
    (tmp_path / "empty").mkdir()
    assert glocal("init", tmp_path / "empty").code == 0


@pytest.mark.parametrize("kind", ["folder", "hidden", "file"])
def test_init_overwrites_nothing(glocal: Glocal, tmp_path: Path, kind: str) -> None:
    """A folder with anything in it, and a file, are refused as wrong use and left as they are."""
    place = tmp_path / "mine"
    if kind == "file":
        place.write_text("mine")
    else:
        place.mkdir()
        (place / (".hidden" if kind == "hidden" else "notes.txt")).write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    assert glocal("init", place).failed(2, "is not empty", "nothing is ever overwritten")
    assert sorted(tmp_path.rglob("*")) == before


def test_init_below_a_file_is_told(glocal: Glocal, tmp_path: Path) -> None:
    """A place that cannot be is named, with the advice to choose another."""
    (tmp_path / "file").write_text("")
    assert glocal("init", tmp_path / "file" / "mine").failed(1, "it cannot be made", "Choose another folder")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "there is no room left to write"),
        (errno.EDQUOT, "there is no room left to write"),
        (errno.EROFS, "it cannot be made"),
    ],
)
def test_init_leaves_nothing_half_made(
    glocal: Glocal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    """When the disk fills up in the middle, the folder goes; nothing beside it is touched."""

    fill_up_after(2, monkeypatch, number)
    assert glocal("init", tmp_path / "new" / "mine").failed(1, words)
    assert not (tmp_path / "new" / "mine").exists()


def test_init_keeps_an_empty_folder_that_was_there(
    glocal: Glocal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that init did not make is emptied again, not removed."""

    (tmp_path / "mine").mkdir()
    fill_up_after(2, monkeypatch, errno.ENOSPC)
    assert glocal("init", tmp_path / "mine").code == 1
    assert list((tmp_path / "mine").iterdir()) == []


def test_init_tells_the_rest_of_a_name_with_spaces(glocal: Glocal, tmp_path: Path) -> None:
    """The line to type next works as it is shown, whatever the folder is called."""
    ran = glocal("init", tmp_path / "my work")
    assert f"--workspace '{tmp_path}/my work' run '{tmp_path}/my work/campaigns/spring.yaml'" in ran.out


# doctor


def findings(glocal: Glocal) -> dict[str, dict[str, Any]]:
    ran = glocal("doctor", "--json")
    found = {item["what"]: item for item in json.loads(ran.out)}
    assert ran.code == (0 if all(item["ok"] for item in found.values()) else 1)
    return found


def test_doctor_looks_at_everything_a_run_needs(workplace: Workplace, glocal: Glocal) -> None:
    """Packages, brands, channels, locales, models, database and disk, each with what was found."""
    found = findings(glocal)
    assert {"brands", "channels", "locales", "encoder", "model for each locale", "database", "disk"} <= set(found)
    assert found["brands"]["detail"] == "aqualis"
    assert "de-DE" in found["locales"]["detail"]
    assert found["model for each locale"]["detail"].startswith("acme/writer for ar-AE, ")
    assert found["database"]["ok"]
    assert not found["encoder"]["ok"]
    assert "glocal models pull" in found["encoder"]["hint"]
    assert workplace.loaded == 0


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [("manifest.json", b"{", "manifest"), ("model.safetensors", b"", "missing or cut short")],
)
def test_doctor_finds_a_damaged_model(
    workplace: Workplace, glocal: Glocal, name: str, content: bytes, word: str
) -> None:
    """A chosen model that cannot be loaded is a finding before a run stumbles over it."""
    (workplace.models / "acme--writer" / name).write_bytes(content)
    found = findings(glocal)["model for each locale"]
    assert not found["ok"]
    assert word in found["detail"]
    assert "glocal models pull" in found["hint"]


def test_doctor_says_how_to_get_what_is_missing(glocal: Glocal) -> None:
    """The table has a line for each finding, with a hint where something is missing, and ends with 1."""
    ran = glocal("doctor")
    assert ran.code == 1
    assert "missing" in ran.out
    assert "glocal models pull intfloat/multilingual-e5-small" in ran.out


def test_doctor_asks_the_endpoints_of_this_region(workplace: Workplace, glocal: Glocal) -> None:
    """One that does not answer is a finding; hosts of other regions are not asked."""
    assert findings(glocal)["endpoints"] == {
        "what": "endpoints",
        "ok": True,
        "detail": "none for this region",
        "hint": "",
    }
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{taken.getsockname()[1]}"
    endpoint = {"id": "near", "url": f"http://{host}/v1", "model": "acme/writer", "provider": "self"}
    file = {"endpoints": [endpoint | {"located_in": "DE", "attempts": 1}]}
    workplace.put("endpoints.yaml", file | {"allowed_hosts": {"elsewhere": [host]}})
    assert findings(glocal)["endpoints"]["detail"] == "none for this region"
    workplace.put("endpoints.yaml", file | {"allowed_hosts": {"local": [host]}})
    silent = findings(glocal)["endpoints"]
    assert (silent["ok"], "does not answer" in silent["detail"]) == (False, True)


def test_doctor_names_an_extra_that_is_not_installed(glocal: Glocal, monkeypatch: pytest.MonkeyPatch) -> None:
    """An optional package that is absent is a finding, with the extra that brings it."""
    monkeypatch.setattr(doctor, "find_spec", lambda name: None if name == "torch" else object())
    found = findings(glocal)
    assert (found["package torch"]["ok"], found["package torch"]["hint"]) == (False, "pip install 'glocal[offline]'")
    assert found["package prefect"]["ok"]
    assert "package psycopg" not in found


def test_doctor_asks_for_the_driver_of_the_database(
    workplace: Workplace, glocal: Glocal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only who uses PostgreSQL needs its driver; a database that is silent is a finding."""
    monkeypatch.setenv("GLOCAL_DATABASE_URL", f"postgresql://nobody@/none?host={workplace.folder}")
    found = findings(glocal)
    assert found["package psycopg"]["ok"]
    assert not found["database"]["ok"]
    assert "GLOCAL_DATABASE_URL" in found["database"]["hint"]


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("brand_pillars/broken.yaml", "id: [", "brands"),
        ("channels.yaml", "channels: 3", "channels"),
        ("locales/de-DE.yaml", "tag: de-DE", "locales"),
        ("models.yaml", "models: [{id: a/b}]", "model for each locale"),
    ],
)
def test_doctor_goes_on_after_a_broken_file(
    workplace: Workplace, glocal: Glocal, name: str, content: str, what: str
) -> None:
    """A file that cannot be used is a finding with its place, and the rest is looked at all the same."""
    path = workplace.put(name, content)
    found = findings(glocal)
    assert not found[what]["ok"]
    assert str(path) in found[what]["detail"]
    assert found["database"]["ok"]


def test_doctor_warns_of_a_small_disk(glocal: Glocal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Less room than models need is a finding, before the disk is full."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1024**3))
    disk = findings(glocal)["disk"]
    assert (disk["ok"], disk["detail"]) == (False, "1.0 GiB free")
