"""How a calibration is made from invented brands, parallel sentences and the locale packs' examples.

    calibration = fit_calibration(Material.of(cohort, sentences, pairs, encoder))

Nothing here is random: the same encoder and data give the same calibration. Knows nothing of files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.domain.value import digest_of
from pipeline.scoring.background import unit_rows
from pipeline.scoring.calibration import BrandCalibration
from pipeline.scoring.cohort import Cohort
from pipeline.scoring.ports import Embeddings, TextEncoder

FALSE_POSITIVES = 0.05
"""Share of other brands' copy that the threshold accepts."""

_SHRINKAGE = 1.0
"""What is added to every eigenvalue of the covariance between translations, in mean eigenvalues."""

_FEWEST_TRANSLATIONS = 4
"""Translations that make the sources of the packs' pairs worth a covariance."""

_ROUNDS = 50
"""Newton steps of the logistic fit; it converges in fewer than ten."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Material:
    """All that a calibration is made from, embedded.

    `parallel` has shape (sentences, languages, dimensions), English first; `owners` gives each sentence's brand.
    `translations` are groups of vectors that mean the same, a source and four translations or more; `copy` is all
    copy of the locale packs.
    """

    encoder_digest: str
    data_digest: str
    packs_digest: str
    cohort: Cohort
    owners: tuple[str, ...]
    parallel: Embeddings
    translations: tuple[Embeddings, ...]
    copy: Embeddings

    @classmethod
    def of(
        cls,
        brands: Sequence[Mapping[str, Any]],
        sentences: Sequence[Mapping[str, str]],
        pairs: Iterable[tuple[str, str]],
        encoder: TextEncoder,
    ) -> Material:
        """Embed the cohort's brands, the parallel sentences and the packs' (source, target) pairs."""
        targets: dict[str, list[str]] = {}
        for source, target in sorted(pairs):
            targets.setdefault(source, []).append(target)
        groups = _embed_groups([[source, *texts] for source, texts in targets.items()], encoder)
        return cls(
            encoder_digest=encoder.digest,
            data_digest=data_digest(brands, sentences),
            packs_digest=digest_of(targets),
            cohort=_embed_cohort(brands, encoder),
            owners=tuple(sentence["brand"] for sentence in sentences),
            parallel=embed_parallel(sentences, encoder),
            translations=tuple(group for group in groups if len(group) > _FEWEST_TRANSLATIONS),
            copy=np.concatenate([group[1:] for group in groups]),
        )


@dataclass(frozen=True)
class Trials:
    """Standings of parallel sentences: at their own brand, shape (sentences, languages), and at all others.

    `other` has shape (sentences, languages, brands), with NaN at the own brand. Neither the own brand nor the
    brand that is tried is among the invented brands it is read against: a real brand never is.
    """

    own: Numbers
    other: Numbers


def data_digest(brands: Sequence[Mapping[str, Any]], sentences: Sequence[Mapping[str, str]]) -> str:
    """What tells whether a calibration was made from these brands and sentences."""
    return digest_of(list(brands), list(sentences))


def languages_of(sentences: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    """The languages of parallel sentences, in their order."""
    return tuple(key for key in sentences[0] if key not in {"id", "brand", "pillar"})


def embed_parallel(sentences: Sequence[Mapping[str, str]], encoder: TextEncoder) -> Embeddings:
    """Embed parallel sentences, shape (sentences, languages, dimensions)."""
    languages = languages_of(sentences)
    vectors = encoder.encode([sentence[language] for sentence in sentences for language in languages])
    return vectors.reshape(len(sentences), len(languages), -1)


def fit_calibration(material: Material) -> BrandCalibration:
    """Learn the corrections, then the probability and the threshold with every sentence's own brand left out."""
    groups = [*material.translations, *material.parallel]
    # Brand lines are English: texts are centred on copy in all other languages, and lines on lines.
    foreign = material.parallel[:, 1:].reshape(-1, material.parallel.shape[-1])
    line_mean = material.cohort.lines.mean(axis=0)
    whitening = _whitening(groups)
    corrected = replace(material.cohort, lines=_halved(unit_rows((material.cohort.lines - line_mean) @ whitening)))
    bare = BrandCalibration(
        encoder_digest=material.encoder_digest,
        data_digest=material.data_digest,
        packs_digest=material.packs_digest,
        text_mean=np.concatenate([material.copy, foreign]).mean(axis=0),
        line_mean=line_mean,
        whitening=whitening,
        cohort=corrected,
        slope=1.0,
        intercept=0.0,
        threshold=0.5,
    )
    trials = run_trials(bare, material.parallel, material.owners)
    other = trials.other[~np.isnan(trials.other)]
    slope, intercept = _fit_logistic(trials.own.ravel(), other)
    fitted = replace(bare, slope=slope, intercept=intercept)
    return replace(fitted, threshold=fitted.probability(float(np.quantile(other, 1 - FALSE_POSITIVES))))


