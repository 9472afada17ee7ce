"""Brands, briefs, channels and packs: the rules that a schema alone does not say."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline.domain.brand import Brand
from pipeline.domain.brief import Brief
from pipeline.domain.channel import Channel
from pipeline.domain.counting import count_graphemes
from pipeline.domain.model_card import ModelCard

BRIEF: dict[str, Any] = {
    "id": "spring",
    "brand": "acme",
    "objective": "Sell.",
    "audience": "All.",
    "locales": ["de-DE"],
    "segments": [{"id": "line", "channel": "push", "source": "Water."}],
}


def test_a_segment_is_found_by_its_id() -> None:
    """A brief hands out its segments by id; one that it does not have is a KeyError."""
    brief = Brief.model_validate(BRIEF)
    assert brief.segment("line").source == "Water."
    with pytest.raises(KeyError):
        brief.segment("other")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("locales", ["de-DE", "de-DE"], "the locale 'de-DE' is listed twice"),
        ("segments", BRIEF["segments"] * 2, "the segment 'line' is listed twice"),
        ("locales", [], "at least 1"),
        ("segments", [], "at least 1"),
    ],
)
def test_a_brief_asks_for_each_unit_once(field: str, value: list[Any], message: str) -> None:
    """A brief has at least one segment and one locale, and none of them twice."""
    with pytest.raises(ValidationError, match=message):
        Brief.model_validate(BRIEF | {field: value})


@pytest.mark.parametrize(("source", "good"), [("a" * 4_000, True), ("a" * 4_001, False), ("", False), ("\n \n", False)])
def test_source_copy_is_copy(source: str, good: bool) -> None:
    """Source copy has something in it, and no more than the longest field of a store."""
    data = BRIEF | {"segments": [{"id": "line", "channel": "push", "source": source}]}
    if good:
        assert Brief.model_validate(data).segments[0].source == source
    else:
        with pytest.raises(ValidationError):
            Brief.model_validate(data)


def test_a_pillar_has_an_id_of_its_own() -> None:
    """Two pillars of one id could not be told apart in a score."""
    pillar = {"id": "p", "name": "P", "statement": "S."}
    with pytest.raises(ValidationError, match="two pillars have the id 'p'"):
        Brand.model_validate({"id": "a", "name": "A", "source_locale": "en-US", "pillars": [pillar, pillar]})


@pytest.mark.parametrize("limit", [0, -1, 10_001])
def test_a_channel_has_a_sensible_limit(limit: int) -> None:
    """A limit is a positive number of characters."""
    with pytest.raises(ValidationError):
        Channel(id="c", name="C", limit=limit, source="s")


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 0), ("abc", 3), ("e\u0301", 1), ("क्षि", 1), ("🇩🇪", 1), ("👩‍👩‍👧", 1), ("\r\n", 1), ("水を", 2), ("مَا", 2)],
)
def test_a_reader_counts_graphemes(text: str, count: int) -> None:
    """A flag, a family, an accented letter and a Hindi syllable are one character each."""
    assert count_graphemes(text) == count


@given(st.text())
def test_a_reader_never_counts_more_than_there_are(text: str) -> None:
    """Graphemes are made of code points: there are never more of them."""
    assert count_graphemes(text) <= len(text)
    assert bool(text) == bool(count_graphemes(text))


@pytest.mark.parametrize(
    ("languages", "answer"), [(("de", "mul"), "listed"), (("fr", "mul"), "claimed"), (("fr",), "no")]
)
def test_a_model_speaks_what_its_makers_say(languages: tuple[str, ...], answer: str) -> None:
    """A list is better than a claim of many languages, and that is better than nothing."""
    card = ModelCard.model_construct(languages=languages)
    assert card.speaks("de") == answer


@pytest.mark.parametrize("unseen", ["\u200b", " \u2060\ufeff", "\u3164", "\u00ad"])
def test_a_source_that_nobody_sees_is_empty(unseen: str) -> None:
    """Characters without a shape are no copy, in the source as in the objective."""
    segment = {"id": "line", "channel": "push", "source": unseen}
    for change in ({"segments": [segment]}, {"objective": unseen}):
        with pytest.raises(ValidationError, match="string_pattern_mismatch"):
            Brief.model_validate(BRIEF | change)
