"""`glocal locales`: which markets there are, and everything that is wrong with their files."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.console import print_json, say, show_table
from pipeline.errors import UsageError

if TYPE_CHECKING:
    from pipeline.domain.locale_pack import LocalePack
    from pipeline.errors import DataError
    from pipeline.resources.library import Library

AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of a table.")]


def register_commands(app: typer.Typer) -> None:
    """Add these commands."""
    locales = typer.Typer(help="Markets: their packs, and every mistake in packs, languages and channels.")
    locales.command("list")(list_locales)
    locales.command()(show)
    locales.command("check")(check_locales)
    app.add_typer(locales, name="locales", no_args_is_help=True)


def list_locales(context: typer.Context, as_json: AsJson = False) -> None:
    """All locales that have a pack."""
    lines = [_line(pack) for pack in _library(context).packs()]
    if as_json:
        print_json(lines)
        return
    columns = ("tag", "name", "market", "jurisdictions", "address", "pairs", "channels")
    show_table("Locales", columns, [[_cell(line[column]) for column in columns] for line in lines])


def show(
    context: typer.Context,
    tag: Annotated[str, typer.Argument(metavar="TAG")],
    on: Annotated[str | None, typer.Option(metavar="DATE", help="The day to look from (YYYY-MM-DD); today.")] = None,
    as_json: AsJson = False,
) -> None:
    """One market: its pack, how it writes numbers, prices and dates (CLDR), and the holidays ahead."""
    from pipeline.resources.market import market_facts

    pack = _library(context).locale(tag)
    facts = market_facts(pack, _day(on))
    if as_json:
        print_json(pack.model_dump(mode="json") | {"formats": facts})
        return
    rows = [(name, _cell(value)) for name, value in _line(pack).items()]
    rows += [(name.replace("_", " "), _cell(value)) for name, value in facts.items() if name != "holidays"]
    rows += [("tone", f"{pack.tone.directness}, humour: {pack.tone.humour}")] if pack.tone else []
    rows += [
        (f"{note.kind}: {note.id}", f"{note.reason} Confirm with: {note.confirm}.") for note in pack.cultural_notes
    ]
    rows += [(f"holiday {holiday['date']}", holiday["name"]) for holiday in facts["holidays"]]
    show_table(pack.name, ("what", "value"), rows)


def check_locales(context: typer.Context, as_json: AsJson = False) -> int:
    """All mistakes of all packs, languages and channels at once, each with file, line, field and a hint."""
    from pipeline.cli.locale_audit import find_mistakes

    library = _library(context)
    mistakes = list(find_mistakes(library))
    if as_json:
        print_json([_mistake(mistake) for mistake in mistakes])
    else:
        for mistake in mistakes:
            typer.echo(f"{mistake}. Hint: {mistake.hint}")
        files = len(library.locale_files()) + len(library.language_files()) + len(library.channel_files())
        say(f"{len(mistakes)} mistakes in {files} files.")
    return 1 if mistakes else 0


def _day(text: str | None) -> date:
    try:
        return date.fromisoformat(text) if text else datetime.now(UTC).date()
    except ValueError:
        raise UsageError(f"{text!r} is not a date", hint="Write it as YYYY-MM-DD.") from None


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
