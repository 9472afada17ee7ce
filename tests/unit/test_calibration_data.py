"""The calibration data: broad enough, well-formed, in the right scripts, and without repetition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import regex
import yaml

FOLDER = Path(__file__).parents[2] / "calibration"

SCRIPTS = {
    **dict.fromkeys(("en", "de", "fr", "es", "it", "pt", "pl", "tr"), "Latin"),
    "ru": "Cyrillic",
    "ar": "Arabic",
    "hi": "Devanagari",
    "ja": "Han Hiragana Katakana",
    "zh": "Han",
}
"""The Unicode scripts of each language of the parallel sentences."""

LANGUAGES = tuple(SCRIPTS)
Record = dict[str, Any]


def read(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))


def repeated(texts: Iterable[str]) -> list[str]:
    """The texts that occur twice, letter case and outer spaces aside."""
    return [text for text, times in Counter(text.strip().casefold() for text in texts).items() if times > 1]


def pillar_texts(brands: list[Record]) -> list[str]:
    """Each statement and each exemplar of the cohort."""
    pillars = [pillar for brand in brands for pillar in brand["pillars"]]
    return [text for pillar in pillars for text in (pillar["statement"], *pillar["exemplars"])]


def in_script(text: str, language: str) -> bool:
    """Whether every letter of the text belongs to a script of the language."""
    classes = "".join(rf"\p{{Script={script}}}" for script in SCRIPTS[language].split())
    letters = regex.findall(r"\p{L}", text)
    # The long-vowel mark and its like are letters that Japanese scripts share.
    foreign = [letter for letter in letters if not regex.match(rf"[{classes}\p{{Script=Common}}]", letter)]
    return bool(letters) and not foreign


@pytest.fixture(scope="module")
def brands() -> list[Record]:
    return list(read("cohort.yaml")["brands"])


@pytest.fixture(scope="module")
def sentences() -> list[Record]:
    return list(read("parallel.yaml")["sentences"])


@pytest.fixture(scope="module")
def lines() -> list[str]:
    return list(read("generic.yaml")["lines"])


@pytest.fixture(scope="module")
def listings() -> list[Record]:
    return list(read("listings.yaml")["listings"])


def test_listings_are_of_many_trades_and_say_much_of_each_pillar(listings: list[Record]) -> None:
    """At least thirty, each with four pillars of a name, a statement and two exemplars; texts of their own."""
    assert len(listings) >= 30
    assert [] == repeated(listing["id"] for listing in listings)
    assert len({listing["category"] for listing in listings}) >= 25
    for listing in listings:
        assert {"id", "name", "category", "short", "pillars"} == set(listing), listing["id"]
        assert 10 <= len(listing["short"]) <= 80, listing["id"]
        assert [{"name", "statement", "exemplars"}] * 4 == [set(pillar) for pillar in listing["pillars"]]
        assert {len(pillar["exemplars"]) for pillar in listing["pillars"]} == {2}, listing["id"]


def test_listings_share_no_sentence_and_no_name_with_the_cohort(listings: list[Record], brands: list[Record]) -> None:
    """What is measured is never what it is measured against."""
    shorts = [listing["short"] for listing in listings]
    assert [] == repeated([*shorts, *pillar_texts(listings), *pillar_texts(brands)])
    assert [] == repeated(entry["id"] for entry in (*listings, *brands))


def test_the_cohort_is_broad(brands: list[Record]) -> None:
    """At least 120 brands, each with an id and a name of its own, from at least 80 categories."""
    assert len(brands) >= 120
    assert [] == repeated(brand["id"] for brand in brands)
    assert [] == repeated(brand["name"] for brand in brands)
    assert len({brand["category"] for brand in brands}) >= 80


def test_every_brand_has_the_same_form(brands: list[Record]) -> None:
    """A brand has an id in lower case, a name, a category and three or four pillars with names of their own."""
    for brand in brands:
        assert {"id", "name", "category", "pillars"} == set(brand), brand["id"]
        assert regex.fullmatch(r"[a-z]+(-[a-z]+)*", brand["id"]), brand["id"]
        assert 3 <= len(brand["pillars"]) <= 4, brand["id"]
        assert [] == repeated(pillar["name"] for pillar in brand["pillars"]), brand["id"]


def test_every_pillar_has_a_statement_and_two_exemplars(brands: list[Record]) -> None:
    """A pillar is a name, a statement and two exemplars, all of them text."""
    for pillar in (pillar for brand in brands for pillar in brand["pillars"]):
        assert {"name", "statement", "exemplars"} == set(pillar)
        assert len(pillar["exemplars"]) == 2, pillar["name"]
        assert all(text.strip() for text in (pillar["name"], pillar["statement"], *pillar["exemplars"]))


def test_no_two_pillars_share_a_sentence(brands: list[Record]) -> None:
    """No statement and no exemplar occurs twice in the cohort."""
    assert [] == repeated(pillar_texts(brands))


def test_parallel_sentences_cover_twelve_brands_six_times(sentences: list[Record]) -> None:
    """Seventy-two sentences with ids of their own: six for each of twelve brands."""
    assert len(sentences) == 72
    assert [] == repeated(sentence["id"] for sentence in sentences)
    assert [6] * 12 == list(Counter(sentence["brand"] for sentence in sentences).values())


def test_parallel_sentences_name_a_pillar_of_the_cohort(sentences: list[Record], brands: list[Record]) -> None:
    """Brand and pillar exist, every pillar of the brand is spoken for, and the text does not name the brand."""
    known = {(brand["id"], pillar["name"]): brand for brand in brands for pillar in brand["pillars"]}
    used = {(sentence["brand"], sentence["pillar"]) for sentence in sentences}
    chosen = {brand for brand, _ in used}
    assert {key for key in known if key[0] in chosen} == used
    for sentence in sentences:
        name = known[sentence["brand"], sentence["pillar"]]["name"].casefold()
        assert not [tag for tag in LANGUAGES if name in sentence[tag].casefold()], sentence["id"]


def test_parallel_sentences_have_thirteen_texts(sentences: list[Record]) -> None:
    """Each sentence has every language, in one line of at most 110 characters; English has at least 25."""
    for sentence in sentences:
        assert {"id", "brand", "pillar", *LANGUAGES} == set(sentence), sentence["id"]
        assert 25 <= len(sentence["en"]), sentence["id"]
        for tag in LANGUAGES:
            assert regex.fullmatch(r"\S.*\S", sentence[tag]), (sentence["id"], tag)
            assert len(sentence[tag]) <= 110, (sentence["id"], tag)


@pytest.mark.parametrize("language", LANGUAGES)
def test_parallel_sentences_are_in_the_right_script(language: str, sentences: list[Record]) -> None:
    """Every letter belongs to a script of the language, and no text occurs twice in it."""
    texts = [sentence[language] for sentence in sentences]
    assert [] == [text for text in texts if not in_script(text, language)]
    assert [] == repeated(texts)


def test_no_text_is_left_in_another_language(sentences: list[Record]) -> None:
    """The thirteen texts of a sentence differ, and Japanese has kana, which Chinese has not."""
    for sentence in sentences:
        assert [] == repeated(sentence[tag] for tag in LANGUAGES), sentence["id"]
        assert regex.search(r"\p{Script=Hiragana}|\p{Script=Katakana}", sentence["ja"]), sentence["id"]


def test_french_keeps_its_spaces(sentences: list[Record]) -> None:
    """A no-break space, never a plain one, stands before a French colon, semicolon, question or exclamation mark."""
    assert [] == [
        sentence["fr"] for sentence in sentences if regex.search(r"(?<![\u00a0\u202f])[:;!?]", sentence["fr"])
    ]


def test_no_pillar_sentence_is_a_parallel_sentence(sentences: list[Record], brands: list[Record]) -> None:
    """Copy that is measured against a pillar is never that pillar's own sentence."""
    assert [] == repeated([*pillar_texts(brands), *(sentence["en"] for sentence in sentences)])


def test_generic_lines_are_many_and_short(lines: list[str], brands: list[Record]) -> None:
    """At least 200 different lines of 25 to 100 characters, none of them a pillar's sentence."""
    assert len(lines) >= 200
    assert [] == repeated([*lines, *pillar_texts(brands)])
    assert [] == [line for line in lines if not 25 <= len(line) <= 100]


def test_no_generic_line_names_a_brand(lines: list[str], brands: list[Record]) -> None:
    """A generic line speaks for nobody."""
    names = [brand["name"].casefold() for brand in brands]
    assert [] == [
        line for line in lines for name in names if regex.search(rf"\b{regex.escape(name)}\b", line.casefold())
    ]
