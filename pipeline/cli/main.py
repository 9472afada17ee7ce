"""The `glocal` command: global options, all commands, and the one place where errors become exit codes."""

from __future__ import annotations

import io
import os
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

import pipeline
from pipeline.cli import (
    brand_commands,
    copy_commands,
    locale_commands,
    model_commands,
    prompt_command,
    rule_commands,
    workspace_commands,
)
from pipeline.errors import NO_ROOM, DiskFull, GlocalError, UsageError

COMMAND_GROUP = "glocal.commands"

INTERRUPTED = 130
"""Exit code after Ctrl+C: 128 and the number of SIGINT."""


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"glocal {pipeline.__version__}")
        raise typer.Exit


def _globals(
    context: typer.Context,
    workspace: Annotated[
        Path,
        typer.Option(
            help="Folder whose brand_pillars/, locales/, campaigns/ and glocal.toml stand before the shipped ones.",
            envvar="GLOCAL_WORKSPACE",
        ),
    ] = Path(),
    version: Annotated[  # noqa: ARG001 (its callback answers)
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Options that stand before the command."""
    context.obj = workspace


def build_app() -> typer.Typer:
    """A new application with the commands of every installed floor."""
    app = typer.Typer(
        name="glocal",
        help="One global campaign brief into reviewed, culturally adapted copy for every market.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_globals)
    floor = (
        copy_commands,
        prompt_command,
        brand_commands,
        model_commands,
        locale_commands,
        rule_commands,
        workspace_commands,
    )
    for commands in floor:
        commands.register_commands(app)
    for point in sorted(entry_points(group=COMMAND_GROUP), key=lambda point: point.name):
        point.load()(app)
    return app


def main() -> None:
    """Run the command and exit: 0 done, 1 something a user must act on, 2 wrong use."""
    _open_what_is_closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a character is told its number; the command does not stop.
            stream.reconfigure(errors="backslashreplace")
    sys.exit(_flushed(run(sys.argv[1:])))


def _open_what_is_closed() -> None:
    """Put nothing to read, and nowhere to write, in place of standard streams that were closed (`<&-`, `>&-`)."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # In this order each takes its own descriptor again, before a database file could.
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 (open to the end)


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code; errors go to standard error, one line and a hint."""
    try:
        result = build_app()(args=arguments, prog_name="glocal", standalone_mode=False)
    except (Exception, KeyboardInterrupt) as error:
        if os.environ.get("GLOCAL_TRACEBACK"):
            raise
        return _report(*_explained(error))
    if result == INTERRUPTED:
        # Typer makes an exit code of Ctrl+C, and says nothing.
        return _report(*_explained(KeyboardInterrupt()))
    return result if isinstance(result, int) else 0


def _flushed(code: int) -> int:
    """Write out what is left for standard output; 1 when there is no room for it and nothing was said of it yet."""
    try:
        sys.stdout.flush()
    except OSError as error:
        _drop_output()
        return code or _report(*_explained(error))
    return code


def _drop_output() -> None:
    """Send what is left for standard output to nowhere, so that Python does not try again at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _explained(error: BaseException) -> tuple[str, str, int]:
    """An error as its message, a hint and an exit code."""
    match error:
        case GlocalError():
            return str(error), error.hint, error.exit_code
        case TyperException():
            return error.format_message(), UsageError.hint, 2
        case typer.Abort() | KeyboardInterrupt():
            return "stopped", "Nothing is lost: run the command again.", INTERRUPTED
        case BrokenPipeError():
            _drop_output()
            return "the reader of the output went away", "Write to a file instead.", 1
        case OSError() if error.errno in NO_ROOM:
            return "there is no room left to write", DiskFull.hint, 1
    message = f"an error that Glocal does not know: {type(error).__name__}: {error}"
    return message, "Set GLOCAL_TRACEBACK=1 to see where it happened, and report it.", 1


def _report(message: str, hint: str, code: int) -> int:
    line = " ".join(message.split())
    sys.stderr.write(f"glocal: {line} Hint: {hint}\n" if line.endswith(".") else f"glocal: {line}. Hint: {hint}\n")
    return code
