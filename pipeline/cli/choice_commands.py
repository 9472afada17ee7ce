"""`glocal models choose` and `glocal models audit`: which model writes for a market, and what markets depend on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.console import print_json, program_here, say, show_table
from pipeline.errors import NoLawfulModel

if TYPE_CHECKING:
    from pipeline.bootstrap import Parts
    from pipeline.domain.choice import Choice
    from pipeline.selection.audit import Audit, Drill, Market

AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of a table.")]
WholeCatalog = Annotated[
    bool, typer.Option("--catalog", help="As if the store had every model of the catalog: what to pull.")
]


def register_commands(models: typer.Typer) -> None:
    """Add these commands to `glocal models`."""
    models.command("choose")(choose)
    models.command("audit")(audit)


def choose(
    context: typer.Context,
    locale: Annotated[str, typer.Option(help="Locale to choose for.")],
    whole_catalog: WholeCatalog = False,
    as_json: AsJson = False,
) -> int:
    """Which model would write for a locale, and why not the others."""
    market = _parts(context).market([locale], whole_catalog=whole_catalog)
    found = market.choose()[locale]
    if isinstance(found, NoLawfulModel):
        if as_json:
            rejected = [{"model": model, "rule": rule, "reason": why} for model, rule, why in found.rejections]
            request = market.requests[0]
            print_json(
                {
                    "locale": locale,
                    "model": None,
                    "mode": request.mode,
                    "rejected": rejected,
                    "policy_version": request.policy_version,
                    "hint": found.hint,
                }
            )
        raise found
    if as_json:
        print_json(found.model_dump(mode="json"))
        return 0
    rows = [(found.model, "chosen", "; ".join(found.reasons))]
    rows += [(item.model, "passed over", item.reason) for item in found.passed_over]
    rows += [(item.model, f"rejected: {item.rule}", item.reason) for item in found.rejected]
    show_table(f"Model for {locale}, mode {found.mode}", ("model", "verdict", "why"), rows)
    for line in _told_of_choice(found):
        typer.echo(line)
    return 0


def audit(
    context: typer.Context,
    brief: Annotated[Path | None, typer.Option(help="Only the locales of this campaign.")] = None,
    locale: Annotated[list[str] | None, typer.Option(help="Only these locales.")] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WHAT=VALUE", help="Take away a vendor, country, licence, family or model; several at once."
        ),
    ] = None,
    whole_catalog: WholeCatalog = False,
    as_json: AsJson = False,
) -> int:
    """What the locales depend on, and which of them change or go dark when one thing is taken away."""
    from pipeline.selection.audit import audit as look
    from pipeline.selection.audit import withdraw, withdrawal

    parts = _parts(context)
    market = parts.market(_locales(parts, brief, locale), whole_catalog=whole_catalog)
    if without:
        drill = withdraw(market, [withdrawal(asked, market.cards) for asked in without])
        if as_json:
            print_json(_drill_json(drill))
        else:
            _show_drill(drill)
        return 1 if drill.dark or drill.already_dark else 0
    found = look(market)
    if as_json:
        print_json(_audit_json(found))
    else:
        _show_audit(found, market)
    return 1 if found.dark else 0


def _locales(parts: Parts, brief: Path | None, locales: list[str] | None) -> list[str]:
    if locales:
        return list(dict.fromkeys(locales))
    return list(parts.library.brief(brief).locales) if brief else parts.library.locale_tags()


def _told_of_choice(choice: Choice) -> list[str]:
    told = [choice.notice] if choice.notice else []
    if choice.wanted:
        told.append(f"{choice.wanted} would be chosen if it were here: {program_here()} models pull {choice.wanted}")
    return told


def _audit_json(found: Audit) -> dict[str, object]:
    return {
        "locales": [
            {
                "locale": entry.locale,
                "model": entry.choice.model if entry.choice else None,
                "runs_on": entry.choice.runs_on if entry.choice else None,
                "fit": entry.choice.fit if entry.choice else None,
                "wanted": entry.choice.wanted if entry.choice else None,
                "choice": entry.choice.id if entry.choice else None,
                "reason": entry.reason or None,
            }
            for entry in found.chosen
        ],
        "dark": found.dark,
        "dependences": [dependence.model_dump(mode="json") for dependence in found.dependences],
        "single_points_of_failure": [
            drill.withdrawn[0].model_dump() | {"dark": drill.dark} for drill in found.single_points
        ],
        "drills": [_drill_json(drill) for drill in found.drills],
    }


def _drill_json(drill: Drill) -> dict[str, object]:
    return drill.model_dump(mode="json") | {"dark": drill.dark}


def _show_audit(found: Audit, market: Market) -> None:
    cards = {card.id: card for card in market.cards}
    rows = []
    for entry in found.chosen:
        card = cards[entry.choice.model] if entry.choice else None
        facts = (card.id, card.developer, card.developer_country, card.licence) if card else ("none", "", "", "")
        fit = entry.choice.fit if entry.choice else ""
        rows.append((entry.locale, *facts, fit))
    show_table("Models in use", ("locale", "model", "vendor", "made in", "licence", "fit"), rows)
    for dependence in found.dependences:
        shares = [(share.value, str(len(share.locales)), f"{share.share:.0%}") for share in dependence.shares]
        show_table(f"By {dependence.dimension}", (dependence.dimension, "locales", "share"), shares)
        typer.echo(f"Concentration by {dependence.dimension}: {dependence.concentration:.2f} (1: all on one)")
    lit = sum(entry.choice is not None for entry in found.chosen)
    drilled = [
        (*_named_first(drill), str(len(drill.moved)), str(len(drill.dark)), _named(drill.dark, lit))
        for drill in found.drills
    ]
    show_table("Taken away one at a time", ("what", "value", "change model", "go dark", "dark locales"), drilled)
    if found.dark:
        hint = f"See why: {program_here()} models choose --locale {found.dark[0]}"
        say(f"glocal: no model may write for {', '.join(found.dark)}. Hint: {hint}")


def _named(dark: tuple[str, ...], lit: int) -> str:
    return "all" if len(dark) == lit > 1 else " ".join(dark)


def _named_first(drill: Drill) -> tuple[str, str]:
    return drill.withdrawn[0].dimension, drill.withdrawn[0].value


def _show_drill(drill: Drill) -> None:
    rows = [(change.locale, change.before, change.after or "goes dark") for change in drill.changes]
    show_table(f"Without {drill.title}", ("locale", "writes today", "would write"), rows)
    if not rows:
        typer.echo("No locale changes.")
    if drill.already_dark:
        say(f"glocal: {', '.join(drill.already_dark)} had no lawful model before. Hint: glocal models audit")


def _parts(context: typer.Context) -> Parts:
    from pipeline.bootstrap import build

    return build(context.obj)
