"""`glocal rules`: what applies to a market on a day, what changes between two days, what is wrong in the files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.console import print_json, say, show_table

if TYPE_CHECKING:
    from pipeline.domain.rule import Rule
    from pipeline.domain.rule_pack import RulePack
    from pipeline.resources.library import Library

NO_ADVICE = "This is research to build with, not legal advice: ask counsel before you rely on it."

AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of a table.")]
DAY_FORM = ["%Y-%m-%d"]


def register_commands(app: typer.Typer) -> None:
    """Add these commands."""
    rules = typer.Typer(help="Dated rules of each market: what applies, what changes, what is wrong. No legal advice.")
    rules.command("list")(list_rules)
    rules.command("diff")(diff_rules)
    rules.command("check")(check_rule_files)
    app.add_typer(rules, name="rules", no_args_is_help=True)


def list_rules(
    context: typer.Context,
    locale: Annotated[str, typer.Option(help="Locale whose market is asked about.")],
    on: Annotated[datetime | None, typer.Option(formats=DAY_FORM, help="The day; today in the market.")] = None,
    as_json: AsJson = False,
) -> None:
    """Every rule of a locale's jurisdictions: what it does on a day, whether it is verified, where it comes from."""
    from datetime import UTC

    from pipeline.assessing import day_in

    library = _library(context)
    pack = library.locale(locale)
    day = on.date() if on else day_in(pack, datetime.now(UTC))
    packs = library.rule_packs(pack.jurisdictions)
    lines = [_line(rule, rule_pack, day) for rule_pack in packs for rule in rule_pack.rules]
    if as_json:
        known = {rule_pack.jurisdiction: rule_pack.version for rule_pack in packs}
        about = {"locale": locale, "on": day.isoformat(), "jurisdictions": list(pack.jurisdictions)}
        print_json(about | {"versions": known, "rules": lines, "notice": NO_ADVICE})
        return
    columns = ("id", "effect", "from", "verified", "binding", "duty", "source")
    rows = [[_cell(line[column]) for column in columns] for line in lines]
    show_table(f"Rules for {locale} on {day}", columns, rows)
    _say_what_is_unknown(library, pack.jurisdictions)
    say(NO_ADVICE)


def diff_rules(
    context: typer.Context,
    since: Annotated[datetime, typer.Option("--from", formats=DAY_FORM, help="The earlier day.")],
    until: Annotated[datetime, typer.Option("--to", formats=DAY_FORM, help="The later day.")],
    as_json: AsJson = False,
) -> None:
    """What the rules as they are written today do on one day and not on another, and for which locales."""
    library = _library(context)
    changes = list(_changes(library, since.date(), until.date()))
    if as_json:
        about = {"from": since.date().isoformat(), "to": until.date().isoformat()}
        print_json(about | {"changes": changes, "notice": NO_ADVICE})
        return
    columns = ("id", "before", "after", "changes_on", "locales", "duty")
    rows = [[_cell(change[column]) for column in columns] for change in changes]
    show_table(f"Rules from {since.date()} to {until.date()}", columns, rows)
    say(f"{len(changes)} rules change. {NO_ADVICE}")


def check_rule_files(context: typer.Context) -> int:
    """All mistakes of all rule files, each with file, line, field and a hint."""
    shelf = _library(context).rule_shelf()
    mistakes = list(shelf.mistakes())
    for mistake in mistakes:
        typer.echo(f"{mistake}. Hint: {mistake.hint}")
    files = len(shelf.files)
    say(f"{len(mistakes)} mistakes in {files} rule files. {NO_ADVICE}" if mistakes else f"{files} files. {NO_ADVICE}")
    return 1 if mistakes else 0


def _changes(library: Library, since: date, until: date) -> Iterator[dict[str, Any]]:
    """Each rule whose effect differs between two days, with the locales it is for."""
    markets = {pack.tag: pack.jurisdictions for pack in library.packs()}
    for rule_pack in library.rule_packs(library.rule_shelf().files):
        locales = [tag for tag, jurisdictions in markets.items() if rule_pack.jurisdiction in jurisdictions]
        for rule in rule_pack.rules:
            before, after = rule.effect_on(since), rule.effect_on(until)
            if before is not after:
                line = _line(rule, rule_pack, until)
                days = [str(day) for day in rule.turning_days if since < day <= until]
                yield line | {"before": before, "after": after, "changes_on": days, "locales": locales}


def _line(rule: Rule, pack: RulePack, day: date) -> dict[str, Any]:
    return {
        "id": rule.id,
        "jurisdiction": pack.jurisdiction,
        "title": rule.title,
        "kind": rule.kind,
        "effect": rule.effect_on(day),
        "action": rule.action,
        "status": rule.status,
        "binding": rule.binding,
        "from": rule.effective_from.isoformat() if rule.effective_from else None,
        "until": rule.effective_until.isoformat() if rule.effective_until else None,
        "grace_until": rule.grace_until.isoformat() if rule.grace_until else None,
        "grace_scope": rule.grace_scope,
        "verified": rule.verified,
        "unverified_details": list(rule.unverified_details),
        "duty": rule.duty,
        "applies_to": rule.applies_to.model_dump(mode="json"),
        "legal_basis": rule.legal_basis,
        "source": rule.sources[0] if rule.sources else None,
        "sources": list(rule.sources),
        "as_of": pack.as_of.isoformat(),
    }


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _say_what_is_unknown(library: Library, jurisdictions: Sequence[str]) -> None:
    """Silence is no permission: name the jurisdictions of which no rule is known."""
    known = {pack.jurisdiction for pack in library.rule_packs(jurisdictions) if pack.rules}
    unknown = [name for name in jurisdictions if name not in known]
    if unknown:
        say(f"No rule of {', '.join(unknown)} is known here; that says nothing of the law there.")


def _library(context: typer.Context) -> Library:
    from pipeline.bootstrap import build

    return build(context.obj).library
