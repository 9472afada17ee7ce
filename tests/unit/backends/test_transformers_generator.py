from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from pipeline.backends.transformers_generator import LOCALES_AT_ONCE, TransformersGenerator
from pipeline.domain.ask import Ask
from pipeline.domain.candidate import GenerationConfig, Sample
from pipeline.domain.model_card import ModelCard
from pipeline.domain.prompt import Message, Prompt
from pipeline.domain.vocabulary import Vocabulary
from pipeline.errors import GenerationFailed, GlocalError, ModelDamaged, ModelError

ONE = GenerationConfig(num_return_sequences=1, max_new_tokens=8)
Complete = Callable[[str], Prompt]


@pytest.fixture(autouse=True)
def _no_word_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are long, and nothing here is about them."""
    monkeypatch.setattr("pipeline.backends.token_sets.common_words", lambda _: [])


def test_the_same_seed_gives_the_same_texts(
    llama: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, completion: Complete
) -> None:
    """Twice from one generator, and from another one too."""
    config = GenerationConfig(num_return_sequences=5, max_new_tokens=12, seed=11)
    first, second = (TransformersGenerator(llama, tokenizer) for _ in range(2))

    samples = first.generate(completion("hallo:"), config)

    assert len(samples) == 5
    assert first.generate(completion("hallo:"), config) == samples
    assert second.generate(completion("hallo:"), config) == samples
    assert first.generate(completion("hallo:"), config.model_copy(update={"seed": 12})) != samples


@pytest.mark.parametrize("line_break", ["\n", "\r", ".\n"])
def test_a_completion_stops_at_the_first_line_break(
    writes: Callable[..., Any], tokenizer: PreTrainedTokenizerFast, completion: Complete, line_break: str
) -> None:
    """The rest would be an invented next example; a full stop in the breaking token is kept."""
    model = writes(":", " ", "j", "a", line_break, "b", "c")

    (sample,) = TransformersGenerator(model, tokenizer).generate(completion("de:"), ONE)

    assert sample.text == " ja" + line_break.strip()
    assert sample.finished
    assert sample.log_probability == pytest.approx(0, abs=1e-6)


def test_a_chat_answer_may_have_several_lines(writes: Callable[..., Any], tokenizer: PreTrainedTokenizerFast) -> None:
    """It ends where the model says so."""
    tokenizer.chat_template = "{{ messages[0].content }}:"
    prompt = Prompt(style="chat", messages=(Message(role="user", content="de"),), template_version="test")

    (sample,) = TransformersGenerator(writes(":", "j", "\n", "a", "<eos>"), tokenizer).generate(prompt, ONE)

    assert (sample.text, sample.finished) == ("j\na", True)


def test_any_of_several_ends_is_the_end(writes: Callable[..., Any], tokenizer: PreTrainedTokenizerFast) -> None:
    """Chat models end a turn with a token of its own, which is no copy even where it is no control token."""
    tokenizer.chat_template = "{{ messages[0].content }}:"
    prompt = Prompt(style="chat", messages=(Message(role="user", content="de"),), template_version="test")
    model = writes(":", "j", "a", "eo", "b")
    model.generation_config.eos_token_id = tokenizer.convert_tokens_to_ids(["<turn>", "eo"])

    (sample,) = TransformersGenerator(model, tokenizer).generate(prompt, ONE)

    assert (sample.text, sample.finished) == ("ja", True)


def test_a_text_cut_off_by_the_budget_is_not_finished(
    writes: Callable[..., Any], tokenizer: PreTrainedTokenizerFast, completion: Complete
) -> None:
    """Its last word may be half a word."""
    (sample,) = TransformersGenerator(writes(":", "j", "a", "j"), tokenizer).generate(completion("de:"), ONE)

    assert (sample.text, sample.finished) == ("jajajaja", False)


def test_a_completion_that_grows_too_long_is_given_up(
    writes: Callable[..., Any], tokenizer: PreTrainedTokenizerFast, completion: Complete
) -> None:
    """Not for lack of a budget: all that could be used is there. An answer may begin with thoughts, and goes on."""
    config = ONE.model_copy(update={"max_new_characters": 4})
    generator = TransformersGenerator(writes(":", "j", "a", "j"), tokenizer)

    (sample,) = generator.generate(completion("de:"), config)

    assert (sample.text, sample.finished, sample.overlong) == ("jajaj", True, True)


def test_spaces_that_typography_wants_survive(
    writes: Callable[..., Any], tokenizer: PreTrainedTokenizerFast, completion: Complete
) -> None:
    """A no-break space stays one, and no space before a sign is cleaned up."""
    model = writes(":", "j", "a", "\u00a0", "!", "<eos>")

    (sample,) = TransformersGenerator(model, tokenizer).generate(completion("fr:"), ONE)

    assert sample.text == "ja\u00a0!"


def test_an_empty_text_among_others_is_no_failure(
    writes: Callable[..., Any], tokenizer: PreTrainedTokenizerFast, completion: Complete
) -> None:
    """It has no tokens, so it has no log-probability."""
    model = writes(":", "j", "<eos>")
    model.scores[tokenizer.convert_tokens_to_ids(":"), tokenizer.eos_token_id] = 0.0

    samples = TransformersGenerator(model, tokenizer).generate(
        completion("de:"), GenerationConfig(num_return_sequences=16)
    )

    assert {(sample.text, sample.log_probability is None) for sample in samples} == {("j", False), ("", True)}


def test_nothing_but_empty_texts_is_a_failure(
    writes: Callable[..., Any], tokenizer: PreTrainedTokenizerFast, completion: Complete
) -> None:
    """There is nothing to choose from."""
    with pytest.raises(GenerationFailed, match="nothing in 16 attempts"):
        TransformersGenerator(writes(":", "\n"), tokenizer).generate(completion("de:"), GenerationConfig())


def test_damaged_numbers_are_a_failure(
    llama: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, completion: Complete
) -> None:
    """Weights that are not numbers give no text at all, not a random one."""
    with torch.no_grad():
        llama.lm_head.weight[:] = float("nan")

    with pytest.raises(GenerationFailed, match="not numbers"):
        TransformersGenerator(llama, tokenizer).generate(completion("de:"), ONE)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory: you tried"),
        MemoryError(),
    ],
    ids=["graphics-card", "processor", "python"],
)
def test_memory_that_runs_out_is_told(
    writes: Callable[..., Any],
    tokenizer: PreTrainedTokenizerFast,
    completion: Complete,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    """With what to do, and not as a fault of the program."""
    model = writes(":", "j")
    monkeypatch.setattr(type(model), "__call__", lambda *_, **__: (_ for _ in ()).throw(error))

    with pytest.raises(GenerationFailed, match="memory ran out while a candidate was written") as caught:
        TransformersGenerator(model, tokenizer).generate(completion("de:"), GenerationConfig())

    assert "smaller model" in caught.value.hint


def test_other_faults_are_not_taken_for_a_lack_of_memory(
    writes: Callable[..., Any],
    tokenizer: PreTrainedTokenizerFast,
    completion: Complete,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A fault of the program is to be seen."""
    model = writes(":", "j")
    monkeypatch.setattr(type(model), "__call__", lambda *_, **__: torch.zeros(2) @ torch.zeros(3))

    with pytest.raises(RuntimeError, match="inconsistent tensor size"):
        TransformersGenerator(model, tokenizer).generate(completion("de:"), ONE)


