"""The embedded model behind a real server, as a team would run one in its region."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from pipeline.backends.endpoint_generator import EndpointGenerator, probe
from pipeline.bootstrap import build
from pipeline.domain.candidate import GenerationConfig
from pipeline.domain.draft import Unit
from pipeline.domain.endpoint import Endpoint
from pipeline.domain.prompt import Message, Prompt
from pipeline.errors import EndpointMismatch
from pipeline.modelstore.store import ModelStore
from pipeline.planning import Toolkit
from pipeline.resources.library import shipped_folder
from pipeline.workflow import draft_unit

pytestmark = pytest.mark.models

ENCODER = "intfloat/multilingual-e5-small"

CONFIG = GenerationConfig(num_return_sequences=3, max_new_tokens=24, seed=5)

FEW_SHOT = (
    "Englisch: Fresh bread, every morning.\nDeutsch: Frisches Brot, jeden Morgen.\n\n"
    "Englisch: Less noise. More music.\nDeutsch: Weniger Lärm. Mehr Musik.\n\n"
    "Englisch: Carry less plastic. Cold water, all day.\nDeutsch:"
)


@pytest.fixture
def generator(serving: Endpoint) -> EndpointGenerator:
    return EndpointGenerator(serving, allowed_hosts=[serving.host], environment={})


@pytest.fixture
def toolkit(store: ModelStore, serving: Endpoint, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Toolkit:
    """What drafting needs, all of it real, on a machine that has the encoder and not the model."""
    encoder = store.folder(ENCODER)
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / encoder.name).symlink_to(encoder)
    monkeypatch.setenv("GLOCAL_MODELS", str(tmp_path / "models"))
    entry = serving.model_dump(mode="json", exclude_none=True)
    file = {"endpoints": [entry], "allowed_hosts": {"local": [serving.host]}}
    (tmp_path / "endpoints.yaml").write_text(yaml.safe_dump(file), encoding="utf-8")
    return build(tmp_path).with_sampling(candidates=6).toolkit


@pytest.fixture
def unit(toolkit: Toolkit) -> Unit:
    """A line of the sample campaign, for Germany."""
    library = toolkit.library
    brief = library.brief(shipped_folder() / "campaigns/spring.yaml")
    units = library.units(brief, library.brand(brief.brand))
    return next(unit for unit in units if unit.locale == "de-DE" and unit.segment.id == "store-line")


def prompt_of(style: str) -> Prompt:
    message = Message(role="user", content=FEW_SHOT)
    return Prompt.model_validate({"style": style, "messages": [message], "template_version": "test"})


def test_a_unit_is_drafted_through_a_real_server(toolkit: Toolkit, unit: Unit, serving: Endpoint) -> None:
    """Choice, prompt, candidates, checks, scores: the main path, with the model on the other side of a socket."""
    draft = draft_unit(unit, toolkit)

    assert (serving.model, serving.id) == (draft.provenance.choice.model, draft.provenance.choice.runs_on)

    assert draft.text
    assert not draft.assessment.blocked
    assert draft.text in {candidate.text for candidate in draft.candidates}
    assert all(candidate.log_probability is None for candidate in draft.candidates)


def test_candidates_are_single_lines_and_differ(generator: EndpointGenerator) -> None:
    """A server that follows the model's own settings alone would read it greedily."""
    samples = generator.generate(prompt_of("completion"), CONFIG)

    assert len(samples) == 3
    assert len({sample.text for sample in samples}) > 1
    assert not any("\n" in sample.text for sample in samples)


def test_the_same_seed_writes_the_same_copy_again(generator: EndpointGenerator) -> None:
    """Also on a server that has one seed for all that it does."""
    two = CONFIG.model_copy(update={"num_return_sequences": 2, "max_new_tokens": 8})

    assert generator.generate(prompt_of("completion"), two) == generator.generate(prompt_of("completion"), two)


def test_a_chat_prompt_goes_through_the_template_of_the_server(generator: EndpointGenerator) -> None:
    samples = generator.generate(prompt_of("chat"), CONFIG.model_copy(update={"num_return_sequences": 1}))

    assert samples[0].text.strip()


def test_a_model_that_the_server_does_not_run_is_named(serving: Endpoint) -> None:
    """The server is pinned to one model, and says so."""
    other = serving.model_copy(update={"served_as": "acme/writer"})
    generator = EndpointGenerator(other, allowed_hosts=[other.host], environment={})

    with pytest.raises(EndpointMismatch, match=r"endpoint loopback does not serve acme/writer"):
        generator.generate(prompt_of("completion"), CONFIG)


def test_a_probe_reaches_it(serving: Endpoint) -> None:
    """It lists what lies in its cache, not the folder that it was given."""
    found = probe(serving, allowed_hosts=[serving.host], environment={})

    assert found.reachable
    assert found.error is None
