"""Units that are drafted together: each ends as it would alone, whatever becomes of the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from pipeline.domain.ask import Ask
from pipeline.domain.candidate import GenerationConfig, Sample
from pipeline.domain.prompt import Prompt
from pipeline.domain.vocabulary import Vocabulary
from pipeline.errors import GenerationFailed, GlocalError, NoLawfulModel
from pipeline.planning import Toolkit, foresee, plan_unit
from pipeline.workflow import Outcome, draft_claimed, draft_unit

if TYPE_CHECKING:
    from pipeline.domain.draft import Unit
    from tests.unit.conftest import Workplace

SOURCES = {
    "good": "Carry less plastic. Cold water, all day.",
    "endless": "Write on and on.",
    "repeating": "Say it again.",
    "silent": "Say nothing.",
    "nan": "Count to infinity.",
    "memory": "Remember everything.",
    "last": "Cold water for the whole day.",
}

ANSWERS = {
    "good": Sample(text="Kaltes Wasser für den ganzen Tag, und viel weniger Plastik."),
    "endless": Sample(text="Das kalte Wasser und immer so weiter und " * 30, finished=False),
    "repeating": Sample(text="Wasser Wasser Wasser Wasser Wasser Wasser Wasser Wasser"),
    "silent": Sample(text="  \n "),
    "last": Sample(text="Nimm kaltes Wasser mit. Es bleibt den ganzen Tag lang kalt."),
}

FAILURES = {
    "nan": GenerationFailed("the model's scores are not numbers"),
    "memory": GenerationFailed("memory ran out while a candidate was written"),
}


class Together:
    """A model that draws many units at once, well or badly by what a unit says."""

    rows_at_once = 1_000

    def __init__(self) -> None:
        self.batches: list[int] = []

    def generate(self, prompt: Prompt, config: GenerationConfig, vocabulary: Vocabulary | None = None) -> list[Sample]:
        drawn = self._one(Ask(prompt=prompt, config=config, vocabulary=vocabulary))
        if isinstance(drawn, GlocalError):
            raise drawn
        return drawn

    def generate_together(self, asks: Sequence[Ask]) -> list[list[Sample] | GlocalError]:
        self.batches.append(len(asks))
        return [self._one(each) for each in asks]

    def _one(self, ask: Ask) -> list[Sample] | GlocalError:
        shown = ask.prompt.messages[-1].content.rstrip()
        name = next(name for name, source in SOURCES.items() if source in shown.splitlines()[-2])
        return FAILURES.get(name) or [ANSWERS[name]] * ask.config.num_return_sequences


@pytest.fixture
def model() -> Together:
    return Together()


@pytest.fixture
def tools(workplace: Workplace, model: Together) -> Toolkit:
    return replace(workplace.parts().toolkit, load_generator=lambda *_: model)


@pytest.fixture
def units(workplace: Workplace) -> list[Unit]:
    segments = [{"id": name, "channel": "app_store_short", "source": source} for name, source in SOURCES.items()]
    library = workplace.parts().library
    brief = library.brief(workplace.brief(segments=segments))
    return library.units(brief, library.brand(brief.brand))


def test_each_ends_in_a_state_of_its_own(
    workplace: Workplace, tools: Toolkit, units: list[Unit], model: Together
) -> None:
    """A model that never ends, repeats itself, says nothing, or breaks: that unit fails with its reason, and alone."""
    record = workplace.parts().record
    campaign = record.add_campaign(units[0].brief, units[0].brand, "local")
    rows = record.enqueue(campaign, [plan_unit(unit, tools).provenance for unit in units])
    foresee(units, tools)
    outcomes: dict[str, Outcome] = {}
    for row, unit in zip(rows, units, strict=True):
        outcomes[unit.segment.id] = draft_claimed(record, row, unit, tools, owner="me", lease=timedelta(seconds=60))
    states = {row.segment_id: record.unit(row.id) for row in rows}
    record.close()
    assert model.batches[0] == len(units)
    assert [name for name, row in states.items() if row.state == "drafted"] == ["good", "last"]
    assert {name: row.error_code for name, row in states.items() if row.state == "failed"} == {
        "endless": "NoUsableCandidate",
        "repeating": "NoUsableCandidate",
        "silent": "NoUsableCandidate",
        "nan": "GenerationFailed",
        "memory": "GenerationFailed",
    }
    assert all(outcomes[name].error and states[name].error_hint for name in ("endless", "silent", "nan", "memory"))


def test_drafts_do_not_depend_on_what_is_drafted_beside_them(tools: Toolkit, units: list[Unit]) -> None:
    """Alone, all together, or what was left after a kill: the same text, the same candidates."""
    good = [unit for unit in units if unit.segment.id in {"good", "last"}]
    alone = [draft_unit(unit, tools) for unit in good]
    foresee(units, tools)
    assert [draft_unit(unit, tools) for unit in good] == alone
    foresee(good[1:], tools)
    assert draft_unit(good[1], tools) == alone[1]


def test_a_unit_that_cannot_be_planned_is_told_in_its_turn(workplace: Workplace, units: list[Unit]) -> None:
    """Foreseeing raises nothing: whoever drafts that unit is told."""
    workplace.write_card(commercial_use="no")
    tools = workplace.parts().toolkit
    foresee(units, tools)
    with pytest.raises(NoLawfulModel):
        draft_unit(units[0], tools)
