"""From samples to candidates: cleaned, each text once, within a budget."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.candidate import GenerationConfig, Sample
from pipeline.domain.channel import Channel
from pipeline.domain.locale_pack import LocalePack
from pipeline.generation.candidates import Text, character_budget, ended_in_time, texts_of, token_budget


def channel(limit: int) -> Channel:
    return Channel(id="c", name="C", limit=limit, source="s")


def drawn(pack_of: Callable[[str], LocalePack], *samples: tuple[str, float | None]) -> list[Text]:
    found = [Sample(text=text, log_probability=probability) for text, probability in samples]
    return texts_of(found, pack_of("es-MX"), channel(40))


def test_texts_are_cleaned_and_empty_ones_dropped(pack_of: Callable[[str], LocalePack]) -> None:
    """A candidate is copy: samples without any are none."""
    assert drawn(pack_of, ('"Agua."', -1.0), ("```", -0.1), ("", None)) == [Text("Agua.", -1.0)]


@pytest.mark.parametrize(
    ("first", "second", "kept"), [(-2.0, -1.0, -1.0), (-1.0, -2.0, -1.0), (None, -3.0, -3.0), (-3.0, None, -3.0)]
)
def test_equal_texts_keep_the_most_probable_sample(
    pack_of: Callable[[str], LocalePack], first: float | None, second: float | None, kept: float
) -> None:
    """Texts that differ in case or wrapping only are one candidate; a known probability beats an unknown one."""
    found = drawn(pack_of, ("Agua.", first), ('"AGUA."', second))
    assert [text.log_probability for text in found] == [kept]


def test_texts_without_probabilities_keep_the_first(pack_of: Callable[[str], LocalePack]) -> None:
    """Where no backend can tell, the first of equal texts stays."""
    assert drawn(pack_of, ("Agua.", None), ("AGUA.", None)) == [Text("Agua.", None)]


def test_candidates_keep_the_order_of_their_samples(pack_of: Callable[[str], LocalePack]) -> None:
    """The order is the generator's, so that equal seeds give equal lists."""
    found = drawn(pack_of, ("B", -1.0), ("A", -1.0), ("b", -0.5), ("C", None))
    assert [text.text for text in found] == ["b", "A", "C"]


def test_no_sample_is_no_candidate(pack_of: Callable[[str], LocalePack]) -> None:
    """A model that gives nothing gives no candidate, and no error."""
    assert drawn(pack_of) == []


@given(limit=st.integers(1, 10_000))
def test_the_budget_fits_every_channel(limit: int) -> None:
    """A budget grows with the limit of the channel, and is one that generation allows."""
    budget = token_budget(channel(limit))
    assert budget >= min(limit / 2, 2_048)
    assert GenerationConfig(max_new_tokens=budget).max_new_tokens == budget


def test_copy_that_runs_on_ends_with_its_last_sentence_in_time(pack_of: Callable[[str], LocalePack]) -> None:
    """Forty characters hold the first two sentences; the third would be cut."""
    assert drawn(pack_of, ("Menos plástico. Agua fría todo el día. Y mucho más.", -1.0)) == [
        Text("Menos plástico. Agua fría todo el día.", -1.0)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Menos plástico. Agua fría todo el día.",  # it fits
        "Agua. Y después de eso una sola oración que no termina nunca.",  # what fits says too little
        "Una sola oración que no termina antes del límite, ni cerca de él.",
        "Cuesta menos de lo que tú creías: 3.500 pesos al mes.",  # no sentence ends inside a number
    ],
)
def test_other_copy_stays_as_it_is(text: str) -> None:
    """The length check tells what does not fit; nothing is cut inside a sentence."""
    assert ended_in_time(text, channel(40)) == text


def test_copy_that_was_given_up_is_copy_only_where_a_sentence_ends_in_time(
    pack_of: Callable[[str], LocalePack],
) -> None:
    """Its end is missing, so what seems to fit once a label is gone is none."""
    pack, short = pack_of("es-MX"), channel(40)
    begun = Sample(text=f"{pack.prompt.target}: Menos plástico y agua fría todo", overlong=True)
    whole = Sample(text="Menos plástico. Agua fría todo el día. Y mucho más que eso, todos", overlong=True)

    assert [text.text for text in texts_of([begun, whole], pack, short)] == ["Menos plástico. Agua fría todo el día."]
    assert character_budget(short) > short.limit + len(pack.prompt.target)
