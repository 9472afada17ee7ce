"""`glocal models`: the catalog, the store, and the chooser, in the open."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.console import say, show_table
from pipeline.errors import NoLawfulModel

if TYPE_CHECKING:
    from pipeline.bootstrap import Parts
    from pipeline.domain.model_card import ModelCard

AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of a table.")]

models = typer.Typer(help="Open models: the catalog, the store of verified weights, the choice for a locale.")


def register_commands(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(models, name="models", no_args_is_help=True)


@models.command("list")
def list_models(context: typer.Context, as_json: AsJson = False) -> None:
    """All models of the catalog, and which are in the store."""
    parts = _parts(context)
    if as_json:
        _print_json([card.model_dump(mode="json") | {"in_store": parts.models.has(card.id)} for card in _cards(parts)])
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


@models.command()
def show(
    context: typer.Context, model_id: Annotated[str, typer.Argument(metavar="ID")], as_json: AsJson = False
) -> None:
    """All facts of one model, with their sources."""
    parts = _parts(context)
    card = parts.card(model_id)
    stored = parts.models.manifest(model_id).model_dump(mode="json") if parts.models.has(model_id) else None
    if as_json:
        _print_json(card.model_dump(mode="json") | {"manifest": stored})
        return
    facts = {name: value for name, value in card.model_dump(mode="json").items() if value not in (None, "", [])}
    rows = [
        (name, ", ".join(map(str, value)) if isinstance(value, list) else str(value)) for name, value in facts.items()
    ]
    show_table(card.name, ("fact", "value"), [*rows, ("in store", "yes" if stored else "no")])


@models.command()
def choose(
    context: typer.Context,
    locale: Annotated[str, typer.Option(help="Locale to choose for.")],
    as_json: AsJson = False,
) -> int:
    """Which model would write for a locale, and why not the others."""
    from pipeline.workflow import choose_model

    parts = _parts(context)
    try:
        choice = choose_model(locale, parts.toolkit)
    except NoLawfulModel as error:
        if as_json:
            _print_json(
                {"locale": locale, "model": None, "rejected": [{"model": m, "reason": r} for m, r in error.rejections]}
            )
        raise
    if as_json:
        _print_json(choice.model_dump(mode="json"))
        return 0
    rows = [(choice.model, "chosen", "; ".join(choice.reasons))]
    rows += [(item.model, "passed over", item.reason) for item in choice.passed_over]
    rows += [(item.model, f"rejected: {item.rule}", item.reason) for item in choice.rejected]
    show_table(f"Model for {locale}", ("model", "verdict", "why"), rows)
    return 0


@models.command()
def audit(context: typer.Context, as_json: AsJson = False) -> int:
    """What each locale would be written by today, and what those models have in common."""
    from pipeline.workflow import choose_model

    parts = _parts(context)
    rows: list[dict[str, str | None]] = []
    for tag in parts.library.locale_tags():
        try:
            card = parts.card(choose_model(tag, parts.toolkit).model)
            rows.append(
                {
                    "locale": tag,
                    "model": card.id,
                    "developer": card.developer,
                    "made_in": card.developer_country,
                    "licence": card.licence,
                }
            )
        except NoLawfulModel:
            rows.append({"locale": tag, "model": None, "developer": None, "made_in": None, "licence": None})
    if as_json:
        _print_json(rows)
    else:
        columns = ("locale", "model", "developer", "made_in", "licence")
        show_table("Models in use", columns, [[row[column] or "none" for column in columns] for row in rows])
        say(_concentration([row["made_in"] for row in rows if row["made_in"]]))
    return 1 if any(row["model"] is None for row in rows) else 0


def _concentration(countries: Sequence[str]) -> str:
    if not countries:
        return "No locale has a lawful model."
    top = max(set(countries), key=lambda country: (countries.count(country), country))
    return f"{countries.count(top)} of {len(countries)} locales depend on models made in {top}."


def _parts(context: typer.Context) -> Parts:
    from pipeline.bootstrap import build

    return build(context.obj)


def _cards(parts: Parts) -> tuple[ModelCard, ...]:
    return parts.library.model_cards


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1))
