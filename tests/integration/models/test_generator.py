from __future__ import annotations

import copy

import pytest
import torch

from pipeline.backends.decoding import sample_continuations
from pipeline.backends.transformers_generator import TransformersGenerator
from pipeline.domain.candidate import GenerationConfig, Sample
from pipeline.domain.prompt import Message, Prompt

pytestmark = pytest.mark.models

EXAMPLES = [
    ("Fresh bread, every morning.", "Frisches Brot, jeden Morgen."),
    ("Pack light. Travel far.", "Leicht packen. Weit reisen."),
    ("Your coffee, your way.", "Dein Kaffee, ganz nach deinem Geschmack."),
    ("Sleep better tonight.", "Schlaf heute Nacht besser."),
    ("Less noise. More music.", "Weniger Lärm. Mehr Musik."),
]
FEW_SHOT = "".join(f"Englisch: {source}\nDeutsch: {target}\n\n" for source, target in EXAMPLES)


def prompt_for(source: str, *, repeats: int = 1) -> Prompt:
    text = f"{FEW_SHOT * repeats}Englisch: {source}\nDeutsch:"
    return Prompt(style="completion", messages=(Message(role="user", content=text),), template_version="test")


@pytest.fixture(scope="module")
def samples(generator: TransformersGenerator) -> list[Sample]:
    config = GenerationConfig(num_return_sequences=16, max_new_tokens=32, seed=1)
    return generator.generate(prompt_for("Carry less plastic. Cold water, all day."), config)


def test_each_candidate_is_one_line_of_text(samples: list[Sample]) -> None:
    """The next example, which a base model goes on to invent, is cut off."""
    assert len(samples) == 16
    assert all(sample.text.strip() for sample in samples)
    assert not any("\n" in sample.text or "Englisch:" in sample.text for sample in samples)
    assert sum(sample.finished for sample in samples) >= 12


def test_few_shot_pairs_make_it_write_the_target_language(samples: list[Sample]) -> None:
    """Small as it is: words of German are in most candidates."""
    german = {"und", "mit", "weniger", "leicht", "plastik", "wasser", "kaltes", "tag", "den", "weit", "mehr"}
    written = [german & set(sample.text.lower().replace(".", " ").replace(",", " ").split()) for sample in samples]

    assert sum(bool(words) for words in written) >= 8


def test_candidates_differ(samples: list[Sample]) -> None:
    """Sixteen times the same would leave nothing to choose."""
    assert len({sample.text for sample in samples}) >= 6


def test_log_probabilities_are_negative_and_differ(samples: list[Sample]) -> None:
    """They are of use for ranking."""
    values = [sample.log_probability for sample in samples if sample.log_probability is not None]

    assert all(-12 < value < 0 for value in values)
    assert max(values) - min(values) > 0.1


def test_the_same_seed_writes_the_same_copy(generator: TransformersGenerator) -> None:
    """A draft can be made again from its provenance."""
    config = GenerationConfig(num_return_sequences=3, max_new_tokens=12, seed=5)
    prompt = prompt_for("Less noise on the train.")

    assert generator.generate(prompt, config) == generator.generate(prompt, config)


def test_a_prompt_beyond_the_sliding_window_gives_what_generate_gives(generator: TransformersGenerator) -> None:
    """Greedy and token for token, in float32, where no two tokens tie; the window of 512 tokens slides as it should."""
    model, tokenizer = copy.deepcopy(generator._model).float(), generator._tokenizer
    text = prompt_for("Cold water, all day.", repeats=8).messages[0].content
    ids = tokenizer(text, return_tensors="pt")["input_ids"].to(model.device)
    assert ids.shape[1] > 600

    expected = model.generate(
        input_ids=ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=8, eos_token_id=None
    )
    greedy = GenerationConfig(num_return_sequences=2, max_new_tokens=8, top_k=1)
    continuations = sample_continuations(model, ids, greedy, torch.tensor([-1], device=model.device))

    assert [each.tokens for each in continuations] == [expected[0, ids.shape[1] :].tolist()] * 2


def test_every_script_survives_the_tokenizer(generator: TransformersGenerator) -> None:
    """Also the spaces of French typography, and marks that join or turn."""
    tokenizer = generator._tokenizer
    for text in (
        "10\u202f% de réduction\u00a0!",
        "ठंडा पानी",
        "ماء بارد طوال اليوم",
        "冷たい水",
        "क्\u200dष",
        "נמ\u05c1",
    ):
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        assert tokenizer.decode(ids, clean_up_tokenization_spaces=False) == text
