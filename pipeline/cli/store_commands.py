"""`glocal models pull` and `glocal models verify`: how weights come into the model store and are proven there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.console import say
from pipeline.errors import ModelError, UsageError

store = typer.Typer()


def register_commands(models: typer.Typer) -> None:
    """Add these commands to `glocal models`."""
    models.add_typer(store)


@store.command()
def pull(
    context: typer.Context,
    model_ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...")] = None,
    folder: Annotated[Path | None, typer.Option("--from", help="A folder that holds the weights.")] = None,
    embedded: Annotated[bool, typer.Option("--embedded", help="All models that installed packages carry.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace what the store has.")] = False,
) -> None:
    """Bring models into the store, from a folder or from the packages that carry them."""
    from pipeline.bootstrap import build

    parts = build(context.obj)
    wanted = list(model_ids or ()) + [card.id for card in parts.library.model_cards if embedded and card.package]
    if not wanted:
        raise UsageError("no model was named", hint="Name one, or use --embedded.")
    for model_id in wanted:
        card = parts.card(model_id)
        say(f"{card.id}: commercial use: {card.commercial_use}, {card.commercial_reason}")
        manifest = parts.pull(model_id, folder=folder, force=force, report=say)
        say(f"{card.id}: in the store, weights {manifest.weights_digest[:12]}")


@store.command()
def verify(
    context: typer.Context, model_ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...")] = None
) -> int:
    """Compare every stored file with its recorded digest."""
    from pipeline.bootstrap import build

    parts = build(context.obj)
    failed = 0
    for model_id in model_ids or parts.models.ids():
        try:
            parts.models.verify(model_id)
            typer.echo(f"{model_id}: every file is as recorded")
        except ModelError as error:
            failed += 1
            say(f"glocal: {error}. Hint: {error.hint}")
    return 1 if failed else 0
