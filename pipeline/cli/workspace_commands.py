"""`glocal init`: a workspace of one's own. `glocal doctor`: what is missing, and how to get it."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.console import program, show_table
from pipeline.errors import UsageError

if TYPE_CHECKING:
    from pipeline.cli.doctor import Finding


def register_commands(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(init)
    app.command()(doctor)


def init(folder: Annotated[Path, typer.Argument(help="Folder to make; it must be empty or absent.")]) -> None:
    """Make a workspace of one's own: a brand, a campaign, channels and settings to start from."""
    from pipeline.cli.starter import make_workspace

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is not empty", hint="Name a new folder: nothing is ever overwritten.")
    make_workspace(folder)
    command = ["--workspace", str(folder), "run", str(folder / "campaigns/spring.yaml")]
    typer.echo(f"Made {folder}. Next: {program()} {shlex.join(command)}")


def doctor(
    context: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="JSON instead of a table.")] = False
) -> int:
    """Look at everything a run needs and say what is missing and how to get it."""
    from pipeline.bootstrap import build
    from pipeline.cli.doctor import examine

    findings: list[Finding] = examine(build(context.obj))
    if as_json:
        typer.echo(json.dumps([finding._asdict() for finding in findings], ensure_ascii=False, indent=1))
    else:
        rows = [(item.what, "ok" if item.ok else "missing", item.detail, item.hint) for item in findings]
        show_table("Doctor", ("what", "state", "detail", "how to get it"), rows)
    return 0 if all(item.ok for item in findings) else 1
