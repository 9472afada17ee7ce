"""What comes next is drawn together, and nobody can tell from the texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from pipeline.domain.ask import Ask
from pipeline.domain.candidate import GenerationConfig, Sample
from pipeline.domain.prompt import Message, Prompt
from pipeline.domain.vocabulary import Vocabulary
from pipeline.errors import GenerationFailed, GlocalError
from pipeline.generation.lookahead import Lookahead

MODEL = "acme/writer store"


def ask(name: str, *, candidates: int = 2, seed: int = 0) -> Ask:
    prompt = Prompt(style="completion", messages=(Message(role="user", content=name),), template_version="1")
    return Ask(prompt=prompt, config=GenerationConfig(num_return_sequences=candidates, seed=seed))


A, B, C, D = (ask(name) for name in "abcd")


class Writer:
    """Writes the name of the prompt, and keeps which asks came together."""

    def __init__(self, rows_at_once: int = 100, *, poison: Ask | None = None, fault: Ask | None = None) -> None:
        self.rows_at_once = rows_at_once
        self.batches: list[list[Ask]] = []
        self._poison, self._fault = poison, fault

    def generate(self, prompt: Prompt, config: GenerationConfig, vocabulary: Vocabulary | None = None) -> list[Sample]:
        asked = Ask(prompt=prompt, config=config, vocabulary=vocabulary)
        self.batches.append([asked])
        drawn = self._one(asked)
        if isinstance(drawn, GlocalError):
            raise drawn
        return drawn

    def generate_together(self, asks: Sequence[Ask]) -> Sequence[Sequence[Sample] | GlocalError]:
        self.batches.append(list(asks))
        return [self._one(each) for each in asks]

    def _one(self, asked: Ask) -> list[Sample] | GlocalError:
        if asked == self._fault:
            raise ValueError("a fault of the program")
        if asked == self._poison:
            return GenerationFailed("no")
        return [Sample(text=asked.prompt.messages[0].content)] * asked.config.num_return_sequences


@pytest.fixture
def looking() -> Callable[..., Lookahead]:
    def make(*asks: Ask) -> Lookahead:
        lookahead = Lookahead()
        lookahead.expect({MODEL: asks})
        return lookahead

    return make


def test_what_comes_next_is_drawn_in_one_batch(looking: Callable[..., Lookahead]) -> None:
    """Each gets its own samples, and the generator is asked once."""
    lookahead, writer = looking(A, B, C), Writer()
    assert [lookahead.draw(MODEL, writer, each)[0].text for each in (A, B, C)] == ["a", "b", "c"]
    assert writer.batches == [[A, B, C]]


def test_a_batch_ends_where_the_generator_gains_no_more(looking: Callable[..., Lookahead]) -> None:
    """Five rows at once hold two asks of two samples each."""
    lookahead, writer = looking(A, B, C, D), Writer(rows_at_once=5)
    for each in (A, B, C, D):
        lookahead.draw(MODEL, writer, each)
    assert writer.batches == [[A, B], [C, D]]


def test_a_generator_that_gains_nothing_is_asked_for_one_at_a_time(looking: Callable[..., Lookahead]) -> None:
    """An endpoint would only keep the first unit waiting."""
    lookahead, writer = looking(A, B), Writer(rows_at_once=1)
    lookahead.draw(MODEL, writer, A)
    assert writer.batches == [[A]]


def test_what_nobody_expected_is_drawn_alone(looking: Callable[..., Lookahead]) -> None:
    """Another seed, a further round, or another model: none of them is what was told."""
    lookahead, writer = looking(A, B), Writer()
    lookahead.draw(MODEL, writer, ask("a", seed=1))
    lookahead.draw("acme/other store", writer, A)
    assert writer.batches == [[ask("a", seed=1)], [A]]


def test_units_before_the_one_asked_for_are_not_drawn(looking: Callable[..., Lookahead]) -> None:
    """Another run holds them, or has drafted them."""
    lookahead, writer = looking(A, B, C), Writer()
    lookahead.draw(MODEL, writer, B)
    assert writer.batches == [[B, C]]


def test_samples_are_handed_out_once(looking: Callable[..., Lookahead]) -> None:
    """They are not kept in memory after their turn."""
    lookahead, writer = looking(A, B), Writer()
    for each in (A, B, B):
        lookahead.draw(MODEL, writer, each)
    assert writer.batches == [[A, B], [B]]


def test_an_error_is_that_of_one_alone(looking: Callable[..., Lookahead]) -> None:
    """It is raised when its turn comes, and the others have their samples."""
    lookahead, writer = looking(A, B, C), Writer(poison=B)
    assert lookahead.draw(MODEL, writer, A)
    with pytest.raises(GenerationFailed):
        lookahead.draw(MODEL, writer, B)
    assert lookahead.draw(MODEL, writer, C)
    assert writer.batches == [[A, B, C]]


def test_a_fault_in_a_batch_is_not_that_of_all(looking: Callable[..., Lookahead]) -> None:
    """Whatever breaks the batch: each is drawn alone then, and only its own fault is raised."""
    lookahead, writer = looking(A, B, C), Writer(fault=B)
    assert lookahead.draw(MODEL, writer, A)
    with pytest.raises(ValueError, match="a fault"):
        lookahead.draw(MODEL, writer, B)
    assert lookahead.draw(MODEL, writer, C)


def test_what_is_told_anew_takes_the_place_of_what_was(looking: Callable[..., Lookahead]) -> None:
    """A run that begins again draws again."""
    lookahead, writer = looking(A, B), Writer()
    lookahead.draw(MODEL, writer, A)
    lookahead.expect({MODEL: [B]})
    lookahead.draw(MODEL, writer, B)
    assert writer.batches == [[A, B], [B]]