def run_trials(calibration: BrandCalibration, parallel: Embeddings, owners: Sequence[str]) -> Trials:
    """Try each parallel sentence, shape (sentences, languages, dimensions), at each invented brand."""
    sentences, languages, dimensions = parallel.shape
    placed = calibration.place(parallel.reshape(-1, dimensions))
    near = np.array([text.background for text in placed], dtype=np.float64)
    own = np.repeat([calibration.cohort.names.index(owner) for owner in owners], languages)
    rows = np.arange(len(near))
    at_own = near[rows, own]
    at_other = near.copy()
    at_other[rows, own] = np.nan
    shape = (sentences, languages)
    return Trials(_standing(at_own, at_other).reshape(shape), _standings(at_other).reshape(*shape, -1))


def _standing(near: Numbers, background: Numbers) -> Numbers:
    return np.asarray((near - np.nanmean(background, axis=1)) / np.nanstd(background, axis=1))


def _standings(near: Numbers) -> Numbers:
    """Standing of each row at each column, read against the row's other columns."""
    result = np.empty_like(near)
    for column in range(near.shape[1]):
        result[:, column] = _standing(near[:, column], np.delete(near, column, axis=1))
    return result


def _embed_groups(groups: Sequence[Sequence[str]], encoder: TextEncoder) -> list[Embeddings]:
    vectors = encoder.encode([text for group in groups for text in group])
    return np.split(vectors, np.cumsum([len(group) for group in groups])[:-1])


def _embed_cohort(brands: Sequence[Mapping[str, Any]], encoder: TextEncoder) -> Cohort:
    lines = [
        [line for pillar in brand["pillars"] for line in (pillar["statement"], *pillar["exemplars"])]
        for brand in brands
    ]
    return Cohort(
        names=tuple(brand["id"] for brand in brands),
        sizes=np.array([len(each) for each in lines], dtype=np.int64),
        lines=encoder.encode([line for each in lines for line in each]),
    )


def _whitening(groups: Sequence[Embeddings]) -> Embeddings:
    """The inverse square root of the covariance within groups of translations, shrunk towards a sphere."""
    deviations = np.concatenate([group - group.mean(axis=0) for group in groups]).astype(np.float64)
    covariance = deviations.T @ deviations / (len(deviations) - len(groups))
    values, directions = np.linalg.eigh(covariance)
    scale = (np.maximum(values, 0) + _SHRINKAGE * values.mean()) ** -0.5
    return np.asarray((directions * scale) @ directions.T, dtype=np.float32)


def _halved(vectors: Embeddings) -> Embeddings:
    """Rounded as they'll be stored, so that a calibration is the same before and after."""
    return vectors.astype(np.float16).astype(np.float32)


def _fit_logistic(positive: Numbers, negative: Numbers) -> tuple[float, float]:
    """Slope and intercept of greatest likelihood, both classes weighing the same; by Newton's method."""
    x = np.column_stack([np.concatenate([positive, negative]), np.ones(len(positive) + len(negative))])
    y = np.repeat([1.0, 0.0], [len(positive), len(negative)])
    weight = np.repeat([0.5 / len(positive), 0.5 / len(negative)], [len(positive), len(negative)])
    beta = np.zeros(2)
    for _ in range(_ROUNDS):
        p = 1 / (1 + np.exp(-x @ beta))
        curvature = (x * (weight * p * (1 - p))[:, None]).T @ x + 1e-9 * np.eye(2)
        beta += np.linalg.solve(curvature, x.T @ (weight * (y - p)))
    return float(beta[0]), float(beta[1])
