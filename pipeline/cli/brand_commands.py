"""What reviewers and time say of a brand's scores: `glocal calibrate`, `glocal report brand`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.console import print_json, program, say, show_table

if TYPE_CHECKING:
    from pipeline.cli.drift import WeekScore
    from pipeline.recalibrating import Proposal

AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of a table.")]


def register_commands(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(calibrate)
    report = typer.Typer(help="What was found, added up.")
    report.command("brand")(report_brand)
    app.add_typer(report, name="report", no_args_is_help=True)


def calibrate(
    context: typer.Context,
    brand: Annotated[str, typer.Option(help="Brand id.")],
    accept: Annotated[bool, typer.Option("--accept", help="Put the thresholds in force; else only show them.")] = False,
    as_json: AsJson = False,
) -> None:
    """Fit a brand's thresholds by locale to what its reviewers approved and rejected, and show what would change."""
    from datetime import UTC, datetime

    from pipeline import recalibrating
    from pipeline.bootstrap import build

    parts = build(context.obj)
    studio = recalibrating.Studio(
        record=parts.record, assessor=parts.assessor, workspace=context.obj, region=parts.settings.region
    )
    proposal = recalibrating.propose(studio, parts.library.brand(brand))
    _show(proposal, as_json=as_json)
    if not accept:
        say(f"Nothing was changed. To put it in force: {program()} calibrate --brand {brand} --accept")
    elif proposal.thresholds:
        say(f"In force from now on: {recalibrating.accept(studio, proposal, datetime.now(UTC))}")
    else:
        say("There is nothing to put in force.")


def report_brand(
    context: typer.Context,
    brand: Annotated[str, typer.Option(help="Brand id.")],
    chart: Annotated[Path | None, typer.Option(help="Also draw the weeks, as an SVG file.")] = None,
    as_json: AsJson = False,
) -> None:
    """How a brand's scores drift: drafts and mean score by locale, model and week, as they were stored."""
    from pipeline.bootstrap import build
    from pipeline.cli.drift import by_week, draw_weeks
    from pipeline.resources.jsonl import write_whole

    parts = build(context.obj)
    name = parts.library.brand(brand).id
    weeks = by_week(parts.record.scored(parts.settings.region, name))
    if chart is not None:
        write_whole(chart, [draw_weeks(weeks, f"Brand score of {name}").encode()])
    if as_json:
        print_json([week.as_json() for week in weeks])
        return
    columns = ("week", "locale", "model", "drafts", "scored", "mean", "change")
    show_table(f"Brand score of {name}", columns, [_cells(week) for week in weeks])


def _cells(week: WeekScore) -> tuple[str, ...]:
    mean = "" if week.mean is None else f"{week.mean:.3f}"
    change = "" if week.change is None else f"{week.change:+.3f}"
    return (week.week, week.locale, week.model_id, str(week.drafts), str(week.scored), mean, change)


def _show(proposal: Proposal, *, as_json: bool) -> None:
    if as_json:
        print_json(_as_json(proposal))
        return
    rows = [
        (
            each.locale,
            f"{each.threshold:.1%}",
            f"{each.low:.1%} to {each.high:.1%}",
            str(each.approved),
            str(each.rejected),
        )
        for each in proposal.thresholds
    ]
    title = f"Thresholds of {proposal.brand.id}; all other locales {proposal.shipped:.1%}"
    show_table(title, ("locale", "threshold", "nine times in ten", "approved", "rejected"), rows)
    for locale, decisions in proposal.thin.items():
        say(f"{locale}: too few decisions to move the threshold ({decisions}).")
    changes = [(each.unit, each.draft_id, each.before, each.after) for each in proposal.changes]
    show_table("Pending drafts that would change verdict", ("unit", "draft", "now", "then"), changes)


def _as_json(proposal: Proposal) -> dict[str, Any]:
    return {
        "brand": proposal.brand.id,
        "shipped": proposal.shipped,
        "thresholds": [each.model_dump(mode="json") for each in proposal.thresholds],
        "too_few_decisions": proposal.thin,
        "changes": [
            {"unit": each.unit, "draft": each.draft_id, "now": each.before, "then": each.after}
            for each in proposal.changes
        ],
    }
