"""What models write around copy, and the copy inside."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.candidate import Sample
from pipeline.domain.locale_pack import LocalePack
from pipeline.generation.clean import clean_sample, set_spacing, whole_sentences

PackOf = Callable[[str], LocalePack]

TAGS = ("ar-AE", "de-DE", "es-MX", "fr-FR", "hi-IN", "ja-JP")

COPY = {
    "ar-AE": "ماء بارد طوال اليوم.",
    "de-DE": "Kaltes Wasser, den ganzen Tag.",
    "es-MX": "¡Agua fría, todo el día!",
    "fr-FR": "De l’eau fraîche, toute la journée.",
    "hi-IN": "दिन भर ठंडा पानी।",
    "ja-JP": "冷たい水を、一日中。",
}

WRAPPERS = [
    pytest.param("{}", id="bare"),
    pytest.param("  {}  \n\n", id="spaces-and-lines"),
    pytest.param("{label}: {}", id="label"),
    pytest.param("{label}：{}", id="full-width-label"),
    pytest.param("{label} : {}", id="label-the-french-way"),
    pytest.param("**{label}:** {}", id="bold-label"),
    pytest.param("- **{label}:** {}", id="label-in-a-list"),
    pytest.param("{label}\n{}", id="label-on-its-own-line"),
    pytest.param("{label}:\n\n{}", id="label-and-colon-on-its-own-line"),
    pytest.param("{source}: Cold water, all day.\n{label}: {}", id="source-once-more"),
    pytest.param("1. {}\n2. Other.", id="numbered"),
    pytest.param("1) {}", id="numbered-with-a-bracket"),
    pytest.param("- {}\n- Other.", id="dashes"),
    pytest.param("* {}", id="asterisks"),
    pytest.param("• {}", id="bullets"),
    pytest.param("**{}**", id="bold"),
    pytest.param("*{}*", id="italic"),
    pytest.param("***{}***", id="bold-italic"),
    pytest.param("__{}__", id="underlined"),
    pytest.param("_{}_", id="underscored"),
    pytest.param("`{}`", id="code"),
    pytest.param("```\n{}\n```", id="code-block"),
    pytest.param("```text\n{}\n```", id="code-block-with-a-language"),
    pytest.param("## {}", id="heading"),
    pytest.param('"{}"', id="straight-quotes"),
    pytest.param("'{}'", id="straight-single-quotes"),
    pytest.param("“{}”", id="english-quotes"),
    pytest.param("‘{}’", id="english-single-quotes"),
    pytest.param("„{}“", id="german-quotes"),
    pytest.param("‚{}‘", id="german-single-quotes"),
    pytest.param("»{}«", id="german-guillemets"),
    pytest.param("„{}”", id="polish-quotes"),
    pytest.param("”{}”", id="swedish-quotes"),
    pytest.param("«{}»", id="spanish-guillemets"),
    pytest.param("«\u00a0{}\u00a0»", id="french-guillemets"),
    pytest.param("‹{}›", id="single-guillemets"),
    pytest.param("「{}」", id="japanese-quotes"),
    pytest.param("『{}』", id="japanese-white-quotes"),
    pytest.param('**"{}"**', id="bold-quotes"),
    pytest.param('"“{}”"', id="quotes-in-quotes"),
    pytest.param('1. **{label}:** "{}"', id="all-at-once"),
    pytest.param('"{}', id="quote-never-closed"),
    pytest.param("{}”", id="quote-never-opened"),
    pytest.param("OK:\n{}", id="preamble"),
    pytest.param("Sure! Here it is:\n\n```\n{}\n```", id="preamble-and-code-block"),
    pytest.param("**Texto:**\n{}", id="bold-preamble"),
    pytest.param("{}\n\nHope this helps!", id="afterword"),
    pytest.param("\ufeff{}\u200b", id="marks-without-width"),
    pytest.param("\x00{}\x1b", id="controls"),
]


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_what_a_model_wraps_around_copy_goes(pack_of: PackOf, tag: str, wrapper: str) -> None:
    """Labels, lists, Markdown, quotation marks, preambles and afterwords go; the copy stays to the letter."""
    pack = pack_of(tag)
    raw = wrapper.format(COPY[tag], label=pack.prompt.target, source=pack.prompt.source)
    assert clean_sample(Sample(text=raw), pack) == COPY[tag]


@pytest.mark.parametrize(
    "raw", ["", "  \n\n ", '""', "...", "```", "「」", "{label}:", "{label}: \n", "\x00", "**", "-"]
)
def test_a_sample_without_copy_is_nothing(pack_of: PackOf, raw: str) -> None:
    """What holds no letter, no figure and no picture is no copy."""
    pack = pack_of("es-MX")
    assert clean_sample(Sample(text=raw.format(label=pack.prompt.target)), pack) == ""


@pytest.mark.parametrize(
    ("tag", "copy"),
    [
        ("de-DE", "Geht’s dir gut? Geht's dir gut?"),
        ("de-DE", "Sag „Ja“ zu Wasser und „Nein“ zu Plastik."),
        ("de-DE", "„Ja“ zu Wasser, „Nein“ zu „Plastik“"),
        ("de-DE", "Sag »Ja«"),
        ("de-DE", "24. Dezember: kaltes Wasser."),
        ("de-DE", "2. Flasche gratis"),
        ("es-MX", 'Botella de 20"'),
        ("es-MX", "'80s y más"),
        ("es-MX", "A las 10:30, en https://aqualis.example/a?b=c:d"),
        ("es-MX", "#agua #vida"),
        ("es-MX", "__NAME__, ¿tienes sed?"),
        ("es-MX", "{name}, ¿tienes sed? %s"),
        ("es-MX", "5 * 4 litros"),
        ("es-MX", "snake_case y más_cosas"),
        ("es-MX", "El lema: agua"),
        ("es-MX", "💧"),
        ("es-MX", "-20 % en julio"),
        ("fr-FR", "L’«\u00a0eau\u00a0» d’ici, l'eau de là"),
        ("fr-FR", "Rendez-vous à 10:30\u202f!"),
        ("fr-FR", "https://aqualis.example/?a=1 et http://b.example:80/;c"),
        ("fr-FR", "Tom &amp; Léa; &eacute;"),
        ("fr-FR", "10\u202f% de réduction"),
        ("fr-FR", "12\u00a0000\u00a0€"),
        ("ja-JP", "「水」と「茶」"),
        ("ja-JP", "冷たい　水を。"),
        ("hi-IN", "क्\u200dष का पानी"),
        ("ar-AE", "قال «نعم» ثم شرب"),
        ("ar-AE", "\u200fAqualis ماء"),
    ],
)
def test_copy_is_left_as_it_is(pack_of: PackOf, tag: str, copy: str) -> None:
    """Contractions, inner quotation marks, dates, placeholders, addresses, joiners and hard spaces stay."""
    expected = copy.replace("Léa;", "Léa\u202f;")
    assert clean_sample(Sample(text=copy), pack_of(tag)) == expected


@pytest.mark.parametrize(
    ("raw", "spaced"),
    [
        ("Prêt ?", "Prêt\u202f?"),
        ("Prêt?", "Prêt\u202f?"),
        ("Prêt\u00a0?", "Prêt\u202f?"),
        ("Prêt ?!", "Prêt\u202f?!"),
        ("Prêt ! Partez ; vite : oui", "Prêt\u202f! Partez\u202f; vite\u00a0: oui"),
        ("100 % ! 20 € !", "100 %\u202f! 20 €\u202f!"),
        ("Elle dit « oui » et part", "Elle dit «\u00a0oui\u00a0» et part"),
        ("Elle dit «oui» !", "Elle dit «\u00a0oui\u00a0»\u202f!"),
        ("Elle dit “Prêt?” vite", "Elle dit “Prêt\u202f?” vite"),
        ("Bonjour {prenom}!", "Bonjour {prenom}\u202f!"),
        ("À 10:30", "À 10:30"),
        ("?", "?"),
        ("", ""),
    ],
)
def test_french_gets_its_spaces(pack_of: PackOf, raw: str, spaced: str) -> None:
    """The space before a mark is the pack's own, whatever the model wrote; figures and addresses get none."""
    assert set_spacing(raw, pack_of("fr-FR").typography.space_before) == spaced


