"""The main path: one unit from brief to draft.

    choose -> render -> draw -> assess -> rerank -> Draft

`draft_unit` is the whole story; `draft_claimed` puts it between the claim and the commit of a record.
Verdicts are values: bad copy never raises, only what makes drafting impossible does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from pipeline.assessing import Assessed
from pipeline.domain.candidate import Candidate
from pipeline.domain.draft import Draft, Unit
from pipeline.domain.provenance import Drawing
from pipeline.errors import GenerationError, GlocalError, LeaseLost, ModelTooLarge, NoUsableCandidate, StoreError
from pipeline.generation.candidates import Text, texts_of
from pipeline.generation.ports import TextGenerator
from pipeline.planning import Plan, Toolkit, ask_of, plan_unit
from pipeline.resources.library import Library
from pipeline.scoring.rerank import rerank
from pipeline.store.leases import holding
from pipeline.store.record import Record
from pipeline.store.rows import UnitRow

MAX_ROUNDS = 3
"""Rounds of candidates before a unit is given up; each is a full batch with a seed of its own."""

ENOUGH = 3
"""Unblocked candidates that end the drawing: a reviewer is shown a choice, not a single text."""


@dataclass(frozen=True)
class Outcome:
    """What became of one claimed unit. `error` is set when it failed; `busy` when another run holds it."""

    unit_id: str
    name: str
    draft_id: str | None = None
    error: GlocalError | None = None
    busy: bool = False


def draft_unit(unit: Unit, tools: Toolkit) -> Draft:
    """Draft one unit: a model is chosen, shown one prompt, and its best candidate becomes the draft.

    Raises NoLawfulModel when no model may write for the locale, and NoUsableCandidate when every candidate
    of every round has a blocking issue.
    """
    plan = plan_unit(unit, tools)
    texts, assessed, drawing = _draw(plan, tools)
    ranked = _ranked(texts, assessed)
    _refuse_blocked(ranked)
    best = ranked[0]
    return Draft(
        unit=unit,
        text=best.text,
        assessment=best.assessment,
        candidates=tuple(ranked),
        provenance=plan.provenance.model_copy(update={"drawing": drawing}),
    )


def draft_claimed(record: Record, row: UnitRow, unit: Unit, tools: Toolkit, *, owner: str, lease: timedelta) -> Outcome:
    """Claim one planned unit, draft it, commit it. A crash at any point loses nothing and doubles nothing.

    Errors that say they are `retryable` are raised for the scheduler; all others end this unit alone.
    """
    claim = record.claim(row.id, owner=owner, lease=lease)
    if claim is None:
        return Outcome(row.id, unit.name, busy=record.unit(row.id).state == "drafting")
    try:
        with holding(record, claim, lease):
            draft = draft_unit(unit, tools)
            _refuse_other_inputs(draft, row)
            return Outcome(row.id, unit.name, draft_id=record.commit(claim, draft))
    except LeaseLost:
        return Outcome(row.id, unit.name, busy=True)
    except GlocalError as error:
        # Before a retryable one is raised, too: the retry need not wait for this run's own lease to end.
        record.fail(claim, error)
        if error.retryable:
            raise
        return Outcome(row.id, unit.name, error=error)
    except BaseException as error:
        # A fault of the program, or Ctrl+C: the unit is let go at once, so that the next run need not wait.
        record.fail(claim, GenerationError(f"it stopped on {type(error).__name__}", hint="Run the campaign again."))
        raise


def _refuse_other_inputs(draft: Draft, row: UnitRow) -> None:
    if draft.provenance.fingerprint != row.fingerprint:
        raise StoreError("its inputs changed since it was planned", hint="Run the campaign again.")


def _draw(plan: Plan, tools: Toolkit) -> tuple[list[Text], Assessed, Drawing]:
    """Candidates of as many rounds as it takes to have enough without a blocking issue."""
    generator = _load(plan, tools)
    found: dict[str, Text] = {}
    parts: list[Assessed] = []
    for number in range(MAX_ROUNDS):
        samples = tools.lookahead.draw(plan.generator, generator, ask_of(plan, number))
        new = {text.text.casefold(): text for text in texts_of(samples, plan.pack, plan.unit.channel)}
        new = {key: text for key, text in new.items() if key not in found}
        found |= new
        parts.append(tools.assessor.assess(plan.unit, [text.text for text in new.values()]))
        passing = sum(not assessment.blocked for part in parts for assessment in part.assessments)
        if passing >= ENOUGH:
            break
    stopped: Literal["enough", "limit"] = "enough" if passing >= ENOUGH else "limit"
    drawing = Drawing(rounds=number + 1, texts=len(found), passing=passing, stopped=stopped)
    return list(found.values()), Assessed.together(parts), drawing


def _load(plan: Plan, tools: Toolkit) -> TextGenerator:
    try:
        return tools.load_generator(plan.card, plan.endpoint)
    except ModelTooLarge as error:
        raise error.with_alternatives(_smaller(plan, tools.library)) from None


def _smaller(plan: Plan, library: Library) -> tuple[str, ...]:
    """The lawful models at hand that are smaller than the chosen one, the largest first."""
    lawful = {other.model for other in plan.provenance.choice.passed_over}
    cards = [card for card in library.model_cards if card.id in lawful and card.parameters_b < plan.card.parameters_b]
    return tuple(card.id for card in sorted(cards, key=lambda card: -card.parameters_b))


def _ranked(texts: list[Text], assessed: Assessed) -> list[Candidate]:
    candidates = [
        Candidate(text=text.text, log_probability=text.log_probability, assessment=assessment)
        for text, assessment in zip(texts, assessed.assessments, strict=True)
    ]
    return [candidates[index] for index in rerank(candidates, assessed.vectors)]


def _refuse_blocked(ranked: list[Candidate]) -> None:
    if ranked and not ranked[0].assessment.blocked:
        return
    checks = sorted({issue.check for candidate in ranked for issue in candidate.assessment.issues if issue.blocking})
    reason = f"all {len(ranked)} have blocking issues ({', '.join(checks)})" if ranked else "the model wrote nothing"
    raise NoUsableCandidate(f"no candidate can be used: {reason}")
