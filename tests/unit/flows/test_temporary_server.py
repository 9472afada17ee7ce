"""A server for one run, where it cannot start; that it serves and ends is tested in tests/integration/flows."""

from __future__ import annotations

import errno
import sys
from pathlib import Path

import pytest

from flows.temporary_server import temporary_server
from pipeline.errors import DiskFull, GlocalError


def test_a_home_that_is_a_file_is_told_in_one_line(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.write_text("in the way", encoding="utf-8")

    with pytest.raises(GlocalError, match="home: File exists"), temporary_server(home, tmp_path / "server.log"):
        pass


def test_a_full_disk_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "mkdir", full)

    with pytest.raises(DiskFull), temporary_server(tmp_path / "home", tmp_path / "server.log"):
        pass


def test_a_server_that_dies_at_once_is_told_with_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nobody waits for an answer that cannot come."""
    monkeypatch.setattr(sys, "executable", "/bin/false")

    with (
        pytest.raises(GlocalError, match="did not start") as caught,
        temporary_server(tmp_path, tmp_path / "log" / "s"),
    ):
        pass

    assert str(tmp_path / "log" / "s") in caught.value.hint
