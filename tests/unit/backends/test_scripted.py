from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pipeline.backends.scripted import ScriptedEncoder, ScriptedGenerator
from pipeline.domain.ask import Ask
from pipeline.domain.candidate import GenerationConfig, Sample
from pipeline.domain.prompt import Prompt
from pipeline.errors import GenerationFailed

THREE = GenerationConfig(num_return_sequences=3)


def texts(generator: ScriptedGenerator, prompt: Prompt) -> list[str]:
    return [sample.text for sample in generator.generate(prompt, THREE)]


def test_scripted_texts_come_round_again(completion: Callable[[str], Prompt]) -> None:
    """As many as were asked for, in the script's order, and the prompt is remembered."""
    generator = ScriptedGenerator(["eins", "zwei"])

    assert texts(generator, completion("p")) == ["eins", "zwei", "eins"]
    assert [prompt.messages[0].content for prompt in generator.prompts] == ["p"]


def test_a_mapping_answers_by_what_the_prompt_contains(completion: Callable[[str], Prompt]) -> None:
    """The first phrase that occurs decides; a prompt with none fails as a model would."""
    generator = ScriptedGenerator({"Deutsch:": ["ja"], "Français:": ["oui"]})

    assert texts(generator, completion("English: yes\nFrançais:")) == ["oui"] * 3
    with pytest.raises(GenerationFailed):
        generator.generate(completion("Español:"), THREE)


def test_a_callable_works_the_texts_out(completion: Callable[[str], Prompt]) -> None:
    """From prompt and settings, such as the seed of a second round."""
    generator = ScriptedGenerator(lambda prompt, config: [f"{prompt.messages[0].content}{config.seed}"])

    assert texts(generator, completion("p")) == ["p0"] * 3


def test_scripted_vectors_are_unit_vectors_and_always_the_same() -> None:
    """On any machine: they hash, and know no random state."""
    first, second = (ScriptedEncoder().encode(["Weniger Plastik.", "水"]) for _ in range(2))

    np.testing.assert_array_equal(first, second)
    np.testing.assert_allclose(np.linalg.norm(first, axis=1), 1, rtol=1e-6)
    assert first.dtype == np.float32


def test_texts_that_share_words_are_alike() -> None:
    """Case aside; an empty text has a vector too."""
    text, shouted, near, far = ScriptedEncoder().encode(["Cold water.", "COLD WATER.", "Cold tea.", "Zug nach Ulm"])

    assert text @ shouted == pytest.approx(1)
    assert text @ near > text @ far + 0.2
    assert ScriptedEncoder().encode([""]).shape == (1, 256)
    assert ScriptedEncoder().encode([]).shape == (0, 256)


def test_several_asks_are_answered_in_turn_and_an_error_stands_in_its_place(
    completion: Callable[[str], Prompt],
) -> None:
    """One that fails leaves the others alone."""
    generator = ScriptedGenerator({"hello": ["Hallo"], "bye": ["Tschüss"]})
    one = GenerationConfig(num_return_sequences=1)
    asks = [Ask(prompt=completion(text), config=one) for text in ("bye", "?", "hello")]

    first, failed, last = generator.generate_together(asks)

    assert (first, last) == ([Sample(text="Tschüss")], [Sample(text="Hallo")])
    assert isinstance(failed, GenerationFailed)
