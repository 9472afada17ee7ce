"""`glocal models`: the catalog, the store, and the chooser, in the open."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import choice_commands, store_commands
from pipeline.cli.console import print_json, show_table
from pipeline.errors import ModelDamaged

if TYPE_CHECKING:
    from pipeline.bootstrap import Parts
    from pipeline.domain.model_card import ModelCard

AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of a table.")]


def register_commands(app: typer.Typer) -> None:
    """Add these commands."""
    models = typer.Typer(help="Open models: the catalog, the store of verified weights, the choice for a locale.")
    models.command("list")(list_models)
    models.command()(show)
    choice_commands.register_commands(models)
    store_commands.register_commands(models)
    app.add_typer(models, name="models", no_args_is_help=True)


def list_models(context: typer.Context, as_json: AsJson = False) -> None:
    """All models of the catalog, and which are in the store."""
    parts = _parts(context)
    if as_json:
        print_json([card.model_dump(mode="json") | {"in_store": parts.models.has(card.id)} for card in _cards(parts)])
        return
    rows = [
        (
            card.id,
            card.role,
            card.developer_country,
            f"{card.parameters_b:g} B",
            card.licence,
            card.commercial_use,
            "yes" if parts.models.has(card.id) else "",
        )
        for card in _cards(parts)
    ]
    show_table("Models", ("id", "role", "made in", "size", "licence", "commercial use", "in store"), rows)


def show(
    context: typer.Context, model_id: Annotated[str, typer.Argument(metavar="ID")], as_json: AsJson = False
) -> None:
    """All facts of one model, with their sources."""
    parts = _parts(context)
    card = parts.card(model_id)
    stored = parts.models.manifest(card.id).model_dump(mode="json") if parts.models.has(card.id) else None
    memory = _memory(parts, card) if stored else None
    if as_json:
        print_json(card.model_dump(mode="json") | {"manifest": stored, "memory_bytes": memory})
        return
    facts = {name: value for name, value in card.model_dump(mode="json").items() if value not in (None, "", [])}
    rows = [
        (name, ", ".join(map(str, value)) if isinstance(value, list) else str(value)) for name, value in facts.items()
    ]
    show_table(card.name, ("fact", "value"), [*rows, ("in store", "yes" if stored else "no"), *_told_of_memory(memory)])


def _memory(parts: Parts, card: ModelCard) -> int | None:
    """Bytes that a generator needs, None where its files do not tell."""
    if card.role == "generator":
        with suppress(ModelDamaged):
            return parts.memory_needed(card.id)
    return None


def _told_of_memory(memory: int | None) -> list[tuple[str, str]]:
    return [] if memory is None else [("memory needed", f"{memory / 1e9:.1f} GB")]


def _parts(context: typer.Context) -> Parts:
    from pipeline.bootstrap import build

    return build(context.obj)


def _cards(parts: Parts) -> tuple[ModelCard, ...]:
    return parts.library.model_cards
