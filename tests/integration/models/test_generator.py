from __future__ import annotations

from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from pipeline.backends.batching import sample_continuations
from pipeline.backends.decoding import Drawing
from pipeline.backends.narrow_head import NarrowHead
from pipeline.backends.packed_attention import register_packed_attention
from pipeline.backends.packed_linear import can_pack
from pipeline.backends.prompt_memory import PromptReader
from pipeline.backends.transformers_generator import TransformersGenerator
from pipeline.domain.ask import Ask
from pipeline.domain.candidate import GenerationConfig, Sample
from pipeline.domain.prompt import Message, Prompt
from pipeline.domain.vocabulary import Vocabulary
from pipeline.errors import GenerationFailed
from pipeline.modelstore.store import ModelStore

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


@pytest.fixture(scope="module")
def in_float32(store: ModelStore) -> Any:
    """The same weights in float32, where no two tokens tie."""
    folder = store.folder("google/gemma-3-270m")
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, local_files_only=True).eval()
    model.set_attn_implementation(register_packed_attention())
    return model


def test_a_prompt_beyond_the_sliding_window_gives_what_generate_gives(
    generator: TransformersGenerator, in_float32: Any
) -> None:
    """Greedy and token for token; the window of 512 tokens slides as it should."""
    text = prompt_for("Cold water, all day.", repeats=8).messages[0].content
    ids = generator._tokenizer(text, return_tensors="pt")["input_ids"]
    assert ids.shape[1] > 600

    expected = in_float32.generate(
        input_ids=ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=8, eos_token_id=None
    )
    greedy = GenerationConfig(num_return_sequences=2, max_new_tokens=8, top_k=1)
    (continuations,) = sample_continuations(PromptReader(in_float32), [Drawing(ids, greedy, frozenset())])

    assert not isinstance(continuations, GenerationFailed)
    assert [each.tokens for each in continuations] == [expected[0, ids.shape[1] :].tolist()] * 2


def test_a_locales_tokens_are_drawn_as_from_the_whole_head_with_the_rest_masked(
    generator: TransformersGenerator, in_float32: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Same seed, same tokens."""
    ids = generator._tokenizer(FEW_SHOT + "Englisch: Cold water.\nDeutsch:", return_tensors="pt")["input_ids"]
    tokens, _ = generator._heads.of({GERMAN})[GERMAN]
    config = GenerationConfig(num_return_sequences=8, max_new_tokens=10, temperature=1.2, seed=4)
    reader = PromptReader(in_float32)
    held = Drawing(ids, config, frozenset(), tokens, NarrowHead.of(in_float32, tokens))
    (narrow,) = sample_continuations(reader, [held])

    from pipeline.backends import decoding, prompt_memory

    others = torch.ones(len(in_float32.lm_head.weight), dtype=torch.bool)
    others[tokens] = False
    plain = prompt_memory.next_scores
    for module in (decoding, prompt_memory):
        monkeypatch.setattr(module, "next_scores", lambda *given: plain(*given).masked_fill(others, float("-inf")))
    reader.forget()
    (whole,) = sample_continuations(reader, [Drawing(ids, config, frozenset())])

    assert not isinstance(narrow, GenerationFailed)
    assert not isinstance(whole, GenerationFailed)
    assert [each.tokens for each in narrow] == [each.tokens for each in whole]


@pytest.mark.skipif(not can_pack(torch.zeros(1, dtype=torch.bfloat16)), reason="PyTorch was built without oneDNN")
def test_units_that_are_drafted_together_have_the_samples_that_each_has_alone(generator: TransformersGenerator) -> None:
    """To the last digit, though the model computes in bfloat16: other prompts, budgets, seeds and vocabularies."""
    if generator._model.dtype != torch.bfloat16:
        pytest.skip("the processor does not compute in bfloat16, so the model's layers are not packed")
    sources = [source for source, _ in EXAMPLES]
    vocabularies = [GERMAN, GERMAN.model_copy(update={"phrases": ("вода",)})]
    asks = [
        Ask(
            prompt=prompt_for(sources[number % 5], repeats=1 + 5 * (number % 7 == 0)),
            config=GenerationConfig(num_return_sequences=1 + number % 3, max_new_tokens=3 + number % 8, seed=number),
            vocabulary=vocabularies[number % 2],
        )
        for number in range(40)
    ]

    together = generator.generate_together(asks)

    assert together == [generator.generate(ask.prompt, ask.config, ask.vocabulary) for ask in asks]
    assert generator.generate_together(asks[:4]) == together[:4]


GERMAN = Vocabulary(language="de", scripts=("Latn",), phrases=("{first_name}", "Ünïqüe 水"))


@pytest.mark.parametrize(
    "vocabulary",
    [
        GERMAN,
        Vocabulary(language="ja", scripts=("Hira", "Kana", "Hani"), phrases=("{first_name}", "Ünïqüe 水")),
        Vocabulary(language="ar", scripts=("Arab",), phrases=("{first_name}", "Ünïqüe 水")),
    ],
    ids=["German", "Japanese", "Arabic"],
)
def test_names_addresses_prices_and_placeholders_can_be_written(
    generator: TransformersGenerator, vocabulary: Vocabulary
) -> None:
    """Token by token as the tokenizer cuts them, or letter by letter."""
    sets = generator._token_sets
    pieces = {sets._bytes[token] for token in sets.of(vocabulary).tolist()}

    for text in ("{first_name}", "Ünïqüe 水", "mail@acme.example", "€19.99", "https://acme.example/a?b=1", "100 %"):
        assert writable(text.encode(), pieces), text
    assert len(pieces) < 60_000
    assert not writable("вода".encode(), pieces)


def writable(text: bytes, pieces: set[bytes]) -> bool:
    """Whether these tokens, one after another, can make up a text."""
    reached = {0}
    for place in range(len(text)):
        if place in reached:
            reached |= {end for end in range(place + 1, min(place + 33, len(text) + 1)) if text[place:end] in pieces}
    return len(text) in reached


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