def test_a_prompt_longer_than_the_model_reads_is_refused(
    llama: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, completion: Complete
) -> None:
    """Cutting it would cut the instructions or the examples."""
    with pytest.raises(GenerationFailed, match="309 tokens, the model reads 256") as caught:
        TransformersGenerator(llama, tokenizer).generate(completion("a" * 300), ONE)

    assert "Shorten the brief" in caught.value.hint


def test_more_candidates_than_fit_into_memory_are_drawn_in_batches(
    llama: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, completion: Complete, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the texts that they would have together: Linux would end the process in the middle, without a word."""
    generator, config = TransformersGenerator(llama, tokenizer), GenerationConfig(num_return_sequences=20)
    together = generator.generate(completion("de:"), config)
    rows: list[int] = []
    llama.register_forward_pre_hook(lambda _, __, given: rows.append(len(given["input_ids"])), with_kwargs=True)
    # Three layers, a key and a value, one head of eight numbers, in four bytes: 192 bytes for each of 68 tokens.
    monkeypatch.setattr("pipeline.backends.memory.available_bytes", lambda _: 7 * 192 * 68)

    assert [sample.text for sample in generator.generate(completion("de:"), config)] == [each.text for each in together]
    assert max(rows) == 7


def test_one_candidate_that_does_not_fit_into_memory_is_refused(
    llama: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, completion: Complete, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the first token."""
    monkeypatch.setattr("pipeline.backends.memory.available_bytes", lambda _: 192 * 67)

    with pytest.raises(GenerationFailed, match=r"one candidate of 68 tokens needs 0\.0 GB") as caught:
        TransformersGenerator(llama, tokenizer).generate(completion("de:"), GenerationConfig())

    assert "smaller model" in caught.value.hint


def test_a_vocabulary_holds_the_model_to_its_tokens(
    llama: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, completion: Complete
) -> None:
    """Latin letters are in every one, for names, but longer tokens of another script are not."""
    generator = TransformersGenerator(llama, tokenizer)
    config = GenerationConfig(num_return_sequences=16, max_new_tokens=24, temperature=2.0, top_k=0, top_p=1.0)
    vocabulary = Vocabulary(language="ar", scripts=("Arab",))

    free = "".join(sample.text for sample in generator.generate(completion("de:"), config))
    held = "".join(sample.text for sample in generator.generate(completion("de:"), config, vocabulary))

    assert "</think>" in free
    assert "</think>" not in held
    assert held
    assert llama.get_output_embeddings().weight.shape[0] == len(tokenizer), "the model keeps its own"


def test_the_ends_of_a_text_belong_to_every_vocabulary(
    llama: PreTrainedModel, tokenizer: PreTrainedTokenizerFast
) -> None:
    """They are control tokens, which no writing has."""
    generator = TransformersGenerator(llama, tokenizer)

    ((_, head),) = generator._heads.of({Vocabulary(language="es", scripts=("Latn",))}).values()

    assert tokenizer.eos_token_id in head.tokens
    assert tokenizer.pad_token_id not in head.tokens


def test_only_the_last_locales_output_layers_are_kept(
    llama: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, completion: Complete
) -> None:
    """Memory does not grow with the number of locales."""
    generator = TransformersGenerator(llama, tokenizer)
    scripts = ("Latn", "Arab", "Cyrl", "Grek", "Hebr", "Deva", "Latn")
    wanted = [Vocabulary(language="es", scripts=(script,), phrases=(script,)) for script in scripts]
    for vocabulary in wanted:
        generator.generate(completion("de:"), ONE, vocabulary)
    assert len(generator._heads._kept) <= LOCALES_AT_ONCE
    (again,) = generator._heads.of({wanted[-1]}).values()
    assert generator._heads.of({wanted[-1]})[wanted[-1]][1] is again[1], "the last one is not made twice"

    together = [Ask(prompt=completion("de:"), config=ONE, vocabulary=vocabulary) for vocabulary in wanted]

    assert all(isinstance(found, list) for found in generator.generate_together(together))
    assert len(generator._heads._kept) <= LOCALES_AT_ONCE


def test_a_draft_is_the_same_alone_and_among_forty_and_in_a_new_process(
    llama: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, completion: Complete
) -> None:
    """Whatever was drawn before it: other prompts, other vocabularies, a unit that failed."""
    config = GenerationConfig(num_return_sequences=5, max_new_tokens=12, seed=11)
    vocabulary = Vocabulary(language="es", scripts=("Latn",))
    alone = TransformersGenerator(llama, tokenizer).generate(completion("hallo welt:"), config, vocabulary)
    generator = TransformersGenerator(llama, tokenizer)
    for number in range(39):
        prompt = completion(f"hallo w{'abcdefg'[number % 7] * (number // 2)}:")
        generator.generate(prompt, config.model_copy(update={"seed": number}), vocabulary if number % 2 else None)
    with pytest.raises(GenerationFailed):
        generator.generate(completion("a" * 300), config, vocabulary)

    assert generator.generate(completion("hallo welt:"), config, vocabulary) == alone


@pytest.mark.parametrize(
    ("written", "finished"),
    [([":", "a", "b", "a"], False), ([":", "a", "a"], False), ([":", "a", "\n"], True)],
    ids=["never-ends", "repeats-itself", "one-letter"],
)
def test_whatever_a_model_writes_ends_with_the_budget(
    writes: Callable[..., Any],
    tokenizer: PreTrainedTokenizerFast,
    completion: Complete,
    written: list[str],
    finished: bool,
) -> None:
    """It is given back as it is, and said to be unfinished: judging it is not the generator's."""
    config = GenerationConfig(num_return_sequences=3, max_new_tokens=20)

    samples = TransformersGenerator(writes(*written), tokenizer).generate(completion("de:"), config)

    assert [sample.finished for sample in samples] == [finished] * 3
    assert all(len(sample.text) <= 20 for sample in samples)


def test_a_unit_that_fails_leaves_the_generator_fit_for_the_next(
    llama: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, completion: Complete
) -> None:
    """Memory that ran out, and scores that are not numbers."""
    generator = TransformersGenerator(llama, tokenizer)
    expected = generator.generate(completion("de:"), ONE)
    vocabulary = Vocabulary(language="es", scripts=("Latn",))
    for fault in (MemoryError(), float("nan")):
        hook = llama.register_forward_hook(partial(_fail_with, fault))
        with pytest.raises(GenerationFailed):
            generator.generate(completion("de: an"), ONE, vocabulary)
        hook.remove()

    assert generator.generate(completion("de:"), ONE) == expected


def test_forty_asks_have_together_what_each_has_alone(
    llama: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, completion: Complete
) -> None:
    """Whatever their prompt, seed, budget and vocabulary; a prompt that is too long fails in its place."""
    generator = TransformersGenerator(llama, tokenizer)
    words = ["hallo", "hallo welt", "a" * 300, "guten tag" * 6]
    vocabularies = [None, *(Vocabulary(language="es", scripts=(script,)) for script in ("Latn", "Arab"))]
    asks = [
        Ask(
            prompt=completion(f"{words[number % 4]} {'xyz'[number % 3]}:"),
            config=GenerationConfig(num_return_sequences=1 + number % 3, max_new_tokens=4 + number % 9, seed=number),
            vocabulary=vocabularies[number // 2 % 3],
        )
        for number in range(40)
    ]

    together = generator.generate_together(asks)

    assert [outcome(found) for found in together] == [outcome(attempt(generator, ask)) for ask in asks]
    assert sum(isinstance(found, GenerationFailed) for found in together) == 10
    held = generator.generate_together([ask for ask in asks if ask.vocabulary is not None])
    assert [outcome(found) for found in held] == [
        outcome(found) for found, ask in zip(together, asks, strict=True) if ask.vocabulary is not None
    ]


def attempt(generator: TransformersGenerator, ask: Ask) -> list[Sample] | GenerationFailed:
    try:
        return generator.generate(ask.prompt, ask.config, ask.vocabulary)
    except GenerationFailed as error:
        return error


def outcome(found: list[Sample] | GlocalError) -> Any:
    return str(found) if isinstance(found, GlocalError) else [(sample.text, sample.finished) for sample in found]


def test_an_ask_with_nothing_but_empty_texts_leaves_the_others_alone(
    writes: Callable[..., Any], tokenizer: PreTrainedTokenizerFast, completion: Complete
) -> None:
    """Its error stands in its place."""
    model = writes(":", "\n")
    model.scores[tokenizer.convert_tokens_to_ids("!"), tokenizer.convert_tokens_to_ids("j")] = 0.0
    asks = [Ask(prompt=completion(text), config=ONE) for text in ("de:", "de!")]

    empty, written = TransformersGenerator(model, tokenizer).generate_together(asks)

    assert isinstance(empty, GenerationFailed)
    assert "nothing in 1 attempts" in str(empty)
    assert not isinstance(written, GlocalError)
    assert written[0].text.startswith("j")


def test_no_asks_are_no_work(llama: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> None:
    """And no error."""
    assert TransformersGenerator(llama, tokenizer).generate_together([]) == []


def _fail_with(fault: MemoryError | float, _: object, __: object, output: Any) -> Any:
    if isinstance(fault, MemoryError):
        raise fault
    output.logits = output.logits * fault
    return output


def test_a_stored_model_is_loaded_and_writes(stored: Path, card: ModelCard, shelf: Any, completion: Complete) -> None:
    """Without a network: the flags are set for the whole process."""
    generator = TransformersGenerator.from_store(shelf(stored), card)

    assert len(generator.generate(completion("de:"), GenerationConfig(num_return_sequences=2))) == 2
    assert (os.environ["HF_HUB_OFFLINE"], os.environ["TRANSFORMERS_OFFLINE"]) == ("1", "1")


def test_a_model_that_does_not_verify_is_not_even_opened(
    tmp_path: Path, card: ModelCard, shelf: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The digests come before any import or read."""
    monkeypatch.setattr("pipeline.backends.transformers_generator.load_language_model", pytest.fail)

    with pytest.raises(ModelDamaged):
        TransformersGenerator.from_store(shelf(tmp_path, damaged=True), card)


def test_a_class_that_writes_no_text_is_refused(stored: Path, card: ModelCard, shelf: Any) -> None:
    """A card cannot name any class of Transformers to be called."""
    with pytest.raises(ModelError, match="AutoModel is not a class that generates text"):
        TransformersGenerator.from_store(shelf(stored), card.model_copy(update={"auto_class": "AutoModel"}))