@pytest.mark.parametrize(
    ("line", "whole"),
    [
        ("Nimm Wasser mit. Trink es k", "Nimm Wasser mit."),
        ("Nimm Wasser mit! Trink es? Und d", "Nimm Wasser mit! Trink es?"),
        ("Warte … und tri", "Warte …"),
        ("Was?! Und", "Was?!"),
        ("Er sagt: „Nimm Wasser.“ Und", "Er sagt: „Nimm Wasser.“"),
        ("Er sagt (gern.) Und", "Er sagt (gern.)"),
        ("Elle dit : «\u00a0Buvez\u202f!\u00a0» Et pu", "Elle dit : «\u00a0Buvez\u202f!\u00a0»"),
        ("De l’eau\u202f! Moins de plas", "De l’eau\u202f!"),
        ("¿Sed? Llena tu bot", "¿Sed?"),
        ("冷たい水を。プラスチックを減", "冷たい水を。"),
        ("「水を。」プラスチ", "「水を。」"),
        ("ماء بارد؟ نعم، طوال", "ماء بارد؟"),
        ("ठंडा पानी। दिन भर के लि", "ठंडा पानी।"),
        ("Nur 3.50 Euro und dann", "Nur 3.50 Euro und dann"),
        ("Wasser, z. B. aus der Lei", "Wasser, z. B. aus der Lei"),
        ("Kaltes Wasser und", "Kaltes Wasser und"),
        ("Kaltes Wasser.", "Kaltes Wasser."),
        ("", ""),
    ],
)
def test_a_cut_line_ends_at_its_last_whole_sentence(line: str, whole: str) -> None:
    """A fragment goes; a line without a whole sentence, and a decimal or an abbreviation, is left."""
    assert whole_sentences(line) == whole


