"""What ships about languages: a file for each language of a market, in good order; a workspace's stands before it."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from pipeline.domain.manners import LanguageManners
from pipeline.errors import DataError
from pipeline.resources.library import Library, shipped_folder

SHIPPED = Library((shipped_folder(),))
KINDS = {"superlative", "guarantee", "proof", "free"}


def test_every_market_has_the_manners_of_its_language() -> None:
    """Each locale that has a pack has a file for its language."""
    assert {tag.split("-")[0] for tag in SHIPPED.locale_tags()} <= set(SHIPPED.manners)


@pytest.mark.parametrize("manners", SHIPPED.manners.values(), ids=lambda one: one.language)
def test_each_language_listens_for_every_kind_of_claim(manners: LanguageManners) -> None:
    """A kind that one language lacks is a claim that nobody would hear in it; no form is listed twice."""
    assert set(manners.claims) == KINDS
    for forms in (*manners.claims.values(), *manners.supports.values(), manners.first_person, manners.unfinished):
        assert len(set(forms)) == len(forms)
        assert all(unicodedata.is_normalized("NFC", form) and form == form.strip() for form in forms)
    assert manners.first_person


@pytest.mark.parametrize("manners", SHIPPED.manners.values(), ids=lambda one: one.language)
def test_words_that_end_no_sentence_are_small(manners: LanguageManners) -> None:
    """A capital would be a name or the beginning of a sentence."""
    assert [word for word in manners.unfinished if word != word.lower()] == []


def test_a_workspace_stands_before_what_ships(tmp_path: Path) -> None:
    """A team's own file replaces the shipped one of its language, and no other."""
    folder = tmp_path / "locales/languages"
    folder.mkdir(parents=True)
    (folder / "de.yaml").write_text("language: de\nunfinished: [und]\n", encoding="utf-8")
    manners = Library((tmp_path, shipped_folder())).manners
    assert manners["de"] == LanguageManners(language="de", unfinished=("und",))
    assert manners["fr"] == SHIPPED.manners["fr"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("language: fr\n", "de.yaml:1: language: it must be 'de', like the file's name"),
        ("language: de\nclaim: {}\n", "de.yaml:2: claim: there is no such field"),
        ("language: de\nunfinished: und\n", "de.yaml:2: unfinished: it must be a list"),
    ],
)
def test_a_mistake_names_file_line_and_field(tmp_path: Path, text: str, problem: str) -> None:
    """What cannot be used is refused when it is read."""
    folder = tmp_path / "locales/languages"
    folder.mkdir(parents=True)
    (folder / "de.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as refused:
        _ = Library((tmp_path,)).manners
    assert problem in str(refused.value)
