"""Asks that are known to come next, drawn together with the one whose turn it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from pipeline.domain.ask import Ask
from pipeline.domain.candidate import Sample
from pipeline.errors import GlocalError
from pipeline.generation.ports import TextGenerator

Drawn = Sequence[Sample] | GlocalError


class Lookahead:
    """Draws what comes next in the same batch, and keeps it until its turn.

    lookahead.expect({"acme/writer": [first, second]})
    samples = lookahead.draw("acme/writer", generator, first)

    The samples are those that each ask would have alone, so that work which stops half-way and begins again ends with
    the same texts.
    """

    def __init__(self) -> None:
        self._expected: dict[str, tuple[Ask, ...]] = {}
        self._drawn: dict[tuple[str, Ask], Drawn] = {}

    def expect(self, asks: Mapping[str, Sequence[Ask]]) -> None:
        """Tell what will be asked of each model, in this order; what was told before is forgotten."""
        self._expected = {model: tuple(dict.fromkeys(expected)) for model, expected in asks.items()}
        self._drawn.clear()

    def draw(self, model: str, generator: TextGenerator, ask: Ask) -> Sequence[Sample]:
        """The samples of one ask, with a batch of those after it; raises what `generate` raises."""
        if (model, ask) not in self._drawn:
            together = [ask, *self._next(model, generator, ask)]
            self._drawn.update(zip(((model, each) for each in together), _drawn(generator, together), strict=False))
        drawn = self._drawn.pop((model, ask))
        if isinstance(drawn, GlocalError):
            raise drawn
        return drawn

    def _next(self, model: str, generator: TextGenerator, ask: Ask) -> Iterator[Ask]:
        """The asks that were expected after this one, as far as the generator works on them at once."""
        expected = self._expected.get(model, ())
        after = expected[expected.index(ask) + 1 :] if ask in expected else ()
        room = generator.rows_at_once - ask.config.num_return_sequences
        for each in after:
            room -= each.config.num_return_sequences
            if room < 0:
                return
            if (model, each) not in self._drawn:
                yield each


def _drawn(generator: TextGenerator, together: Sequence[Ask]) -> Sequence[Drawn]:
    # A fault that one of them brings about must not become that of all.
    with suppress(Exception):
        if len(together) > 1:
            return generator.generate_together(together)
    return [generator.generate(together[0].prompt, together[0].config, together[0].vocabulary)]
