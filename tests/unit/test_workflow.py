"""The main path: one unit from brief to draft, and what stands between claim and commit."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from pipeline.backends.scripted import ScriptedGenerator
from pipeline.domain.candidate import GenerationConfig
from pipeline.domain.decision import Decision, DecisionKind
from pipeline.domain.draft import DraftStatus, Unit
from pipeline.domain.prompt import Example, Prompt
from pipeline.domain.provenance import Drawing
from pipeline.domain.value import text_digest
from pipeline.errors import (
    GlocalError,
    ModelTooLarge,
    NoLawfulModel,
    NoUsableCandidate,
    StoreUnavailable,
    UnknownLocale,
)
from pipeline.planning import Toolkit, choose_model, plan_unit
from pipeline.store.record import Record
from pipeline.store.rows import UnitRow
from pipeline.workflow import MAX_ROUNDS, Outcome, draft_claimed, draft_unit

if TYPE_CHECKING:
    from tests.unit.conftest import Workplace

LEASE = timedelta(minutes=1)

ENGLISH = "Carry less plastic. Cold water, all day."
LONG = "Weniger Plastik tragen, den ganzen Tag kaltes Wasser trinken, und das an jedem Tag, wo immer du auch bist."
GERMAN = (
    "Weniger Plastik tragen, den ganzen Tag kaltes Wasser trinken.",
    "Kaltes Wasser für den ganzen Tag, und viel weniger Plastik.",
    "Nimm weniger Plastik mit. Dein Wasser bleibt den ganzen Tag kalt.",
)


@pytest.fixture
def tools(workplace: Workplace) -> Toolkit:
    return workplace.parts().toolkit


# draft_unit


def test_the_best_candidate_becomes_the_draft(workplace: Workplace, tools: Toolkit) -> None:
    """The draft's text and assessment are those of the first candidate; every candidate is kept, assessed."""
    draft = draft_unit(workplace.unit(), tools)
    best = draft.candidates[0]
    assert (draft.text, draft.assessment) == (best.text, best.assessment)
    assert {candidate.text for candidate in draft.candidates} == set(GERMAN)
    assert {score.name for score in draft.assessment.scores} == {"adequacy", "brand"}


def test_nothing_with_a_blocking_issue_is_first(workplace: Workplace, tools: Toolkit) -> None:
    """A text in the wrong language or over the limit comes after all others, whatever its scores."""
    workplace.says([ENGLISH, LONG, GERMAN[0]])
    draft = draft_unit(workplace.unit(), tools)
    assert draft.text == GERMAN[0]
    assert [candidate.assessment.blocked for candidate in draft.candidates] == [False, True, True]


def test_one_round_is_enough_when_it_gives_a_choice(workplace: Workplace, tools: Toolkit) -> None:
    """Three texts without a blocking issue end the drawing; the model is loaded once."""
    draft_unit(workplace.unit(), tools)
    assert len(workplace.generator.prompts) == 1
    assert workplace.loaded == 1


def by_seed(*rounds: list[str]) -> tuple[Callable[[Prompt, GenerationConfig], list[str]], list[GenerationConfig]]:
    """A script that says something else in each round, and the settings that each round was asked with."""
    asked: list[GenerationConfig] = []

    def script(_: Prompt, config: GenerationConfig) -> list[str]:
        asked.append(config)
        return rounds[min(len(asked), len(rounds)) - 1]

    return script, asked


def test_more_rounds_are_drawn_until_there_is_a_choice(workplace: Workplace, tools: Toolkit) -> None:
    """Each further round is a full batch with a seed of its own; candidates of all rounds are kept, each once."""
    script, asked = by_seed([ENGLISH, GERMAN[0]], [GERMAN[0], GERMAN[1], GERMAN[2]])
    workplace.says(script)
    draft = draft_unit(workplace.unit(), tools)
    assert [config.seed for config in asked] == [asked[0].seed, asked[0].seed + 1]
    assert asked[0].temperature < asked[1].temperature
    assert {config.num_return_sequences for config in asked} == {tools.candidates}
    assert draft.provenance.drawing == Drawing(rounds=2, texts=4, passing=3, stopped="enough")
    assert sorted(candidate.text for candidate in draft.candidates) == sorted([ENGLISH, *GERMAN])


