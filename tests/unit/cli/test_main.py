"""Exit codes and the one line that every error is."""

from __future__ import annotations

import errno
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

import pipeline
from pipeline.cli import main as main_module
from pipeline.cli.main import main, run
from pipeline.errors import DataError, GlocalError, StoreUnavailable, UsageError

COMMANDS = ("draft", "check", "score", "export", "models", "init", "doctor", "run", "deploy", "review")


def failing(error: BaseException) -> Callable[[], typer.Typer]:
    """An application whose only command raises."""

    def build() -> typer.Typer:
        app = typer.Typer(pretty_exceptions_enable=False)

        @app.command()
        def fail() -> None:
            raise error

        return app

    return build


def test_help_lists_every_command(glocal: Callable[..., Any]) -> None:
    """All commands of all installed floors are in the help, with the workspace option."""
    ran = glocal("--help")
    listed = [line.split()[0] for line in ran.out.split("Commands:")[1].splitlines() if line.strip()]
    assert ran.code == 0
    assert set(COMMANDS) <= set(listed)
    assert "--workspace" in ran.out
    assert ran.err == ""


@pytest.mark.parametrize("command", [*COMMANDS, *(f"models {name}" for name in ("list", "show", "pull", "verify"))])
def test_every_command_has_a_help(glocal: Callable[..., Any], command: str) -> None:
    """`-h` and `--help` say what a command does and what it takes."""
    ran = glocal(*command.split(), "-h")
    assert ran.code == 0
    assert ran.out == glocal(*command.split(), "--help").out
    assert f"Usage: glocal {command}" in ran.out


def test_the_version_is_shown(glocal: Callable[..., Any]) -> None:
    """`--version` shows the version and does nothing else."""
    ran = glocal("--version")
    assert (ran.code, ran.out) == (0, f"glocal {pipeline.__version__}\n")


def test_no_command_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    """Called with nothing, the command shows what there is, and that this was no use of it."""
    assert run([]) == 2
    captured = capsys.readouterr()
    assert "Usage: glocal" in captured.out + captured.err
    assert "Traceback" not in captured.err


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["dance"], "dance"),
        (["check"], "--input"),
        (["check", "--input", "x", "--output", "y", "--colour", "red"], "--colour"),
        (["draft", "--brief", "x", "--output", "y", "--candidates", "0"], "--candidates"),
        (["draft", "--brief", "x", "--output", "y", "--candidates", "many"], "--candidates"),
        (["models", "dance"], "dance"),
        (["models", "show"], "ID"),
        (["export", "--campaign"], "--campaign"),
    ],
)
def test_wrong_use_is_one_line_and_two(glocal: Callable[..., Any], arguments: list[str], word: str) -> None:
    """An unknown command or option, or a missing one, is exit code 2, named on one line."""
    assert glocal(*arguments).failed(2, word, "--help")


