"""`glocal review serve` builds the desk first, then listens; what is wrong comes as one line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from pipeline.errors import DataError, GlocalError, MissingExtra, StoreError, UsageError
from pipeline.review import command, serving


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GLOCAL_DATABASE_URL", raising=False)
    monkeypatch.delenv("GLOCAL_REVIEW_PORT", raising=False)


@pytest.fixture
def run(tmp_path: Path) -> Any:
    app = typer.Typer()

    @app.callback()
    def workspace(context: typer.Context) -> None:
        context.obj = tmp_path

    command.register_commands(app)
    return lambda *arguments: CliRunner().invoke(app, ["review", "serve", *arguments])


def _error(result: Any) -> GlocalError:
    assert isinstance(result.exception, GlocalError)
    return result.exception


def test_it_prints_one_line_with_the_address(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once the server says that it listens."""
    monkeypatch.setattr(serving, "serve", lambda _app, listener, announce: (announce(), listener.close()))
    result = run("--port", "0")

    assert 0 == result.exit_code, result.exception
    assert result.output.startswith("Review desk: http://127.0.0.1:")
    assert result.output.endswith("/ (Ctrl+C stops it)\n")
    assert 1 == result.output.count("\n")


def test_the_port_of_the_settings_is_the_default(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """`review_port` in glocal.toml or the environment."""
    asked: list[tuple[str, int]] = []

    def stop(host: str, port: int) -> None:
        asked.append((host, port))
        raise UsageError("stop here")

    monkeypatch.setattr(serving, "open_listener", stop)
    run()
    monkeypatch.setenv("GLOCAL_REVIEW_PORT", "9123")
    run()

    assert [("127.0.0.1", 8710), ("127.0.0.1", 9123)] == asked


def test_another_host_is_refused(run: Any) -> None:
    """Before anything is served."""
    assert "no accounts yet" in str(_error(run("--host", "192.168.1.5")))


def test_a_database_that_cannot_be_opened_is_told_at_once(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not to the first reviewer."""
    monkeypatch.setenv("GLOCAL_DATABASE_URL", "mysql://here")

    assert isinstance(_error(run("--port", "0")), StoreError | UsageError | DataError)


def test_a_broken_pack_is_told_at_once(run: Any, tmp_path: Path) -> None:
    """With its file and line."""
    (tmp_path / "channels.yaml").write_text("channels: 3\n", encoding="utf-8")

    assert "channels.yaml" in str(_error(run("--port", "0")))


def test_without_the_extra_it_says_what_to_install(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library installs without a web framework."""
    for name in [name for name in sys.modules if name.startswith("pipeline.review.") and "command" not in name]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr("pipeline.review.serving", raising=False)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    error = _error(run("--port", "0"))

    assert isinstance(error, MissingExtra)
    assert "pip install 'glocal[review]'" in error.hint
