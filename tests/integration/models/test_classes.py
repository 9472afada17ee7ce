"""Models of the catalog's classes on the whole way: pulled, verified, chosen, and writing a draft."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch
import yaml

from pipeline.domain.candidate import GenerationConfig
from pipeline.planning import choose_model
from pipeline.workflow import draft_unit

if TYPE_CHECKING:
    from tests.integration.models.conftest import Taught

DRAW = GenerationConfig(num_return_sequences=6, max_new_tokens=24, temperature=1.0, seed=3)
HOT = DRAW.model_copy(update={"num_return_sequences": 16, "temperature": 2.0, "top_k": 0, "top_p": 1.0})


def test_a_model_drafts_what_it_learned(taught: Taught) -> None:
    """Pulled, verified and chosen, it writes its sentence, through its own template; the draft says who wrote it."""
    manifest = taught.store.verify(taught.model_id)

    draft = draft_unit(taught.unit, taught.tools)

    assert choose_model("de-DE", taught.tools).model == taught.model_id
    assert draft.text == taught.copy
    assert draft.assessment.language.verdict == "match"
    assert not draft.assessment.blocked
    assert draft.provenance.model_id == taught.model_id
    assert draft.provenance.weights_sha256 == manifest.weights_digest


def test_a_taught_model_ends_by_itself(taught: Taught) -> None:
    """Every sample is the sentence, finished, and next to certain: no control token, no mark, no space too many."""
    samples = taught.generator().generate(taught.prompt, DRAW)

    assert len(samples) == 6
    assert {(sample.text.strip(), sample.finished) for sample in samples} == {(taught.copy, True)}
    assert all(sample.log_probability is not None and sample.log_probability > -0.1 for sample in samples)


def test_the_seed_decides_what_is_drawn(taught: Taught) -> None:
    """Hot enough to be unsure, samples differ; a generator that is loaded anew draws the same by the same seed."""
    first, second = (taught.generator().generate for _ in range(2))

    samples = first(taught.prompt, HOT)

    assert len({sample.text for sample in samples}) > 3
    assert second(taught.prompt, HOT) == samples
    assert first(taught.prompt, HOT.model_copy(update={"seed": 4})) != samples


@pytest.mark.parametrize("name", ["mistral3", "falcon"])
def test_the_commands_go_the_same_way(teach: Callable[..., Taught], tmp_path: Path, name: str) -> None:
    """A model behind a class for pictures, and one without a chat template: verify, choose and draft by command."""
    taught, output = teach(name), tmp_path / "drafts.jsonl"

    verified = taught.glocal("models", "verify")
    chosen = taught.glocal("models", "choose", "--locale", "de-DE", "--json")
    drafted = taught.glocal("draft", "--brief", taught.brief, "--output", output, "--candidates", "4")

    assert f"{taught.model_id}: every file is as recorded" in verified.out
    assert json.loads(chosen.out)["model"] == taught.model_id
    assert drafted.code == 0, drafted
    (line,) = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
    assert (line["unit"], line["text"]) == ("line/de-DE", taught.copy)
    assert line["provenance"]["model_id"] == taught.model_id


def test_a_model_that_writes_noise_makes_no_draft(teach: Callable[..., Taught], tmp_path: Path) -> None:
    """Every candidate lacks the placeholders, if nothing else: one line says so with a hint, and nothing is written."""
    taught, output = teach("llama", 0), tmp_path / "drafts.jsonl"
    brief = yaml.safe_load(taught.brief.read_text(encoding="utf-8"))
    brief["segments"][0]["source"] = "Carry {count} bottles less. Save {price}, all day."
    (tmp_path / "brief.yaml").write_text(yaml.safe_dump(brief), encoding="utf-8")

    ran = taught.glocal("draft", "--brief", tmp_path / "brief.yaml", "--output", output, "--candidates", "2")

    assert ran.code == 1
    assert ran.err.strip().splitlines()[-1].startswith("glocal: line/de-DE: no candidate can be used: ")
    assert " Hint: " in ran.err
    assert not output.exists()


def test_a_model_that_does_not_fit_is_told(
    teach: Callable[..., Taught], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command says in one line what the model needs and what there is; nothing is loaded, nothing written."""
    taught, output = teach("llama", 0), tmp_path / "drafts.jsonl"
    monkeypatch.setattr("pipeline.backends.memory.available_bytes", lambda _: 100_000_000)

    ran = taught.glocal("draft", "--brief", taught.brief, "--output", output)

    assert ran.code == 1
    assert re.search(r"line/de-DE: acme/llama needs 0\.\d GB of memory, and 0\.1 GB are free here\. Hint: ", ran.err)
    assert not output.exists()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no graphics card")
@pytest.mark.parametrize("name", ["mistral", "falcon", "falcon_h1"])
def test_a_graphics_card_drafts_in_bfloat16(teach: Callable[..., Taught], name: str) -> None:
    """The same sentence, from weights that went straight onto the card."""
    taught = teach(name)
    model = taught.generator()._model

    assert (model.device.type, model.dtype) == ("cuda", torch.bfloat16)
    assert {weights.device.type for weights in model.parameters()} == {"cuda"}
    assert draft_unit(taught.unit, taught.tools).text == taught.copy