def test_a_workspace_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A wrong --workspace is an error of its own, before the command does anything."""
    assert run(["--workspace", str(tmp_path / "nowhere"), "doctor"]) == 1
    err = capsys.readouterr().err
    assert "there is no such workspace folder" in err
    assert err.count("\n") == 1


def test_the_workspace_may_be_set_in_the_environment(
    workplace: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """GLOCAL_WORKSPACE names the folder when the option does not."""
    monkeypatch.setenv("GLOCAL_WORKSPACE", str(workplace.folder))
    assert run(["models", "show", "acme/writer", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["id"] == "acme/writer"


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (GlocalError("it broke", hint="Mend it."), 1, "glocal: it broke. Hint: Mend it."),
        (GlocalError("It broke.", hint="Mend it."), 1, "glocal: It broke. Hint: Mend it."),
        (UsageError("not so", hint="So."), 2, "glocal: not so. Hint: So."),
        (DataError("two\nlines\r\n\tand more", path="a", hint="H."), 1, "glocal: a: two lines and more. Hint: H."),
        (StoreUnavailable("silence", hint="H."), 1, "glocal: silence. Hint: H."),
        (OSError(errno.ENOSPC, "No space"), 1, "glocal: there is no room left to write. Hint: Free some space"),
        (ValueError("a\nbug"), 1, "glocal: an error that Glocal does not know: ValueError: a bug. Hint: Set GLOCAL_T"),
        (KeyboardInterrupt(), 130, "glocal: stopped. Hint: Nothing is lost: run the command again."),
        (typer.Abort(), 130, "glocal: stopped. Hint: Nothing is lost: run the command again."),
    ],
)
def test_every_error_is_one_line_with_a_hint(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException, code: int, line: str
) -> None:
    """Errors become an exit code and exactly one line on standard error; never a traceback."""
    monkeypatch.delenv("GLOCAL_TRACEBACK", raising=False)
    monkeypatch.setattr(main_module, "build_app", failing(error))
    assert run([]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(line)
    assert captured.err.count("\n") == 1


def test_a_traceback_is_shown_to_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    """GLOCAL_TRACEBACK=1 lets an error through, to be reported."""
    monkeypatch.setenv("GLOCAL_TRACEBACK", "1")
    monkeypatch.setattr(main_module, "build_app", failing(ValueError("a bug")))
    with pytest.raises(ValueError, match="a bug"):
        run([])


def test_what_goes_wrong_at_the_end_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Output that cannot be written out when the command is done is an error, told once."""

    class Full(io.StringIO):
        def flush(self) -> None:
            raise OSError(errno.ENOSPC, "No space")

    for ended_with, told in ((0, True), (2, False)):
        dropped: list[bool] = []
        monkeypatch.setattr(main_module, "_drop_output", lambda done=dropped: done.append(True))
        monkeypatch.setattr(main_module, "run", lambda _, code=ended_with: code)
        monkeypatch.setattr(sys, "stdout", Full())
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == (ended_with or 1)
        assert ("no room left" in capsys.readouterr().err) is told
        assert dropped == [True]


def process(*arguments: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """The command in a process of its own."""
    command = [sys.executable, "-c", "from pipeline.cli.main import main; main()", *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GLOCAL_")}
    return subprocess.run(
        command, env=environment | options.pop("env", {}), stderr=subprocess.PIPE, check=False, **options
    )


def test_a_reader_that_goes_away_ends_quietly() -> None:
    """`| head` ends a command at once, without a traceback or Python's own complaint."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = process("models", "list", "--json", stdout=write_end)
    os.close(write_end)
    assert done.returncode == 1
    assert done.stderr == b""


def test_a_reader_that_goes_away_at_the_end_is_told() -> None:
    """Output that was still on its way when the reader left is told on one line."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = process("--version", stdout=write_end)
    os.close(write_end)
    assert done.returncode == 1
    assert done.stderr.decode().count("\n") <= 1
    assert b"Exception ignored" not in done.stderr


def test_a_full_output_ends_with_one_line() -> None:
    """Standard output on a full disk is an error of one line, whatever Python still holds."""
    with Path("/dev/full").open("wb") as full:
        done = process("models", "list", "--json", stdout=full)
    assert done.returncode == 1
    assert done.stderr.decode().count("\n") == 1
    assert b"there is no room left to write" in done.stderr


def test_a_terminal_of_another_alphabet_does_no_harm(tmp_path: Path) -> None:
    """Where a character cannot be shown, the command does its work all the same."""
    for encoding in ("ascii", "latin-1"):
        folder = tmp_path / f"für-dich-水-{encoding}"
        done = process("init", str(folder), env={"PYTHONIOENCODING": encoding}, stdout=subprocess.PIPE)
        assert (done.returncode, folder.is_dir()) == (0, True), done.stderr


@pytest.mark.parametrize(
    ("arguments", "closed"), [("--help", ">&-"), ("check --input - --output -", "<&-"), ("--version", "<&- >&- 2>&-")]
)
def test_a_closed_standard_stream_does_no_harm(arguments: str, closed: str) -> None:
    """Where a stream was closed there is nothing to read and nowhere to write; the command does its work."""
    command = f"exec {sys.executable} -c 'from pipeline.cli.main import main; main()' {arguments} {closed}"
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
