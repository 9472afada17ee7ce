"""Settings: the environment before the file, the file before the defaults, and mistakes told with their place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.bootstrap import Parts
from pipeline.errors import DataError
from pipeline.settings import read_settings


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("GLOCAL_"):
            monkeypatch.delenv(name)


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "glocal.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_an_empty_folder_has_defaults(tmp_path: Path) -> None:
    """A workspace without settings is a local region with a database of its own."""
    settings = read_settings(tmp_path)
    assert settings.workspace == tmp_path.resolve()
    assert (settings.region, settings.candidates, settings.seed) == ("local", 32, 0)
    assert settings.record_url == f"sqlite:///{tmp_path.resolve()}/.glocal/glocal.db"
    assert settings.private_folder == tmp_path.resolve() / ".glocal"


def test_reading_makes_nothing(tmp_path: Path) -> None:
    """Settings are inert: no folder, no file, no database."""
    read_settings(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_a_workspace_keeps_is_for_its_owner_only(tmp_path: Path) -> None:
    """The folder of the record is closed to others as soon as the record is opened, also one that stood open."""
    (tmp_path / ".glocal").mkdir(mode=0o755)
    with Parts(read_settings(tmp_path)).record:
        assert (tmp_path / ".glocal").stat().st_mode & 0o777 == 0o700


def test_the_environment_stands_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file changes a default, the environment changes the file."""
    write(tmp_path, 'region = "eu"\nseed = 7\n')
    monkeypatch.setenv("GLOCAL_REGION", "us")
    settings = read_settings(tmp_path)
    assert (settings.region, settings.seed) == ("us", 7)


def test_a_url_stands_before_the_file_in_the_workspace(tmp_path: Path) -> None:
    """A database URL is used as it is."""
    write(tmp_path, 'database_url = "postgresql://db/glocal"\n')
    assert read_settings(tmp_path).record_url == "postgresql://db/glocal"


def test_a_workspace_is_named_by_its_whole_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative workspace stays the same place when the process moves on."""
    monkeypatch.chdir(tmp_path)
    assert read_settings(Path()).workspace == tmp_path.resolve()


@pytest.mark.parametrize(
    ("text", "line", "field", "message"),
    [
        pytest.param('# ours\n\n regoin = "eu"\n', 3, "regoin", "there is no such field", id="wrong-key"),
        pytest.param('region = "EU West"\n', 1, "region", "match pattern", id="bad-region"),
        pytest.param("candidates = 0\n", 1, "candidates", "greater than or equal to 1", id="too-few"),
        pytest.param("candidates = 257\n", 1, "candidates", "less than or equal to 256", id="too-many"),
        pytest.param('seed = "x"\n', 1, "seed", "valid integer", id="no-number"),
        pytest.param("temperature = 0\n", 1, "temperature", "greater than 0", id="cold"),
        pytest.param("lease_seconds = 0.5\n", 1, "lease_seconds", "greater than or equal to 1", id="short-lease"),
        pytest.param("region = \n", None, None, "not valid TOML", id="broken"),
        pytest.param(b'region = "\xff"\n', 1, None, "not UTF-8", id="not-utf-8"),
    ],
)
def test_a_mistake_is_told_with_its_place(
    tmp_path: Path, text: str | bytes, line: int | None, field: str | None, message: str
) -> None:
    """A wrong setting is one line with the file and the field, and a hint that names the variable too."""
    path = write(tmp_path, text)
    with pytest.raises(DataError) as caught:
        read_settings(tmp_path)
    error = caught.value
    assert (error.path, error.line, error.field) == (path.resolve(), line, field)
    assert message in str(error)
    assert "\n" not in str(error)
    assert error.hint
    if field:
        assert f"GLOCAL_{field.upper()}" in error.hint


def test_a_wrong_variable_is_told_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake in the environment is not blamed on a file that may not be there."""
    monkeypatch.setenv("GLOCAL_CANDIDATES", "many")
    with pytest.raises(DataError) as caught:
        read_settings(tmp_path)
    assert "GLOCAL_CANDIDATES" in str(caught.value)
    assert "glocal.toml" not in str(caught.value)


def test_unknown_variables_are_somebody_elses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables that are no settings, such as GLOCAL_TRACEBACK, are passed over."""
    monkeypatch.setenv("GLOCAL_TRACEBACK", "1")
    assert read_settings(tmp_path).region == "local"


def test_a_workspace_that_is_no_folder_is_told(tmp_path: Path) -> None:
    """A folder that is not there is named, with the command that makes one."""
    with pytest.raises(DataError, match="there is no such workspace folder") as caught:
        read_settings(tmp_path / "nowhere")
    assert "glocal init" in caught.value.hint


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_of_somebody_else_is_told(tmp_path: Path) -> None:
    """Settings that may not be read are a DataError."""
    write(tmp_path, "").chmod(0)
    with pytest.raises(DataError, match="it cannot be read"):
        read_settings(tmp_path)
