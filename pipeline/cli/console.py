"""What long work shows: a progress bar on a terminal, plain lines elsewhere; always on standard error."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

PROGRAM = "glocal"


class Advance(Protocol):
    """Tells that one more step is done, and what it was."""

    def __call__(self, note: str = "") -> None:
        """Advance by one step."""
        ...


@contextmanager
def progress(title: str, total: int) -> Iterator[Advance]:
    """Show how far long work of `total` steps has come."""
    if total and sys.stderr.isatty():
        with _bar(title, total) as advance:
            yield advance
    else:
        yield _Lines(title, total)


def program() -> str:
    """How to call this program again, as a shell reads it: by its name where that finds it, else as it was called."""
    called, found = Path(sys.argv[0]), shutil.which(PROGRAM)
    known = called.name != PROGRAM or not called.is_file() or (found and called.samefile(found))
    return PROGRAM if known else shlex.quote(str(called))


def program_here() -> str:
    """The same with the workspace that it was called with: without, it would answer from another."""
    return shlex.join([*shlex.split(program()), *_workspace_options(sys.argv[1:])])


def _workspace_options(arguments: Sequence[str]) -> Sequence[str]:
    """What was said of the workspace, which stands before the command."""
    for place, argument in enumerate(arguments):
        if argument == "--workspace":
            return arguments[place : place + 2]
        if not argument.startswith("-") or argument.startswith("--workspace="):
            return [argument] if argument.startswith("--workspace=") else ()
    return ()


def say(line: str) -> None:
    """One plain line on standard error, at once."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def print_json(value: object) -> None:
    """A value as JSON on standard output, for machines."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1))


def show_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table on standard output; on a terminal it fits the screen, elsewhere nothing is cut."""
    console = Console(width=None if sys.stdout.isatty() else 200)
    table = Table(title=title, title_justify="left", header_style="bold", expand=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    console.print(table)


@contextmanager
def _bar(title: str, total: int) -> Iterator[Advance]:
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)

        def advance(note: str = "") -> None:
            bar.update(task, advance=1, description=f"{title} {note}".strip())

        yield advance


class _Lines:
    """A line a step for short work, a line a tenth for long work."""

    def __init__(self, title: str, total: int) -> None:
        self._title = title
        self._total = total
        self._done = 0
        self._stride = max(1, total // 10) if total > 40 else 1  # noqa: PLR2004 (about a screenful)

    def __call__(self, note: str = "") -> None:
        self._done += 1
        if self._done % self._stride == 0 or self._done == self._total:
            say(f"{self._title}: {self._done}/{self._total} {note}".rstrip())
