"""`glocal locales`: which markets there are, and everything that is wrong with their files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.console import say, show_table

if TYPE_CHECKING:
    from pipeline.domain.locale_pack import LocalePack
    from pipeline.errors import DataError
    from pipeline.resources.library import Library

AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of a table.")]

locales = typer.Typer(help="Markets: their packs, and every mistake in packs, languages and channels.")


def register_commands(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(locales, name="locales", no_args_is_help=True)


@locales.command("list")
def list_locales(context: typer.Context, as_json: AsJson = False) -> None:
    """All locales that have a pack."""
    lines = [_line(pack) for pack in _library(context).packs()]
    if as_json:
        _print_json(lines)
        return
    columns = ("tag", "name", "market", "jurisdictions", "address", "pairs", "channels")
    show_table("Locales", columns, [[_cell(line[column]) for column in columns] for line in lines])


@locales.command("check")
def check_locales(context: typer.Context, as_json: AsJson = False) -> int:
    """All mistakes of all packs, languages and channels at once, each with file, line, field and a hint."""
    from pipeline.cli.locale_audit import find_mistakes

    library = _library(context)
    mistakes = list(find_mistakes(library))
    if as_json:
        _print_json([_mistake(mistake) for mistake in mistakes])
    else:
        for mistake in mistakes:
            typer.echo(f"{mistake}. Hint: {mistake.hint}")
        files = len(library.locale_files()) + len(library.language_files()) + len(library.channel_files())
        say(f"{len(mistakes)} mistakes in {files} files.")
    return 1 if mistakes else 0


def _line(pack: LocalePack) -> dict[str, Any]:
    return {
        "tag": pack.tag,
        "name": pack.name,
        "market": pack.market,
        "jurisdictions": list(pack.jurisdictions),
        "address": pack.address.form,
        "pairs": len(pack.pairs),
        "channels": sorted({pair.channel for pair in pack.pairs}),
    }


def _mistake(mistake: DataError) -> dict[str, Any]:
    return {
        "file": str(mistake.path),
        "line": mistake.line,
        "field": mistake.field,
        "message": mistake.problem,
        "hint": mistake.hint,
    }


def _cell(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _library(context: typer.Context) -> Library:
    from pipeline.bootstrap import build

    return build(context.obj).library


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1))
