"""The catalog that ships: cards that tell one story, first choices that stand on them, and operators with sources."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

import pytest
import regex
import yaml

from pipeline.domain.catalog import CatalogFile, FirstChoice
from pipeline.domain.endpoint import OWN_MACHINES, EndpointFile, Provider
from pipeline.domain.model_card import ModelCard
from pipeline.resources.document import read_document
from pipeline.resources.packs import is_market

ROOT = Path(__file__).parents[2]
CATALOG = read_document(ROOT / "models.yaml").parse(CatalogFile)
CARDS = {card.id: card for card in CATALOG.models}
GENERATORS = [card for card in CATALOG.models if card.role == "generator"]
MARKETS = {path.stem for path in (ROOT / "locales").glob("*.yaml") if is_market(path.stem)}
CHOICES = [
    (tag, place, choice) for tag, listed in CATALOG.first_choices.items() for place, choice in enumerate(listed.models)
]
OPERATORS = read_document(ROOT / "endpoints.yaml").parse(EndpointFile)

NOT_READ = "not read"
"""What stands for a licence that nobody has read."""

EUROEVAL = "https://github.com/EuroEval/leaderboards"
EU_STATE = regex.compile("AT|BE|BG|CY|CZ|DE|DK|EE|ES|FI|FR|GR|HR|HU|IE|IT|LT|LU|LV|MT|NL|PL|PT|RO|SE|SI|SK")
"""A member of the European Union (ISO 3166)."""

CITATION = regex.compile(r"https?://[^\s()]+( \([^()]+\))?")
"""An address, and in brackets what of it was read."""


def language_of(tag: str) -> str:
    """The language subtag of a locale."""
    return tag.partition("-")[0]


each_card = pytest.mark.parametrize("card", CATALOG.models, ids=lambda card: card.id)
each_choice = pytest.mark.parametrize(("tag", "place", "choice"), CHOICES)
each_provider = pytest.mark.parametrize("provider", OPERATORS.providers, ids=lambda provider: provider.id)


def test_there_is_a_choice_of_generators() -> None:
    """Losing one maker must leave others in sight."""
    assert len(GENERATORS) >= 60
    assert len({card.developer for card in GENERATORS}) >= 40
    assert len({card.developer_country for card in GENERATORS}) >= 20


def test_no_id_or_former_id_names_two_models() -> None:
    """A model is found by its id and by the ids it had before."""
    names = [name for card in CATALOG.models for name in (card.id, *card.aliases)]
    assert [name for name, count in Counter(names).items() if count > 1] == []


def test_a_maker_is_spelt_one_way() -> None:
    """Taking a maker's models away goes by its name: two spellings would leave half of them."""
    names = {card.developer for card in CATALOG.models}
    folded = Counter(regex.sub(r"[\W_]", "", name).casefold() for name in names)
    assert [name for name, count in folded.items() if count > 1] == []


def test_an_organisation_on_the_hub_is_one_maker() -> None:
    """The first part of an id is an organisation, and all its models here are by one maker."""
    makers = defaultdict(set)
    for card in CATALOG.models:
        makers[card.id.split("/")[0]].add(card.developer)
    assert {name: found for name, found in makers.items() if len(found) > 1} == {}


def test_a_maker_has_one_owner_and_one_country() -> None:
    """What is true of a maker stands on all its cards."""
    facts = defaultdict(set)
    for card in CATALOG.models:
        facts[card.developer].add((card.parent, card.developer_country, card.jurisdiction))
    assert {name: found for name, found in facts.items() if len(found) > 1} == {}


def test_a_licence_has_one_address() -> None:
    """One name, one text."""
    addresses = defaultdict(set)
    for card in CATALOG.models:
        addresses[card.licence].add(card.licence_url)
    assert {name: found for name, found in addresses.items() if len(found) > 1} == {}


def test_a_licence_allows_the_same_to_everyone_unless_the_card_says_why() -> None:
    """A permissive tag over a stricter base, or a maker under sanctions, is an exception with its reason."""
    uses: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for card in CATALOG.models:
        uses[card.licence][card.commercial_use] += 1
    usual = {licence: counted.most_common(1)[0][0] for licence, counted in uses.items()}
    exceptions = [card for card in CATALOG.models if card.commercial_use != usual[card.licence]]
    assert [card.id for card in exceptions if ", but " not in card.commercial_reason] == []


@each_card
def test_the_law_of_a_maker_in_the_union_is_the_unions(card: ModelCard) -> None:
    """A market of the Union finds every maker in the Union at home."""
    assert (card.jurisdiction == "EU") == (EU_STATE.fullmatch(card.developer_country) is not None)


@each_card
def test_an_unread_licence_allows_nothing_that_is_known(card: ModelCard) -> None:
    """Unknown use, an unread licence and unverified facts go together."""
    assert (card.licence == NOT_READ) == (card.commercial_use == "unknown")
    assert card.licence != NOT_READ or not card.verified


@each_card
def test_an_unverified_card_says_why(card: ModelCard) -> None:
    """Who may not rely on a card learns what was not read."""
    assert ("Not verified: " in card.notes) == (not card.verified)


@each_card
def test_a_card_has_sources_to_follow(card: ModelCard) -> None:
    """Each source is an address, once, with what of it was read in brackets where that helps."""
    assert [source for source in card.sources if not CITATION.fullmatch(source)] == []
    assert len(set(card.sources)) == len(card.sources)


