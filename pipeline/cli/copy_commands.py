"""Commands over copy: draft, check, score, export. JSON Lines in, JSON Lines out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.console import program_here, progress, say
from pipeline.errors import GenerationError, GlocalError, ModelError

if TYPE_CHECKING:
    from pipeline.bootstrap import Parts
    from pipeline.checks.subject import CheckedText
    from pipeline.cli.lines import CopyLine
    from pipeline.domain.channel import Channel
    from pipeline.domain.draft import Draft, Unit

Input = Annotated[str, typer.Option("--input", help="JSON Lines; - for standard input.")]
Output = Annotated[str, typer.Option("--output", help="JSON Lines; - for standard output.")]

SCORE_BATCH = 1024
"""Copies encoded together: enough to fill the encoder's own batches, few enough to keep memory flat."""


def register_commands(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(draft)
    app.command()(check)
    app.command()(score)
    app.command()(export)


def draft(
    context: typer.Context,
    brief: Annotated[Path, typer.Option(help="Campaign brief (YAML).")],
    output: Output,
    locale: Annotated[list[str] | None, typer.Option(help="Only this locale of the brief; may be repeated.")] = None,
    candidates: Annotated[int | None, typer.Option(min=1, max=256, help="Candidates drawn for each unit.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="The same seed gives the same drafts.")] = None,
) -> int:
    """Draft a campaign without Prefect or a database: one line for each unit."""
    from pipeline.bootstrap import build
    from pipeline.resources.jsonl import write_jsonl

    parts = build(context.obj).with_sampling(candidates=candidates, seed=seed)
    units = units_asked_for(parts, brief, locale)
    failures: list[tuple[str, GlocalError]] = []
    drafted = _draft_lines(parts, units, failures)
    # Where nothing was drafted, an older file is worth more than an empty one.
    first = next(drafted, None)
    if first is not None:
        write_jsonl(output, chain([first], drafted))
    for name, error in failures:
        say(f"glocal: {name}: {error}. Hint: {error.hint}")
    return 1 if failures else 0


def check(
    context: typer.Context,
    input_name: Input,
    output: Output,
    channel: Annotated[str | None, typer.Option(help="Check against this channel's limit, too.")] = None,
) -> None:
    """Check copy against its locale: language, address, marks, claims and, with --channel, length.

    A line may give the text's `source`, and `other_locales`, the text of other locales by their tag.
    """
    from pipeline.bootstrap import build
    from pipeline.checks.registry import run_checks
    from pipeline.cli.lines import CopyLine
    from pipeline.resources.jsonl import read_jsonl, write_jsonl

    parts = build(context.obj)
    limits = parts.library.channel(channel) if channel else None

    def lines() -> Iterator[dict[str, Any]]:
        for line in read_jsonl(input_name, CopyLine):
            language, issues = run_checks(_subject(parts, line, limits))
            yield {
                "id": line.id,
                "language": language.model_dump(mode="json"),
                "issues": [issue.model_dump(mode="json") for issue in issues],
            }

    write_jsonl(output, lines())


def score(
    context: typer.Context,
    brand: Annotated[list[str], typer.Option(help="Brand id or YAML path; may be repeated.")],
    input_name: Input,
    output: Output,
) -> None:
    """Score copy for brand consistency: one line for each copy and brand."""
    from pipeline.bootstrap import build
    from pipeline.cli.lines import CopyLine, in_batches
    from pipeline.resources.jsonl import read_jsonl, write_jsonl

    parts = build(context.obj)
    brands = [parts.library.brand(name) for name in brand]

    def lines() -> Iterator[dict[str, Any]]:
        for batch in in_batches(read_jsonl(input_name, CopyLine), SCORE_BATCH):
            table = parts.assessor.score_against(brands, [_subject(parts, line, None) for line in batch])
            for line, row in zip(batch, table, strict=True):
                for scored, result in zip(brands, row, strict=True):
                    yield {
                        "id": line.id,
                        "brand": scored.id,
                        "brand_score": result.value,
                        "verdict": result.verdict,
                        "explanation": result.score.explanation,
                    }

    write_jsonl(output, lines())


def export(
    context: typer.Context,
    campaign: Annotated[str, typer.Option(help="Campaign id, as in its brief.")],
    output: Annotated[Path, typer.Option(help="Folder to write into.")],
    format_name: Annotated[
        str, typer.Option("--format", help="jsonl (exact) or csv (safe for spreadsheets).")
    ] = "jsonl",
) -> int:
    """Export approved copy, and nothing else, with a manifest. What no longer passes goes back to review."""
    from datetime import UTC, datetime

    from pipeline.bootstrap import build
    from pipeline.export.bundle import require_format, write_bundle
    from pipeline.reaudit import reaudit

    require_format(format_name)
    parts = build(context.obj)
    stored = parts.record.find_campaign(campaign, parts.settings.region)
    # Today's brand, not the one that the campaign was run with: its terms may have changed since.
    brand = parts.library.brand(stored.brief.brand)
    verdict = reaudit(parts.auditor, stored.brief, brand, parts.record.approved(stored.id))
    for item, reason in verdict.sent_back:
        say(f"glocal: {item.segment}/{item.locale} went back to review: {reason}")
    bundle = write_bundle(
        verdict.holds,
        campaign=campaign,
        region=parts.settings.region,
        format_name=format_name,
        folder=output,
        exported_at=datetime.now(UTC),
    )
    texts = "1 approved text" if bundle.count == 1 else f"{bundle.count} approved texts"
    typer.echo(f"{texts} in {bundle.copy_file}, manifest in {bundle.manifest_file}")
    if not bundle.count:
        say(f"No text of {campaign} is approved at present. Review it: {program_here()} review serve")
    return 1 if verdict.sent_back else 0


def units_asked_for(parts: Parts, brief: Path, locales: list[str] | None) -> list[Unit]:
    """Every segment x locale of a brief, or only of `locales`; UsageError when the brief has no such locale."""
    from pipeline.errors import UsageError

    document = parts.library.brief(brief)
    unknown = sorted(set(locales or ()) - set(document.locales))
    if unknown:
        listed = ", ".join(document.locales)
        raise UsageError(f"the brief does not ask for {', '.join(unknown)}", hint=f"It asks for {listed}.")
    return parts.library.units(document, parts.library.brand(document.brand), tuple(locales) if locales else None)


def _draft_lines(parts: Parts, units: list[Unit], failures: list[tuple[str, GlocalError]]) -> Iterator[dict[str, Any]]:
    from pipeline.planning import foresee
    from pipeline.workflow import draft_unit

    notices: dict[str, str] = {}
    foresee(units, parts.toolkit)
    with progress("drafting", len(units)) as advance:
        for unit in units:
            try:
                draft = draft_unit(unit, parts.toolkit)
                notices[unit.locale] = draft.provenance.choice.notice
                yield _draft_line(draft)
            except (GenerationError, ModelError) as error:
                failures.append((unit.name, error))
            advance(unit.name)
    for locale, notice in notices.items():
        if notice:
            say(f"{locale}: {notice}")


def _draft_line(draft: Draft) -> dict[str, Any]:
    unit = draft.unit
    return {
        "unit": unit.name,
        "segment": unit.segment.id,
        "locale": unit.locale,
        "channel": unit.channel.id,
        "source": unit.segment.source,
        "text": draft.text,
        "candidates": [candidate.model_dump(mode="json") for candidate in draft.candidates],
        "assessment": draft.assessment.model_dump(mode="json"),
        "provenance": draft.provenance.model_dump(mode="json"),
    }


def _subject(parts: Parts, line: CopyLine, channel: Channel | None) -> CheckedText:
    from pipeline.checks.subject import CheckedText

    pack = parts.library.find_locale(line.locale)
    day, rules = parts.assessor.law_of(pack)
    return CheckedText(
        text=line.text,
        locale=line.locale,
        source=line.source,
        channel=channel,
        pack=pack,
        day=day,
        rules=rules,
        all_manners=parts.library.manners,
        other_locales=line.other_locales,
    )
