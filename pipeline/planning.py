"""What is known of a draft before a model runs: who writes, what the model is shown, where all of it comes from.

Nothing is loaded here but the encoder, and nothing is generated: enough to tell whether a draft was made already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from pipeline.assessing import Assessor
from pipeline.domain.ask import Ask
from pipeline.domain.candidate import GenerationConfig
from pipeline.domain.choice import Choice
from pipeline.domain.draft import Unit
from pipeline.domain.endpoint import STORE, Endpoint
from pipeline.domain.locale_pack import LocalePack
from pipeline.domain.model_card import ModelCard
from pipeline.domain.prompt import Example, Prompt
from pipeline.domain.provenance import Provenance
from pipeline.domain.value import digest_of, text_digest
from pipeline.domain.vocabulary import Vocabulary
from pipeline.errors import GlocalError
from pipeline.generation.candidates import character_budget, token_budget
from pipeline.generation.lookahead import Lookahead
from pipeline.generation.ports import TextGenerator
from pipeline.generation.vocabulary import copy_vocabulary
from pipeline.modelstore.store import ModelStore
from pipeline.prompting.examples import choose_examples, examples_of
from pipeline.prompting.render import render_prompt
from pipeline.resources.library import Library
from pipeline.selection.choose import choose
from pipeline.selection.request import Availability, Request

WARMER = 0.3
"""Added to the temperature in each further round: what a model leaves untranslated, all its cool samples do."""


def _remember_nothing(_: Unit) -> tuple[Example, ...]:
    return ()


@dataclass(frozen=True)
class Toolkit:
    """What drafting needs.

    `load_generator` is called only when a unit is really drafted: it is slow. It gets the card and, where the model
    does not run in this process, the endpoint. `recall` gives copy that the region approved before, newest first.
    `lookahead` draws candidates of units that come next together; `foresee` tells it of them.
    """

    library: Library
    models: ModelStore
    availability: Availability
    assessor: Assessor
    load_generator: Callable[[ModelCard, Endpoint | None], TextGenerator]
    candidates: int
    temperature: float
    seed: int
    recall: Callable[[Unit], Sequence[Example]] = _remember_nothing
    lookahead: Lookahead = field(default_factory=Lookahead)


@dataclass(frozen=True)
class Plan:
    """All that is known of a draft before a model runs: enough to tell whether it was made already."""

    unit: Unit
    pack: LocalePack
    card: ModelCard
    endpoint: Endpoint | None
    prompt: Prompt
    vocabulary: Vocabulary | None
    provenance: Provenance

    @property
    def generator(self) -> str:
        """What will write, and where: units of one generator can be drawn together."""
        return f"{self.provenance.model_id} {self.provenance.runs_on}"


@dataclass(frozen=True)
class Shown:
    """What a model is shown; `inputs` is the same without approved copy, whose decisions `memory` names."""

    prompt: Prompt
    inputs: Prompt
    memory: tuple[str, ...]


def foresee(units: Iterable[Unit], tools: Toolkit) -> None:
    """Tell which units will be drafted next, in this order: their candidates are drawn several units at a time."""
    asks: dict[str, list[Ask]] = {}
    for unit in units:
        # Why a unit cannot be planned is told when its turn comes.
        with suppress(GlocalError):
            plan = plan_unit(unit, tools)
            asks.setdefault(plan.generator, []).append(ask_of(plan, 0))
    tools.lookahead.expect(asks)


def plan_unit(unit: Unit, tools: Toolkit) -> Plan:
    """Choose the model and render the prompt of a unit; nothing is loaded or generated."""
    pack = tools.library.locale(unit.locale)
    choice = choose_model(unit.locale, tools)
    card = next(card for card in tools.library.model_cards if card.id == choice.model)
    endpoint = tools.availability.endpoint(choice)
    shown = _shown(unit, pack, card, tools)
    vocabulary = copy_vocabulary(unit, pack)
    return Plan(
        unit=unit,
        pack=pack,
        card=card,
        endpoint=endpoint,
        prompt=shown.prompt,
        vocabulary=vocabulary,
        provenance=_provenance(unit, pack, choice, endpoint, shown, vocabulary, tools),
    )


def ask_of(plan: Plan, number: int) -> Ask:
    """What the model is asked for in a round; rounds are counted from 0."""
    config = plan.provenance.generation
    warmer = min(config.temperature + WARMER * number, 2.0)
    config = config.model_copy(update={"seed": config.seed + number, "temperature": warmer})
    return Ask(prompt=plan.prompt, config=config, vocabulary=plan.vocabulary)


def choose_model(locale: str, tools: Toolkit) -> Choice:
    """The model that writes for a locale, from the cards, the policy, the weights and the endpoints there are."""
    return choose(tools.library.model_cards, market_request(locale, tools.library), tools.availability)


def market_request(locale: str, library: Library) -> Request:
    """What the market of a locale asks of a model; UnknownLocale where there is no pack."""
    return Request.of_market(library.locale(locale), library.policy, library.first_choices.get(locale))


def _shown(unit: Unit, pack: LocalePack, card: ModelCard, tools: Toolkit) -> Shown:
    """The prompt of a unit, with the examples that teach it best."""
    pool = (*tools.recall(unit), *examples_of(pack))
    likeness = tools.assessor.likeness(unit.segment.source, [example.source for example in pool])
    examples = choose_examples(pool, likeness, unit.channel.id)
    own = [place for place, example in enumerate(pool) if example.decision is None]
    inputs = choose_examples([pool[place] for place in own], [likeness[place] for place in own], unit.channel.id)
    return Shown(
        prompt=render_prompt(unit, pack, examples, chat=card.chat_template),
        inputs=render_prompt(unit, pack, inputs, chat=card.chat_template),
        memory=tuple(example.decision for example in examples if example.decision),
    )


def _provenance(
    unit: Unit,
    pack: LocalePack,
    choice: Choice,
    endpoint: Endpoint | None,
    shown: Shown,
    vocabulary: Vocabulary | None,
    tools: Toolkit,
) -> Provenance:
    return Provenance(
        campaign=unit.brief.id,
        segment=unit.segment.id,
        locale=unit.locale,
        channel=unit.channel.id,
        source_sha256=text_digest(unit.segment.source),
        model_id=choice.model,
        **_weights(choice, endpoint, tools),
        inputs_sha256=shown.inputs.digest,
        prompt_sha256=shown.prompt.digest,
        memory=shown.memory,
        template_version=shown.prompt.template_version,
        vocabulary_sha256=vocabulary.digest if vocabulary else None,
        generation=GenerationConfig(
            num_return_sequences=tools.candidates,
            max_new_tokens=token_budget(unit.channel),
            max_new_characters=character_budget(unit.channel),
            temperature=tools.temperature,
            seed=_unit_seed(tools.seed, unit),
        ),
        brand_version=digest_of(unit.brand),
        locale_version=digest_of(pack),
        channel_version=digest_of(unit.channel),
        rule_versions={rules.jurisdiction: rules.version for rules in tools.library.rule_packs(pack.jurisdictions)},
        choice=choice,
    )


def _weights(choice: Choice, endpoint: Endpoint | None, tools: Toolkit) -> dict[str, str | None]:
    """Which weights write, and whether that is proven or only said."""
    if endpoint is None:
        manifest = tools.models.manifest(choice.model)
        revision = manifest.revision or manifest.source
        return {"model_revision": revision, "runs_on": STORE, "weights_sha256": manifest.weights_digest}
    runs_on = f"{endpoint.id}: {endpoint.served_name} at {endpoint.host}"
    return {"model_revision": endpoint.revision or "not stated", "runs_on": runs_on, "weights_sha256": None}


def _unit_seed(seed: int, unit: Unit) -> int:
    """A seed of the unit's own, so that its text does not depend on which units run beside it."""
    return int(digest_of(seed, unit.brief.id, unit.name)[:7], 16)
