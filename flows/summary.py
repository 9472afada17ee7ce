"""What a run came to, for the person who started it: a table or JSON.

Copy and whole error messages are shown on a terminal, which is the operator's own screen in the region. What is
captured elsewhere (a pipe, a log, CI) tends to travel, so there it holds ids, counts and codes only.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import typer

from flows.workplace import Workplace
from pipeline import errors
from pipeline.cli.console import program_here, say, show_table
from pipeline.domain.draft import Unit
from pipeline.store.rows import UnitRow

_SAYS_NO_COPY = {
    kind.__name__
    for kind in (
        errors.NoLawfulModel,
        errors.NoUsableCandidate,
        errors.GenerationError,
        errors.ModelMissing,
        errors.ModelDamaged,
        errors.MissingExtra,
        errors.StoreUnavailable,
        errors.LeaseLost,
        errors.DiskFull,
    )
}
"""Errors whose messages are made of ids, counts and paths: these are told anywhere."""


@dataclass(frozen=True)
class Line:
    """One unit. What a draft would say is None where there is none; `text` also where copy is not shown."""

    unit: str
    state: str
    draft_id: str | None = None
    model: str | None = None
    language: str | None = None
    issues: int | None = None
    characters: int | None = None
    limit: int | None = None
    text: str | None = None
    error: str | None = None
    hint: str | None = None
    new: bool = False
    notice: str = ""


@dataclass(frozen=True)
class Summary:
    """All units that were asked for, as they stand after the run."""

    campaign: str
    campaign_id: str
    lines: tuple[Line, ...]
    review: str
    texts: bool

    @classmethod
    def of_run(
        cls, workplace: Workplace, campaign_id: str, units: Sequence[Unit], review: str, *, texts: bool | None
    ) -> Summary:
        """Read every unit from the record: what this run did not do, an earlier one may have."""
        shown = sys.stdout.isatty() if texts is None else texts
        rows = {(row.segment_id, row.locale): row for row in workplace.parts.record.units(campaign_id)}
        lines = [_line(workplace, unit, rows.get((unit.segment.id, unit.locale)), texts=shown) for unit in units]
        return cls(units[0].brief.id, campaign_id, tuple(lines), review, shown)

    @property
    def complete(self) -> bool:
        """Whether every unit has a draft."""
        return all(line.draft_id for line in self.lines)

    def print_json(self) -> None:
        """One object on standard output."""
        told = {
            "campaign": self.campaign,
            "campaign_id": self.campaign_id,
            "drafted": sum(line.new for line in self.lines),
            "failed": sum(not line.draft_id for line in self.lines),
            "units": [asdict(line) for line in self.lines],
            "review": self.review,
        }
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1))

    def print_table(self) -> None:
        """A table, then what a person should know, then what to type next."""
        columns = ("unit", "status", "model", "language", "issues", "length")
        show_table(f"Campaign {self.campaign}", columns, [_cells(line) for line in self.lines])
        if self.texts:
            show_table("Drafts", ("unit", "text"), [(line.unit, line.text) for line in self.lines if line.text])
        typer.echo(self._told_what_is_new())
        for told in self._told_of_models():
            typer.echo(told)
        for told in self._told_of_failures():
            say(told)
        if any(line.draft_id for line in self.lines):
            typer.echo(f"Review them: {self.review}")

    def _told_what_is_new(self) -> str:
        new = sum(line.new for line in self.lines)
        missing = sum(not line.draft_id for line in self.lines)
        if not new and not missing:
            return "Nothing new was drafted: every unit has a draft already."
        drafts = {0: "No new draft", 1: "1 new draft"}.get(new, f"{new} new drafts")
        return drafts + (f", {missing} of {len(self.lines)} units without one." if missing else ".")

    def _told_of_failures(self) -> list[str]:
        """A line for each reason: what stops one unit often stops them all."""
        reasons: dict[tuple[str, str], list[str]] = {}
        for line in self.lines:
            if line.error:
                reasons.setdefault((line.error, line.hint or ""), []).append(line.unit)
        return [
            f"glocal: no draft for {', '.join(units)}: {_sentence(error)} Hint: {hint}"
            for (error, hint), units in reasons.items()
        ]

    def _told_of_models(self) -> list[str]:
        """Says once for each model that a market's own makers did not write for it."""
        fallbacks: dict[str, list[Line]] = {}
        for line in self.lines:
            if line.notice and line.model:
                fallbacks.setdefault(line.model, []).append(line)
        return [_told_of_model(model, lines) for model, lines in fallbacks.items()]


def _told_of_model(model: str, lines: Sequence[Line]) -> str:
    tags = list(dict.fromkeys(line.unit.rpartition("/")[2] for line in lines))
    return (
        f"{model} wrote for {', '.join(tags)}, and was made outside their jurisdictions: no lawful model from there "
        f"is in the store or behind an endpoint. See why: {program_here()} models choose --locale {tags[0]}"
    )


def _line(workplace: Workplace, unit: Unit, row: UnitRow | None, *, texts: bool) -> Line:
    if row is None or row.draft_id is None:
        error, hint = _reason(workplace, row, whole=texts)
        return Line(unit.name, "failed", error=error, hint=hint)
    sheet = workplace.parts.record.sheet(row.draft_id)
    outcome = workplace.outcomes.get(row.id)
    return Line(
        unit=unit.name,
        state=str(sheet.status),
        draft_id=sheet.id,
        model=sheet.provenance.model_id,
        language=sheet.assessment.language.verdict,
        issues=len(sheet.assessment.issues),
        characters=unit.channel.measure(sheet.text),
        limit=unit.channel.limit,
        text=sheet.text if texts else None,
        new=outcome is not None and outcome.draft_id is not None,
        notice=sheet.provenance.choice.notice,
    )


def _reason(workplace: Workplace, row: UnitRow | None, *, whole: bool) -> tuple[str, str]:
    """Why a unit has no draft: its own error, or what stopped its batch."""
    outcome = workplace.outcomes.get(row.id) if row else None
    error = outcome.error if outcome else None
    if error is None and row and row.error_code:
        code, message, hint = row.error_code, row.error_message or "", row.error_hint or ""
    else:
        error = error or _last_failure(workplace)
        code, message, hint = error.code, str(error), error.hint
    return (message if whole or code in _SAYS_NO_COPY else code), hint


def _last_failure(workplace: Workplace) -> errors.GlocalError:
    for error in reversed(workplace.failures.values()):
        if isinstance(error, errors.GlocalError):
            return error
    return errors.GenerationError("it was not reached", hint=f"{workplace.error_log} may say why; run it again.")


def _cells(line: Line) -> list[str]:
    length = "" if line.characters is None else f"{line.characters}/{line.limit}"
    issues = "" if line.issues is None else str(line.issues)
    # Without its organisation, so that the table fits a terminal of 80 columns; the sentence below it has the id.
    model = (line.model or "").rpartition("/")[2]
    return [line.unit, line.state, model, line.language or "", issues, length]


def _sentence(message: str) -> str:
    line = " ".join(message.split())
    return line if line.endswith(".") else f"{line}."