def test_a_single_good_text_is_enough_after_all_rounds(workplace: Workplace, tools: Toolkit) -> None:
    """After the last round, one text that a reviewer may see makes a draft."""
    script, asked = by_seed([ENGLISH], [LONG], [GERMAN[0]])
    workplace.says(script)
    draft = draft_unit(workplace.unit(), tools)
    assert draft.text == GERMAN[0]
    assert len(asked) == MAX_ROUNDS
    assert draft.provenance.drawing == Drawing(rounds=MAX_ROUNDS, texts=3, passing=1, stopped="limit")
    assert draft.provenance.fingerprint == plan_unit(workplace.unit(), tools).provenance.fingerprint


def test_no_usable_candidate_says_what_blocked(workplace: Workplace, tools: Toolkit) -> None:
    """Where every text of every round has a blocking issue, the error names the checks."""
    workplace.says([ENGLISH, LONG])
    with pytest.raises(NoUsableCandidate, match=r"all 2 have blocking issues \(.*language.*length.*\)"):
        draft_unit(workplace.unit(), tools)
    assert len(workplace.generator.prompts) == MAX_ROUNDS


def test_a_model_that_writes_nothing_makes_no_draft(workplace: Workplace, tools: Toolkit) -> None:
    """Samples without copy are no candidates."""
    workplace.says(["```", '""'])
    with pytest.raises(NoUsableCandidate, match="the model wrote nothing"):
        draft_unit(workplace.unit(), tools)


def test_no_lawful_model_stops_before_anything_is_loaded(workplace: Workplace) -> None:
    """A model that the policy forbids is not loaded, not even as a last resort; the error names it."""
    workplace.write_card(commercial_use="no")
    unit = workplace.unit()
    with pytest.raises(NoLawfulModel, match=r"acme/writer: Apache-2\.0 does not allow commercial use"):
        draft_unit(unit, workplace.parts().toolkit)
    assert workplace.loaded == 0


def test_a_locale_without_a_pack_is_not_drafted(workplace: Workplace, tools: Toolkit) -> None:
    """Only drafting needs a pack, and it says so."""
    with pytest.raises(UnknownLocale):
        draft_unit(workplace.unit().model_copy(update={"locale": "kaa-UZ"}), tools)


# plan_unit


@pytest.mark.parametrize("chat", [True, False])
def test_a_model_is_shown_what_it_can_read(workplace: Workplace, chat: bool) -> None:
    """A model with a chat template is shown turns, one without a text to complete."""
    workplace.write_card(chat_template=chat)
    plan = plan_unit(workplace.unit(), workplace.parts().toolkit)
    assert plan.prompt.style == ("chat" if chat else "completion")
    assert plan.provenance.prompt_sha256 == plan.prompt.digest


def test_planning_loads_nothing(workplace: Workplace, tools: Toolkit) -> None:
    """A plan is known before any model runs, and the draft carries exactly its provenance."""
    unit = workplace.unit()
    plan = plan_unit(unit, tools)
    assert workplace.loaded == 0
    drafted = draft_unit(unit, tools).provenance
    assert drafted.model_copy(update={"drawing": None}) == plan.provenance


def test_the_same_inputs_have_the_same_fingerprint(workplace: Workplace, tools: Toolkit) -> None:
    """Read again, in another process, the same files give the same fingerprint."""
    first = plan_unit(workplace.unit(), tools).provenance.fingerprint
    assert plan_unit(workplace.unit(), workplace.parts().toolkit).provenance.fingerprint == first


