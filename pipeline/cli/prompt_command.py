"""`glocal prompt`: what a model would be shown for one unit, and which model that is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.console import say
from pipeline.errors import UsageError

if TYPE_CHECKING:
    from pipeline.bootstrap import Parts
    from pipeline.domain.draft import Unit
    from pipeline.planning import Plan


def register_commands(app: typer.Typer) -> None:
    """Add this command."""
    app.command("prompt")(prompt)


def prompt(
    context: typer.Context,
    brief: Annotated[Path, typer.Option(help="Campaign brief (YAML).")],
    segment: Annotated[str, typer.Option(help="Segment of the brief.")],
    locale: Annotated[str, typer.Option(help="Locale of the brief.")],
    with_memory: Annotated[
        bool, typer.Option("--with-memory", help="With the copy approved so far, as `glocal run` shows it.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of text.")] = False,
) -> None:
    """Show the prompt of one unit and the model that would get it; nothing is generated."""
    from pipeline.bootstrap import build
    from pipeline.planning import plan_unit

    parts = build(context.obj)
    unit = _unit(parts, brief, segment, locale)
    plan = plan_unit(unit, parts.remembering_toolkit if with_memory else parts.toolkit)
    if as_json:
        typer.echo(json.dumps(_as_json(plan), ensure_ascii=False, indent=1))
        return
    choice = plan.provenance.choice
    say(f"{unit.name}: {choice.model} on {choice.runs_on}, {plan.prompt.style}, choice {choice.id}")
    say(choice.notice or f"{'; '.join(choice.reasons)}")
    for message in plan.prompt.messages:
        if plan.prompt.style == "chat":
            typer.echo(f"--- {message.role}")
        typer.echo(message.content)


def _unit(parts: Parts, brief_path: Path, segment: str, locale: str) -> Unit:
    brief = parts.library.brief(brief_path)
    if locale not in brief.locales:
        raise UsageError(f"the brief has no locale {locale!r}", hint=f"It has {', '.join(brief.locales)}.")
    units = parts.library.units(brief, parts.library.brand(brief.brand), (locale,))
    found = next((unit for unit in units if unit.segment.id == segment), None)
    if found is None:
        known = ", ".join(unit.segment.id for unit in units)
        raise UsageError(f"the brief has no segment {segment!r}", hint=f"It has {known}.")
    return found


def _as_json(plan: Plan) -> dict[str, object]:
    return {
        "unit": plan.unit.name,
        "style": plan.prompt.style,
        "messages": [message.model_dump() for message in plan.prompt.messages],
        "prompt_sha256": plan.prompt.digest,
        "provenance": plan.provenance.model_dump(mode="json"),
    }
