"""The shipped calibration with the real encoder: it is current, even-handed, and cannot be gamed."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from pipeline.assessing import Assessor
from pipeline.backends.sentence_encoder import SentenceEncoder
from pipeline.checks.subject import CheckedText
from pipeline.domain.brand import Brand, Pillar
from pipeline.resources.library import Library
from pipeline.scoring.brand import BrandResult
from pipeline.scoring.calibration import BrandCalibration, load_calibration
from pipeline.scoring.fitting import Material, embed_parallel, fit_calibration, run_trials

pytestmark = pytest.mark.models

ROOT = Path(__file__).parents[3]
SAME_FLOAT = 2e-3
"""Difference of vectors that another processor may make, rounded to float16."""


def read(name: str) -> Any:
    return yaml.safe_load((ROOT / "calibration" / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def brands() -> list[dict[str, Any]]:
    return list(read("cohort.yaml")["brands"])


@pytest.fixture(scope="module")
def sentences() -> list[dict[str, str]]:
    return list(read("parallel.yaml")["sentences"])


@pytest.fixture(scope="module")
def shipped() -> BrandCalibration:
    return load_calibration(ROOT / "calibration/multilingual-e5-small.npz")


@pytest.fixture(scope="module")
def assessor(encoder: SentenceEncoder) -> Assessor:
    return Assessor(library=Library((ROOT,)), load_encoder=lambda: encoder)


@pytest.fixture(scope="module")
def murmelo(brands: list[dict[str, Any]]) -> Brand:
    """An invented brand under another id, as a user would write it."""
    return Brand(
        id="ours",
        name="Ours",
        source_locale="en-US",
        pillars=tuple(
            Pillar(id=f"p{n}", name=each["name"], statement=each["statement"], exemplars=tuple(each["exemplars"]))
            for n, each in enumerate(brands[0]["pillars"])
        ),
    )


def judge(assessor: Assessor, brand: Brand, text: str, locale: str) -> BrandResult:
    return assessor.score_against([brand], [CheckedText(text=text, locale=locale)])[0][0]


def test_the_shipped_file_is_what_a_rebuild_gives(
    encoder: SentenceEncoder, brands: list[dict[str, Any]], sentences: list[dict[str, str]], shipped: BrandCalibration
) -> None:
    """For this encoder and these brands and sentences. Packs may have changed since: then only nearly so."""
    pairs = ((pair.source, pair.target) for pack in Library((ROOT,)).packs() for pair in pack.pairs)
    made = fit_calibration(Material.of(brands, sentences, pairs, encoder))
    assert (made.encoder_digest, made.data_digest) == (shipped.encoder_digest, shipped.data_digest)
    assert made.cohort.names == shipped.cohort.names
    same_packs = made.packs_digest == shipped.packs_digest
    assert made.threshold == pytest.approx(shipped.threshold, abs=0.005 if same_packs else 0.05)
    assert made.slope == pytest.approx(shipped.slope, rel=0.005 if same_packs else 0.1)
    if same_packs:
        np.testing.assert_allclose(made.text_mean, shipped.text_mean, atol=SAME_FLOAT)
        np.testing.assert_allclose(made.cohort.lines, shipped.cohort.lines, atol=SAME_FLOAT)


def test_no_language_is_favoured(
    encoder: SentenceEncoder, sentences: list[dict[str, str]], shipped: BrandCalibration
) -> None:
    """On parallel sentences, by language: at most one in ten of other brands' copy passes."""
    owners = [sentence["brand"] for sentence in sentences]
    trials = run_trials(shipped, embed_parallel(sentences, encoder), owners)
    cut = shipped.standing_at(shipped.threshold)
    other = np.where(np.isnan(trials.other), -np.inf, trials.other)
    accepted = (other >= cut).sum(axis=(0, 2)) / (~np.isnan(trials.other)).sum(axis=(0, 2))
    assert accepted.max() < 0.1
    assert (trials.own >= cut).mean(axis=0).min() > 0.7


@pytest.mark.parametrize(("locale", "language"), [("de-DE", "de"), ("fr-FR", "fr"), ("ja-JP", "ja"), ("ar-AE", "ar")])
def test_copy_in_the_right_language_is_on_brand(
    assessor: Assessor, murmelo: Brand, sentences: list[dict[str, str]], locale: str, language: str
) -> None:
    """What the detections below must not cost."""
    verdicts = [judge(assessor, murmelo, each[language], locale).verdict for each in sentences[:6]]
    assert verdicts.count("on_brand") >= 4


@pytest.mark.parametrize("locale", ["en-GB", "de-DE", "ja-JP"])
def test_a_copied_pillar_or_exemplar_is_never_on_brand(assessor: Assessor, murmelo: Brand, locale: str) -> None:
    """As it is, in capitals, with a call to action behind it, or two together."""
    lines = [line for pillar in murmelo.pillars for line in (pillar.statement, *pillar.exemplars)]
    texts = [*lines, *(line.upper() for line in lines), *(f"{line} Download now!" for line in lines)]
    texts += [f"{one} {other}" for one, other in pairwise(lines)]
    assert [] == [text for text in texts if judge(assessor, murmelo, text, locale).verdict == "on_brand"]


@pytest.mark.parametrize("locale", ["en-GB", "de-DE", "ja-JP"])
def test_stuffed_words_are_never_on_brand(assessor: Assessor, murmelo: Brand, locale: str) -> None:
    """The pillars' longer words, in any order, alone and over and over."""
    words = sorted({word for pillar in murmelo.pillars for word in pillar.statement.split() if len(word) > 4})
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.permutation(words)[:size]) for size in (5, 6, 8, 10) for _ in range(5)]
    texts += [f"{text} {text}" for text in texts]
    assert [] == [text for text in texts if judge(assessor, murmelo, text, locale).verdict == "on_brand"]


@pytest.mark.parametrize("locale", ["de-DE", "fr-FR", "es-MX", "ja-JP", "hi-IN"])
def test_a_source_left_in_english_is_never_on_brand(
    assessor: Assessor, murmelo: Brand, sentences: list[dict[str, str]], locale: str
) -> None:
    texts = [sentence["en"] for sentence in sentences[:6]]
    assert [] == [text for text in texts if judge(assessor, murmelo, text, locale).verdict == "on_brand"]


@pytest.mark.parametrize(("locale", "written"), [("de-DE", "fr"), ("fr-FR", "es"), ("ja-JP", "zh"), ("pt-BR", "es")])
def test_the_right_message_in_the_wrong_language_is_never_on_brand(
    assessor: Assessor, murmelo: Brand, sentences: list[dict[str, str]], locale: str, written: str
) -> None:
    texts = [sentence[written] for sentence in sentences[:6]]
    assert [] == [text for text in texts if judge(assessor, murmelo, text, locale).verdict == "on_brand"]