def change_brand(place: Workplace) -> None:
    place.put("brand_pillars/aqualis.yaml", place.brand_data() | {"name": "Aqualis Ltd"})


def change_pack(place: Workplace) -> None:
    data = place.pack_data()
    place.put("locales/de-DE.yaml", data | {"style": [*data["style"], "Noch eine Regel."]})


def change_channel(place: Workplace) -> None:
    place.put("channels.yaml", {"channels": [{"id": "app_store_short", "name": "A", "limit": 79, "source": "s"}]})


CHANGES: dict[str, Callable[[Workplace], Any]] = {
    "the source": lambda place: place.brief(segments=[{"id": "line", "channel": "app_store_short", "source": "New."}]),
    "the campaign": lambda place: place.brief(id="other"),
    "the segment": lambda place: place.brief(
        segments=[{"id": "l", "channel": "app_store_short", "source": "Carry less plastic. Cold water, all day."}]
    ),
    "the channel": lambda place: place.brief(
        segments=[{"id": "line", "channel": "push_body", "source": "Carry less plastic. Cold water, all day."}]
    ),
    "the channel's limit": change_channel,
    "the brand": change_brand,
    "the pack": change_pack,
    "the weights": lambda place: place.store(b"other weights"),
    "the prompt's style": lambda place: place.write_card(chat_template=True),
    "the candidates": lambda place: place.put("glocal.toml", "candidates = 3"),
    "the temperature": lambda place: place.put("glocal.toml", "temperature = 0.5"),
    "the seed": lambda place: place.put("glocal.toml", "seed = 9"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_another_input_is_another_fingerprint(workplace: Workplace, what: str) -> None:
    """Whatever could change the text changes the fingerprint."""
    before = plan_unit(workplace.unit(), workplace.parts().toolkit).provenance.fingerprint
    CHANGES[what](workplace)
    parts = workplace.parts()
    brief = parts.library.brief(workplace.folder / "campaigns/launch.yaml")
    unit = parts.library.units(brief, parts.library.brand(brief.brand))[0]
    assert plan_unit(unit, parts.toolkit).provenance.fingerprint != before


@pytest.mark.parametrize("chat", [True, False])
def test_an_audience_counts_where_the_model_is_told_of_it(workplace: Workplace, chat: bool) -> None:
    """A model with turns is told of the audience; one that completes text is not, and writes the same without."""
    workplace.write_card(chat_template=chat)
    tools = workplace.parts().toolkit
    plans = [plan_unit(workplace.unit(audience=audience), tools) for audience in ("Commuters", "Nobody")]
    assert (plans[0].provenance.fingerprint != plans[1].provenance.fingerprint) is chat


def test_what_cannot_change_the_text_changes_nothing(workplace: Workplace, tools: Toolkit) -> None:
    """Another model in the catalog, another locale's pack and another locale of the brief draft nothing again."""
    before = plan_unit(workplace.unit(), tools).provenance.fingerprint
    workplace.put("locales/fr-FR.yaml", workplace.pack_data("fr-FR") | {"style": ["Autrement."]})
    library = workplace.parts().library
    other = library.model_cards[0].model_copy(update={"id": "b/absent", "verified": False})
    workplace.put("models.yaml", {"models": [card.model_dump(mode="json") for card in (*library.model_cards, other)]})
    after = plan_unit(workplace.unit(locales=["de-DE", "fr-FR"]), workplace.parts().toolkit)
    assert after.provenance.fingerprint == before


def test_a_units_seed_is_its_own(workplace: Workplace, tools: Toolkit) -> None:
    """Each unit has a seed that follows from the run's seed and its name, not from what runs beside it."""
    units = [workplace.unit(locales=[locale]) for locale in ("de-DE", "fr-FR")]
    seeds = [plan_unit(unit, tools).provenance.generation.seed for unit in units]
    assert len(set(seeds)) == 2
    assert plan_unit(units[1], tools).provenance.generation.seed == seeds[1]
    assert plan_unit(units[1], replace(tools, seed=1)).provenance.generation.seed != seeds[1]


def test_every_lawful_channel_can_be_planned(workplace: Workplace) -> None:
    """The longest channel there may be has a token budget that generation allows."""
    longest = {"id": "app_store_short", "name": "A", "limit": 10_000, "source": "s"}
    workplace.put("channels.yaml", {"channels": [longest]})
    plan = plan_unit(workplace.unit(), workplace.parts().toolkit)
    assert plan.provenance.generation.max_new_tokens == 2_048


def test_approved_copy_teaches_and_redrafts_nothing(workplace: Workplace, tools: Toolkit) -> None:
    """Copy that the region approved is shown next to the source and named on record; the draft's key stays."""
    before = plan_unit(workplace.unit(), tools)
    approved = Example(channel="push_body", source="Carry water.", target="Wasser für unterwegs.", decision="d-1")
    after = plan_unit(workplace.unit(), replace(tools, recall=lambda _: [approved]))
    assert "Wasser für unterwegs." in after.prompt.messages[0].content
    assert after.provenance.memory == ("d-1",)
    assert before.provenance.memory == ()
    assert after.provenance.prompt_sha256 != before.provenance.prompt_sha256
    assert after.provenance.inputs_sha256 == before.provenance.inputs_sha256
    assert after.provenance.fingerprint == before.provenance.fingerprint


def test_a_run_remembers_what_its_region_approved(workplace: Workplace, desk: Desk) -> None:
    """An approved draft becomes an example for the next unit of the brand and locale; a rejected one never does."""
    draft_id = desk.work().draft_id
    parts = workplace.parts()
    assert plan_unit(workplace.unit(), parts.remembering_toolkit).provenance.memory == ()
    sheet = parts.record.sheet(draft_id)
    parts.record.decide(draft_id, version=sheet.version, decision=approval_of(sheet.text))
    [decision] = plan_unit(workplace.unit(), parts.remembering_toolkit).provenance.memory
    assert decision == parts.record.sheet(draft_id).decisions[-1].id
    assert plan_unit(workplace.unit(), parts.toolkit).provenance.memory == ()
    parts.record.close()


def approval_of(text: str) -> Decision:
    return Decision(
        kind=DecisionKind.APPROVE,
        reviewer="Maria Keller",
        reason="",
        text_sha256=text_digest(text),
        decided_at=datetime.now(UTC),
    )


def test_another_policy_that_leaves_the_model_redrafts_nothing(workplace: Workplace, tools: Toolkit) -> None:
    """The choice and its policy are on record and have ids of their own; the draft's key does not hang on them."""
    before = plan_unit(workplace.unit(), tools).provenance
    workplace.put("policy.yaml", {"name": "ours", "default": {"mode": "open"}})
    after = plan_unit(workplace.unit(), workplace.parts().toolkit).provenance
    assert before.fingerprint == after.fingerprint
    assert before.policy_version != after.policy_version
    assert before.choice_id != after.choice_id
    told = after.model_dump(mode="json")
    assert (told["choice_id"], told["policy_version"]) == (told["choice"]["id"], told["choice"]["policy_version"])


def test_a_draft_from_elsewhere_says_so(workplace: Workplace) -> None:
    """A model made outside the market's jurisdictions is told in the draft itself."""
    workplace.write_card(developer_country="US", jurisdiction="US")
    draft = draft_unit(workplace.unit(), workplace.parts().toolkit)
    assert "acme/writer was made in US, outside DE, EU" in draft.provenance.choice.notice


def endpoints(place: Workplace, **facts: object) -> None:
    endpoint = {"id": "eu", "url": "https://llm.example/v1", "model": "acme/writer", "provider": "self"}
    file = {"endpoints": [endpoint | {"located_in": "DE"} | facts], "allowed_hosts": {"local": ["llm.example"]}}
    place.put("endpoints.yaml", file)


def test_an_endpoint_writes_without_weights_here(workplace: Workplace) -> None:
    """The generator is opened for the endpoint; the record says where it ran and claims no digest of weights."""
    shutil.rmtree(workplace.models)
    endpoints(workplace, served_as="writer-large")
    asked: list[object] = []

    def load(card: object, endpoint: object) -> ScriptedGenerator:
        asked.extend([card, endpoint])
        return workplace.generator

    tools = replace(workplace.parts().toolkit, load_generator=load)
    provenance = draft_unit(workplace.unit(), tools).provenance
    assert [getattr(item, "id", None) for item in asked] == ["acme/writer", "eu"]
    assert provenance.runs_on == "eu: writer-large at llm.example"
    assert (provenance.weights_sha256, provenance.model_revision) == (None, "not stated")
    assert provenance.choice.runs_on == "eu"


def test_a_model_that_is_too_large_names_the_smaller_choice(workplace: Workplace) -> None:
    """Nothing smaller is taken behind anybody's back: the unit stops and names what may write instead."""
    small = workplace.card() | {"id": "acme/small", "name": "Small", "parameters_b": 0.1}
    workplace.put("models.yaml", {"models": [workplace.card(), small]})
    workplace.store_as("acme/small")
    tools = replace(workplace.parts().toolkit, load_generator=fails_with(ModelTooLarge("acme/writer", 9, 1)))
    with pytest.raises(ModelTooLarge, match="acme/writer needs") as caught:
        draft_unit(workplace.unit(), tools)
    assert caught.value.alternatives == ("acme/small",)
    assert "acme/small" in caught.value.hint


def test_another_place_to_run_is_another_fingerprint(workplace: Workplace, tools: Toolkit) -> None:
    """Weights of the store, an endpoint, and the same endpoint under another name write different drafts."""
    prints = {plan_unit(workplace.unit(), tools).provenance.fingerprint}
    for name in ("small", "large"):
        endpoints(workplace, served_as=name)
        prints.add(plan_unit(workplace.unit(), workplace.parts().toolkit).provenance.fingerprint)
    assert len(prints) == 3


def test_the_choice_of_a_locale_is_the_choosers(tools: Toolkit) -> None:
    """The market counts as a jurisdiction, too, and every model that was not chosen is listed."""
    choice = choose_model("de-DE", tools)
    assert choice.model == "acme/writer"
    assert {card.id for card in tools.library.model_cards if card.role == "generator"} == {
        choice.model,
        *(item.model for item in (*choice.rejected, *choice.passed_over)),
    }


# draft_claimed


class Desk:
    """A record, and one planned unit in it."""

    def __init__(self, workplace: Workplace) -> None:
        self.parts = workplace.parts()
        self.record: Record = self.parts.record
        self.unit: Unit = workplace.unit()
        self.campaign = self.record.add_campaign(self.unit.brief, self.unit.brand, "local")
        plan = plan_unit(self.unit, self.parts.toolkit)
        self.row: UnitRow = self.record.enqueue(self.campaign, [plan.provenance])[0]

    def work(self, owner: str = "me", **changed: Any) -> Outcome:
        tools = replace(self.parts.toolkit, **changed)
        return draft_claimed(self.record, self.row, self.unit, tools, owner=owner, lease=LEASE)

    @property
    def now(self) -> UnitRow:
        return self.record.unit(self.row.id)


@pytest.fixture
def desk(workplace: Workplace) -> Any:
    made = Desk(workplace)
    yield made
    made.record.close()


def fails_with(error: BaseException) -> Callable[[object], Any]:
    def load(*_: object) -> Any:
        raise error

    return load


def test_a_claimed_unit_is_drafted_and_committed(desk: Desk) -> None:
    """One claim, one draft, in review, with the outcome naming both."""
    outcome = desk.work()
    assert (outcome.unit_id, outcome.name, outcome.error, outcome.busy) == (desk.row.id, "line/de-DE", None, False)
    assert outcome.draft_id is not None
    sheet = desk.record.sheet(outcome.draft_id)
    assert sheet.status is DraftStatus.IN_REVIEW
    assert sheet.text in GERMAN
    assert sheet.provenance.fingerprint == desk.row.fingerprint


def test_a_drafted_unit_is_not_drafted_again(workplace: Workplace, desk: Desk) -> None:
    """A second start finds nothing to do, and loads no model."""
    desk.work()
    loaded = workplace.loaded
    outcome = desk.work()
    assert (outcome.draft_id, outcome.error, outcome.busy) == (None, None, False)
    assert workplace.loaded == loaded
    assert sum(desk.record.counts().values()) == 1


def test_a_unit_that_another_run_holds_is_busy(desk: Desk) -> None:
    """While another run works on a unit, it is left alone."""
    assert desk.record.claim(desk.row.id, owner="other", lease=LEASE) is not None
    assert desk.work().busy


def test_a_lost_lease_writes_nothing(workplace: Workplace, desk: Desk) -> None:
    """When another run took the unit over, the work is dropped and the unit is busy."""

    def slow(_: Prompt, __: GenerationConfig) -> list[str]:
        assert desk.record.claim(desk.row.id, owner="other", lease=LEASE) is not None
        return list(GERMAN)

    workplace.says(slow)
    outcome = draft_claimed(
        desk.record, desk.row, desk.unit, desk.parts.toolkit, owner="me", lease=timedelta(seconds=-1)
    )
    assert outcome.busy
    assert desk.record.counts() == {}
    assert desk.now.state == "drafting"


def test_a_failed_unit_ends_alone_and_is_recorded(workplace: Workplace, desk: Desk) -> None:
    """An error that no retry mends is the unit's outcome, kept with its message and hint, and can be claimed again."""
    workplace.says([ENGLISH])
    outcome = desk.work()
    assert isinstance(outcome.error, NoUsableCandidate)
    assert (desk.now.state, desk.now.error_code) == ("failed", "NoUsableCandidate")
    assert desk.now.error_message == str(outcome.error)
    assert desk.now.error_hint == outcome.error.hint
    workplace.says(GERMAN)
    assert desk.work().draft_id is not None


def test_a_retryable_error_is_raised_for_the_scheduler(desk: Desk) -> None:
    """What may work later goes to whoever plans retries; the unit is let go for the next try."""
    with pytest.raises(StoreUnavailable):
        desk.work(load_generator=fails_with(StoreUnavailable("the database does not answer")))
    assert desk.work().draft_id is not None


@pytest.mark.parametrize("error", [ValueError("secret copy"), KeyboardInterrupt()])
def test_a_fault_lets_the_unit_go(desk: Desk, error: BaseException) -> None:
    """A fault of the program, and Ctrl+C, end the run; the next need not wait, and no copy is in the message."""
    with pytest.raises(type(error)):
        desk.work(load_generator=fails_with(error))
    assert desk.now.state == "failed"
    assert "secret" not in str(desk.now.error_message)
    assert desk.work().draft_id is not None


def test_inputs_that_changed_since_the_plan_are_told(workplace: Workplace, desk: Desk) -> None:
    """A draft is committed only for the fingerprint that was planned."""
    change_pack(workplace)
    outcome = desk.work(library=workplace.parts().library)
    assert isinstance(outcome.error, GlocalError)
    assert "its inputs changed" in str(outcome.error)
    assert desk.record.counts() == {}


def test_two_runs_at_once_make_one_draft(desk: Desk) -> None:
    """Started twice at the same time, a unit has one draft."""
    outcomes: list[Outcome] = []
    threads = [threading.Thread(target=lambda n=n: outcomes.append(desk.work(f"run {n}"))) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 4
    assert sum(outcome.draft_id is not None for outcome in outcomes) == 1
    assert sum(desk.record.counts().values()) == 1
