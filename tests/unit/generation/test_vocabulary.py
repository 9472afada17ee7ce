from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.backends.vocabulary import Piece, Writing
from pipeline.domain.draft import Unit
from pipeline.generation.vocabulary import copy_vocabulary
from pipeline.resources.library import Library

ROOT = Path(__file__).parents[3]
LIBRARY = Library.of_workspace(ROOT)
BRIEF = LIBRARY.brief(ROOT / "campaigns/spring.yaml")


def unit_of(locale: str, source: str | None = None) -> Unit:
    unit = LIBRARY.units(BRIEF, LIBRARY.brand(BRIEF.brand), (locale,))[0]
    if source is None:
        return unit
    return unit.model_copy(update={"segment": unit.segment.model_copy(update={"source": source})})


@pytest.mark.parametrize("locale", LIBRARY.locale_tags())
def test_every_example_of_a_locale_is_in_its_writing(locale: str) -> None:
    """Without being listed there: scripts and marks alone hold it, and with it addresses, prices and placeholders."""
    pack = LIBRARY.locale(locale)
    writing = Writing(copy_vocabulary(unit_of(locale), pack).model_copy(update={"texts": (), "phrases": ()}))

    for text in (*(pair.target for pair in pack.pairs), "{first_name} %s", "mail@acme.example", "€ 19.99", "100 %"):
        assert writing.holds(Piece.of(text.encode()))


def test_a_locale_is_written_in_its_scripts() -> None:
    """Japanese in three, and no other locale's."""
    vocabulary = copy_vocabulary(unit_of("ja-JP"), LIBRARY.locale("ja-JP"))

    assert (vocabulary.language, vocabulary.scripts) == ("ja", ("Hira", "Kana", "Hani"))
    assert vocabulary.texts == tuple(pair.target for pair in LIBRARY.locale("ja-JP").pairs)


def test_names_and_what_stays_as_it_is_are_phrases() -> None:
    """The brand, its terms save those it forbids, and words of the source with a capital, a digit or a sign."""
    unit = unit_of("de-DE", "Buy 2 Aqualis cups for $9.99 at shop.example/a, {name}: all day.")

    phrases = copy_vocabulary(unit, LIBRARY.locale("de-DE")).phrases

    assert {unit.brand.name, "Buy", "2", "Aqualis", "$9.99", "shop.example/a,", "{name}:"} <= set(phrases)
    assert {"cups", "for", "all", "day."}.isdisjoint(phrases)


def test_another_unit_of_the_locale_shares_all_but_its_phrases() -> None:
    """What is computed once for a locale serves all of its units."""
    first, second = (
        copy_vocabulary(unit_of("de-DE", source), LIBRARY.locale("de-DE")) for source in ("One cup.", "Two Bottles.")
    )

    assert first.digest != second.digest
    assert first.of_the_locale.digest == second.of_the_locale.digest


def test_a_locale_may_leave_models_all_of_their_tokens() -> None:
    """The pack's switch: then there is nothing to hold a model to."""
    pack = LIBRARY.locale("de-DE").model_copy(update={"whole_vocabulary": True})

    assert copy_vocabulary(unit_of("de-DE", "One cup."), pack) is None
