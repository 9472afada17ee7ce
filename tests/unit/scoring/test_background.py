"""Generic copy, by locale."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.kept_arrays import KeptArrays
from pipeline.scoring.background import Background, unit_rows
from pipeline.scoring.ports import TextEncoder

Generic = dict[str, list[str]]


def test_nothing_is_embedded_before_it_is_asked_for_and_then_once(encoder: TextEncoder, generic: Generic) -> None:
    background = Background(encoder, generic)
    assert encoder.batches == 0
    for locale in ("de-DE", "de-AT", "de-DE"):
        background.of(locale)
    assert encoder.texts == 1 + len(generic["de-DE"]), "one text tells the encoder; other locales are left alone"


def test_what_was_embedded_is_kept_for_the_next_run(encoder: TextEncoder, generic: Generic, tmp_path: Path) -> None:
    """By the texts and by how the encoder embeds: another processor's numbers may differ."""
    first = Background(encoder, generic, KeptArrays(tmp_path)).of("ja-JP").near
    before = encoder.texts

    again = Background(encoder, generic, KeptArrays(tmp_path)).of("ja-JP").near

    np.testing.assert_array_equal(again, first)
    assert encoder.texts == before + 1
    Background(encoder, generic | {"ja-JP": ["another", *generic["ja-JP"]]}, KeptArrays(tmp_path)).of("ja-JP")
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(("locale", "own", "texts"), [("de-DE", True, 10), ("de-AT", True, 10), ("fr-FR", False, 20)])
def test_a_locale_sees_its_own_copy_then_its_languages_then_all(
    encoder: TextEncoder, generic: Generic, locale: str, texts: int, *, own: bool
) -> None:
    backdrop = Background(encoder, generic).of(locale)
    assert (backdrop.own, len(backdrop.near)) == (own, texts)


def test_the_matrix_holds_the_copy_in_order(encoder: TextEncoder, generic: Generic) -> None:
    matrix = Background(encoder, generic).of("ja-JP").near
    np.testing.assert_allclose(matrix, encoder.encode(generic["ja-JP"]))


@pytest.mark.parametrize("texts", [{}, {"de-DE": []}])
def test_no_copy_at_all_is_an_empty_backdrop(encoder: TextEncoder, texts: Generic) -> None:
    backdrop = Background(encoder, texts).of("de-DE")
    assert (len(backdrop.near), backdrop.own) == (0, False)


def test_a_row_of_zeros_stays_one() -> None:
    assert not unit_rows(np.zeros((1, 3), np.float32)).any()
