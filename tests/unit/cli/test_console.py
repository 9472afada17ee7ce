"""What long work shows, on a terminal and elsewhere."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from pipeline.cli.console import program, program_here, progress, say, show_table


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def notes(total: int, capsys: pytest.CaptureFixture[str]) -> list[str]:
    with progress("work", total) as advance:
        for number in range(total):
            advance(f"step {number}")
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err.splitlines()


def test_short_work_has_a_line_a_step(capsys: pytest.CaptureFixture[str]) -> None:
    """Where nobody watches a terminal, each step of short work is a plain line on standard error."""
    assert notes(2, capsys) == ["work: 1/2 step 0", "work: 2/2 step 1"]


def test_long_work_has_about_ten_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """A log is not filled: long work has a line a tenth, and always the last."""
    lines = notes(1_005, capsys)
    assert 10 <= len(lines) <= 11
    assert lines[-1].startswith("work: 1005/1005")


def test_no_work_is_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing to do shows nothing."""
    assert notes(0, capsys) == []


def test_a_step_needs_no_note(capsys: pytest.CaptureFixture[str]) -> None:
    """A step without a note leaves no space at the end of its line."""
    with progress("work", 1) as advance:
        advance()
    assert capsys.readouterr().err == "work: 1/1\n"


def test_a_terminal_has_a_bar_that_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal the work has a bar with its title."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with progress("work", 1) as advance:
        advance("step")
    assert "work" in terminal.getvalue()


def test_a_line_is_written_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    """A plain line goes to standard error: standard output is for data."""
    say("done")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "done\n")


def test_a_table_shows_text_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """Text in brackets is no markup, backslashes stay, and nothing is cut."""
    cells = ("[bold]x[/bold]", "[/]", r"a\[b]", "a" * 150, "水 ماء")
    show_table("Table", ("cell",), [(cell,) for cell in cells])
    out = capsys.readouterr().out
    assert all(cell in out for cell in cells)


def test_a_wide_table_folds_instead_of_cutting(capsys: pytest.CaptureFixture[str]) -> None:
    """A cell wider than the table goes on in the next line."""
    show_table("Table", ("a", "b"), [("x" * 500, "y")])
    assert capsys.readouterr().out.count("x") == 500


@pytest.mark.parametrize(
    ("called", "on_path", "told"),
    [
        ("my env/glocal", "", "'{}/my env/glocal'"),
        ("my env/glocal", "my env", "glocal"),
        ("my env/glocal", "other", "'{}/my env/glocal'"),
        ("-c", "", "glocal"),
    ],
)
def test_the_program_is_named_so_that_the_line_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, called: str, on_path: str, told: str
) -> None:
    """By its name where a shell finds this very program by it, else by the path that it was called by."""
    for folder in ("my env", "other"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "glocal").touch(mode=0o755)
    monkeypatch.setattr(sys, "argv", [called if called == "-c" else str(tmp_path / called)])
    monkeypatch.setenv("PATH", str(tmp_path / on_path) if on_path else "")
    assert program() == told.format(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["models", "audit"], "glocal"),
        (["--workspace", "my work", "run", "b.yaml"], "glocal --workspace 'my work'"),
        (["--workspace=ours", "run"], "glocal --workspace=ours"),
        (["run", "--workspace", "not before the command"], "glocal"),
    ],
)
def test_a_line_to_type_next_stays_in_the_workspace(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], told: str
) -> None:
    """Without it, the next command would answer from another policy and another record."""
    monkeypatch.setattr("sys.argv", ["/somewhere/else", *arguments])
    assert program_here() == told