def test_only_a_sample_that_was_cut_off_loses_its_last_words(pack_of: PackOf) -> None:
    """A finished sample may end without a full stop: headlines do."""
    text = "Nimm Wasser mit. Jeden Tag"
    assert clean_sample(Sample(text=text, finished=True), pack_of("de-DE")) == text
    assert clean_sample(Sample(text=text, finished=False), pack_of("de-DE")) == "Nimm Wasser mit."


def test_a_quotation_that_was_cut_off_loses_its_half_pair(pack_of: PackOf) -> None:
    """Where the cut takes the closing mark away, the opening one goes with it."""
    assert clean_sample(Sample(text="„Nimm Wasser mit. Und d", finished=False), pack_of("de-DE")) == "Nimm Wasser mit."


def test_letters_are_composed(pack_of: PackOf) -> None:
    """Copy is in Unicode's composed form, so that equal texts are equal."""
    assert clean_sample(Sample(text="Cafe\u0301"), pack_of("fr-FR")) == "Café"


def letters(text: str) -> Iterator[str]:
    return iter(regex.findall(r"[\p{L}\p{N}]", unicodedata.normalize("NFD", text)))


def samples() -> st.SearchStrategy[str]:
    parts = st.sampled_from(
        [*'"\'“”„«»‹›‘’‚「」『』*_`#-•:：.!?…。।؟ \u00a0\u202f\n\t\x00\u200b\ufeff', "1. ", "2) ", "**", "```",
         "Wasser", "eau", "水", "Español", "Français:", "Deutsch: ", "a.b", "3.5",
         "e\u0301", "&amp;", "https://a.b/?c", "{x}"]
    )  # fmt: skip
    return st.lists(parts | st.text(max_size=3), max_size=14).map("".join)


@given(text=samples(), tag=st.sampled_from(TAGS), finished=st.booleans())
def test_cleaning_twice_is_cleaning_once(pack_of: PackOf, text: str, tag: str, finished: bool) -> None:
    """Copy that is clean stays as it is."""
    once = clean_sample(Sample(text=text, finished=finished), pack_of(tag))
    assert clean_sample(Sample(text=once, finished=finished), pack_of(tag)) == once


@given(text=samples(), tag=st.sampled_from(TAGS), finished=st.booleans())
def test_cleaning_adds_no_letter(pack_of: PackOf, text: str, tag: str, finished: bool) -> None:
    """Every letter and figure of the copy was written by the model, in that order, on one line."""
    cleaned = clean_sample(Sample(text=text, finished=finished), pack_of(tag))
    written = letters(text)
    assert all(letter in written for letter in letters(cleaned))
    assert len(cleaned.splitlines()) <= 1