@each_card
def test_what_is_from_memory_is_a_field_that_the_card_has(card: ModelCard) -> None:
    """A slip in a field's name would hide which value to check."""
    assert set(card.from_memory) <= card.model_fields_set


@each_card
def test_ranks_have_their_source(card: ModelCard) -> None:
    """Ranks are EuroEval's, by a language of our markets."""
    assert not card.quality or EUROEVAL in card.sources
    assert set(card.quality) <= set(map(language_of, MARKETS))
    assert all(1 <= rank <= 6 for rank in card.quality.values())


@pytest.mark.parametrize("card", GENERATORS, ids=lambda card: card.id)
def test_a_generator_names_its_line_of_weights(card: ModelCard) -> None:
    """Whose licence and goodwill a model rests on is asked when a line is withdrawn."""
    assert card.family
    assert regex.fullmatch(r"[a-z0-9]+([-.][a-z0-9]+)*", card.family)


@pytest.mark.parametrize("card", [card for card in GENERATORS if not card.chat_template], ids=lambda card: card.id)
def test_a_generator_without_a_chat_template_says_so(card: ModelCard) -> None:
    """It is prompted by examples, which a reader should not have to guess."""
    assert regex.search(r"base model|chat template", card.notes)


def test_every_market_has_first_choices() -> None:
    """And no list is for a locale without a pack."""
    assert set(CATALOG.first_choices) == MARKETS


@pytest.mark.parametrize("tag", sorted(CATALOG.first_choices))
def test_first_choices_are_several_models(tag: str) -> None:
    """At least two, none of them twice: one that is gone needs a next."""
    models = [choice.model for choice in CATALOG.first_choices[tag].models]
    assert len(models) == len(set(models)) >= 2


@each_choice
def test_a_first_choice_is_a_generator_of_the_catalog(tag: str, place: int, choice: FirstChoice) -> None:
    """It speaks the language, or claims many; the first of a list may also be used."""
    card = CARDS[choice.model]
    assert card.role == "generator"
    assert card.speaks(language_of(tag)) != "no" or "does not list it" in choice.reason
    assert place > 0 or card.commercial_use in {"yes", "conditional"}


@each_choice
def test_a_reason_tells_what_the_card_tells(tag: str, place: int, choice: FirstChoice) -> None:  # noqa: ARG001 (place)
    """Ranks, unread and non-commercial licences, and code of its own stand in both."""
    card = CARDS[choice.model]
    ranks = [float(rank) for rank in regex.findall(r"ranks (\d\.\d+)", choice.reason)]
    assert ranks in ([], [card.quality.get(language_of(tag))])
    assert ("was not read" in choice.reason) == (card.commercial_use == "unknown")
    assert ("non-commercial" in choice.reason) == (card.commercial_use == "no")
    assert ("code of its own" in choice.reason) == card.needs_remote_code


def test_nothing_is_sent_anywhere_until_a_team_says_so() -> None:
    """What ships names operators, no endpoint and no host."""
    assert OPERATORS.endpoints == ()
    assert OPERATORS.allowed_hosts == {}


def test_the_example_of_an_endpoint_can_be_copied() -> None:
    """The comment in the file is a file that loads, of a model and an operator that it knows."""
    lines = (ROOT / "endpoints.yaml").read_text(encoding="utf-8").splitlines()
    start = lines.index("#   endpoints:")
    block = lines[start : lines.index("", start)]
    example = EndpointFile.model_validate(yaml.safe_load("\n".join(line[4:] for line in block)))
    assert {endpoint.model for endpoint in example.endpoints} <= set(CARDS)
    assert {endpoint.provider for endpoint in example.endpoints} <= {provider.id for provider in OPERATORS.providers}
    assert {endpoint.host for endpoint in example.endpoints} == set(example.allowed_hosts["eu"])


def test_there_are_operators_on_several_continents() -> None:
    """A team outside Europe finds one near, too; its own machines need no entry."""
    assert len(OPERATORS.providers) >= 14
    assert {"FR", "DE", "CH", "US", "AE", "SA", "IN", "KR", "JP", "CN"} <= {
        item.country for item in OPERATORS.providers
    }
    assert OWN_MACHINES not in {provider.id for provider in OPERATORS.providers}


@each_provider
def test_an_operator_has_sources_to_follow(provider: Provider) -> None:
    """Facts about a company change: each says where to look again."""
    assert [source for source in provider.sources if not CITATION.fullmatch(source)] == []


@each_provider
def test_an_unverified_operator_says_what_was_not_read(provider: Provider) -> None:
    """A policy may ask for checked facts; a person may want to check them."""
    assert provider.verified or regex.search(r"from memory|read in .* only", provider.notes, regex.IGNORECASE)


@each_provider
def test_an_operator_of_the_united_states_is_within_reach_of_its_laws(provider: Provider) -> None:
    """Wherever its machines stand; the law is named."""
    laws = [exposure.law for exposure in provider.exposed_to if exposure.jurisdiction == "US"]
    if "US" in {provider.country, provider.parent_country}:
        assert any("2713" in law for law in laws)
        assert any("1881a" in law for law in laws)


@each_provider
def test_an_owner_has_a_country(provider: Provider) -> None:
    """Whose laws reach an operator through its owner."""
    assert bool(provider.parent) == (provider.parent_country is not None)
