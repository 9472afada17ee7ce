"""`glocal run` and `glocal deploy`: the commands that the flows add to the command line."""

from __future__ import annotations

import shlex
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pipeline.bootstrap import Parts

Brief = Annotated[Path, typer.Argument(help="Campaign brief (YAML).")]


def register_commands(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(run)
    app.command()(deploy)


def run(
    context: typer.Context,
    brief: Brief,
    locale: Annotated[list[str] | None, typer.Option(help="Only this locale of the brief; may be repeated.")] = None,
    candidates: Annotated[int | None, typer.Option(min=1, max=256, help="Candidates drawn for each unit.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="The same seed gives the same drafts.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of a table.")] = False,
    texts: Annotated[
        bool | None, typer.Option(help="Show copy in the summary. On a terminal that is the default, elsewhere not.")
    ] = None,
) -> int:
    """Draft a campaign as a Prefect flow, store the drafts, and say where to review them."""
    _require_prefect()
    from flows.running import run_campaign
    from flows.summary import Summary
    from pipeline.bootstrap import build
    from pipeline.cli.copy_commands import units_asked_for

    parts = build(context.obj).with_sampling(candidates=candidates, seed=seed)
    units = units_asked_for(parts, brief, locale)
    campaign_id = _stored(parts, brief)
    workplace = run_campaign(parts, campaign_id, tuple(locale or ()))
    summary = Summary.of_run(workplace, campaign_id, units, _review_line(context.obj), texts=texts)
    (summary.print_json if as_json else summary.print_table)()
    return 0 if summary.complete else 1


def deploy(
    context: typer.Context,
    brief: Brief,
    cron: Annotated[str, typer.Option(help="When to run: minute hour day month weekday.")] = "0 6 * * 1",
    timezone: Annotated[str, typer.Option(help="Time zone that --cron is read in, such as Europe/Berlin.")] = "UTC",
    name: Annotated[
        str | None, typer.Option(help="Name of the deployment; Prefect shows it, so no copy in it.")
    ] = None,
) -> None:
    """Schedule a campaign on a Prefect server: it is drafted anew whenever a model, a pack or its inputs changed."""
    _require_prefect()
    from flows.prefect_environment import quieten

    quieten()
    from flows.deploying import deploy_campaign
    from flows.timing import Timing
    from pipeline.bootstrap import build
    from pipeline.cli.console import say

    parts = build(context.obj)
    parts.library.brief(brief)
    timing = Timing.checked(cron, timezone)
    if timing.meets_clock_change:
        say(f"glocal: between 01:00 and 03:00 {timezone} may skip or repeat an hour: a later time is safer.")
    deployed = deploy_campaign(parts, lambda: _stored(parts, brief), timing, name)
    first = timing.next_starts(1)[0]
    typer.echo(
        f"Deployed {deployed.name} in the work pool {deployed.pool}: {timing.cron} in {timing.timezone}, "
        f"next on {first:%A %Y-%m-%d at %H:%M %Z}."
    )
    workspace = shlex.quote(str(parts.settings.workspace))
    typer.echo(f"A worker in this region runs it: GLOCAL_WORKSPACE={workspace} prefect worker start -p {deployed.pool}")


def _require_prefect() -> None:
    from pipeline.errors import MissingExtra

    if find_spec("prefect") is None:
        raise MissingExtra("prefect", "flows")


def _stored(parts: Parts, brief: Path) -> str:
    """Put the brief and its brand into the record; the campaign's id is all that a flow is told."""
    document = parts.library.brief(brief)
    return parts.record.add_campaign(document, parts.library.brand(document.brand), parts.settings.region)


def _review_line(workspace: Path) -> str:
    from pipeline.cli.console import program

    given = "" if workspace == Path() else f" --workspace {shlex.quote(str(workspace))}"
    return f"{program()}{given} review serve"
