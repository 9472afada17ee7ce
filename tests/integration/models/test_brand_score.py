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
from pipeline.scoring.fitting import (
    FALSE_POSITIVES,
    Material,
    fit_calibration,
    language_shifts,
    own_standings,
    rival_standings,
)

pytestmark = pytest.mark.models

ROOT = Path(__file__).parents[3]
SAME_FLOAT = 8e-3
"""Difference of vectors that another processor may make: one computes in bfloat16, another in float32."""


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
def lingopip(brands: list[dict[str, Any]]) -> Brand:
    """An invented brand under another id, as a user would write it."""
    (found,) = (brand for brand in brands if brand["id"] == "lingopip")
    return Brand(
        id="ours",
        name="Ours",
        source_locale="en-US",
        pillars=tuple(
            Pillar(id=f"p{n}", name=each["name"], statement=each["statement"], exemplars=tuple(each["exemplars"]))
            for n, each in enumerate(found["pillars"])
        ),
    )


@pytest.fixture(scope="module")
def copies(sentences: list[dict[str, str]]) -> list[dict[str, str]]:
    """What speaks for that brand, in thirteen languages."""
    return [sentence for sentence in sentences if sentence["brand"] == "lingopip"]


def judge(assessor: Assessor, brand: Brand, text: str, locale: str) -> BrandResult:
    return assessor.score_against([brand], [CheckedText(text=text, locale=locale)])[0][0]


@pytest.fixture(scope="module")
def material(encoder: SentenceEncoder, brands: list[dict[str, Any]], sentences: list[dict[str, str]]) -> Material:
    """What the shipped file is made from, embedded here."""
    pairs = ((pair.source, pair.target) for pack in Library((ROOT,)).packs() for pair in pack.pairs)
    return Material.of(read("listings.yaml")["listings"], brands, sentences, pairs, encoder)


def test_the_shipped_file_is_what_a_rebuild_gives(material: Material, shipped: BrandCalibration) -> None:
    """For this encoder and these brands and sentences. Packs may have changed since: then only nearly so."""
    made = fit_calibration(material)
    assert (made.encoder_digest, made.data_digest) == (shipped.encoder_digest, shipped.data_digest)
    assert made.cohort.names == shipped.cohort.names
    same_packs = made.packs_digest == shipped.packs_digest
    assert made.threshold == pytest.approx(shipped.threshold, abs=0.005 if same_packs else 0.05)
    assert made.slope == pytest.approx(shipped.slope, rel=0.01 if same_packs else 0.1)
    if same_packs:
        np.testing.assert_allclose(made.text_mean, shipped.text_mean, atol=SAME_FLOAT)
        np.testing.assert_allclose(made.cohort.lines, shipped.cohort.lines, atol=SAME_FLOAT)


def test_a_rivals_copy_is_rarely_on_brand(material: Material, shipped: BrandCalibration) -> None:
    rivals = rival_standings(shipped, material.shorts)
    accepted = (rivals >= shipped.standing_at(shipped.threshold)).mean()
    assert accepted == pytest.approx(FALSE_POSITIVES, abs=0.01)


def test_no_language_is_favoured(material: Material, shipped: BrandCalibration) -> None:
    """Pass rates of parallel sentences lie ten points apart at most, each brand judged by what others say."""
    own, owners = own_standings(shipped, material), np.array(material.owners)
    cut = shipped.standing_at(shipped.threshold)
    passed = np.zeros(own.shape)
    for owner in set(material.owners):
        shifts = [*language_shifts(own[owners != owner], material.languages).values()]
        passed[owners == owner] = own[owners == owner] - shifts >= cut
    rates = passed.mean(axis=0)
    assert np.ptp(rates) < 0.1
    assert rates.min() > 0.6


@pytest.mark.parametrize(("locale", "language"), [("de-DE", "de"), ("fr-FR", "fr"), ("ja-JP", "ja"), ("ar-AE", "ar")])
def test_copy_in_the_right_language_is_on_brand(
    assessor: Assessor, lingopip: Brand, copies: list[dict[str, str]], locale: str, language: str
) -> None:
    """What the detections below must not cost."""
    verdicts = [judge(assessor, lingopip, each[language], locale).verdict for each in copies]
    assert verdicts.count("on_brand") >= 4


@pytest.mark.parametrize("locale", ["en-GB", "de-DE", "ja-JP"])
def test_a_copied_pillar_or_exemplar_is_never_on_brand(assessor: Assessor, lingopip: Brand, locale: str) -> None:
    """As it is, in capitals, with a call to action behind it, or two together."""
    lines = [line for pillar in lingopip.pillars for line in (pillar.statement, *pillar.exemplars)]
    texts = [*lines, *(line.upper() for line in lines), *(f"{line} Download now!" for line in lines)]
    texts += [f"{one} {other}" for one, other in pairwise(lines)]
    assert [] == [text for text in texts if judge(assessor, lingopip, text, locale).verdict == "on_brand"]


@pytest.mark.parametrize("locale", ["en-GB", "de-DE", "ja-JP"])
def test_stuffed_words_are_never_on_brand(assessor: Assessor, lingopip: Brand, locale: str) -> None:
    """The pillars' longer words, in any order, alone and over and over."""
    words = sorted({word for pillar in lingopip.pillars for word in pillar.statement.split() if len(word) > 4})
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.permutation(words)[:size]) for size in (5, 6, 8, 10) for _ in range(5)]
    texts += [f"{text} {text}" for text in texts]
    assert [] == [text for text in texts if judge(assessor, lingopip, text, locale).verdict == "on_brand"]


@pytest.mark.parametrize("locale", ["de-DE", "fr-FR", "es-MX", "ja-JP", "hi-IN"])
def test_a_source_left_in_english_is_never_on_brand(
    assessor: Assessor, lingopip: Brand, copies: list[dict[str, str]], locale: str
) -> None:
    texts = [sentence["en"] for sentence in copies]
    assert [] == [text for text in texts if judge(assessor, lingopip, text, locale).verdict == "on_brand"]


@pytest.mark.parametrize(("locale", "written"), [("de-DE", "fr"), ("fr-FR", "es"), ("ja-JP", "zh"), ("pt-BR", "es")])
def test_the_right_message_in_the_wrong_language_is_never_on_brand(
    assessor: Assessor, lingopip: Brand, copies: list[dict[str, str]], locale: str, written: str
) -> None:
    texts = [sentence[written] for sentence in copies]
    assert [] == [text for text in texts if judge(assessor, lingopip, text, locale).verdict == "on_brand"]
