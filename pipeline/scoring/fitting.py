"""How a calibration is made from invented brands, parallel sentences and the locale packs' examples.

    calibration = fit_calibration(Material.of(listings, cohort, sentences, pairs, encoder))

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
from pipeline.scoring.cohort import Cohort, nearness, pillar_lines
from pipeline.scoring.ports import Embeddings, TextEncoder

FALSE_POSITIVES = 0.05
"""Share of rivals' copy that the threshold accepts."""

ENGLISH = "en"
"""The language of all brand lines."""

_RIVALS = 1 / 3
"""Share of the other invented brands that are a brand's rivals: the nearest, of the same trade or way of doing it.

Brands of all trades are told apart with ease: a threshold from them accepts far more of a real competitor's copy.
"""

_SHRINKAGE = 0.3
"""What is added to every eigenvalue of the covariance between translations, in mean eigenvalues."""

_TURNED_DOWN = 1 / 3
"""Share of on-brand copy that lies below the place at which languages are compared: about what the threshold costs."""

_FEWEST_TRANSLATIONS = 4
"""Translations that make the sources of the packs' pairs worth a covariance."""

_ROUNDS = 50
"""Newton steps of the logistic fit; it converges in fewer than ten."""

Numbers = NDArray[np.float64]
Record = Mapping[str, Any]


@dataclass(frozen=True)
class Material:
    """All that a calibration is made from, embedded.

    `cohort` are the listings that texts are read against, `shorts`, shape (listings, dimensions), their short
    descriptions. `speakers` are the brands that parallel sentences speak for. `parallel` has shape (sentences,
    languages, dimensions), English first; `owners` gives each sentence's place among the speakers. `translations`
    are groups of vectors that mean the same, a source and four translations or more; `texts` is all copy of the
    locale packs. `only` names the languages of an encoder that was made for few.
    """

    encoder_digest: str
    data_digest: str
    packs_digest: str
    cohort: Cohort
    shorts: Embeddings
    speakers: Cohort
    languages: tuple[str, ...]
    parallel: Embeddings
    owners: tuple[int, ...]
    translations: tuple[Embeddings, ...]
    texts: Embeddings
    only: tuple[str, ...]

    @classmethod
    def of(
        cls,
        listings: Sequence[Record],
        brands: Sequence[Record],
        sentences: Sequence[Mapping[str, str]],
        pairs: Iterable[tuple[str, str]],
        encoder: TextEncoder,
        *,
        only: tuple[str, ...] = (),
    ) -> Material:
        """Embed the listings, the brands with parallel sentences, these, and the packs' (source, target) pairs."""
        languages = tuple(each for each in languages_of(sentences) if not only or each in only)
        targets: dict[str, list[str]] = {}
        for source, target in sorted(pairs):
            targets.setdefault(source, []).append(target)
        groups = _embed_groups([[source, *([] if only else texts)] for source, texts in targets.items()], encoder)
        spoken = {sentence["brand"] for sentence in sentences}
        speakers = _embed_cohort([brand for brand in brands if brand["id"] in spoken], encoder)
        return cls(
            encoder_digest=encoder.digest,
            data_digest=data_digest(listings, brands, sentences),
            packs_digest=digest_of(targets),
            cohort=_embed_cohort(listings, encoder),
            shorts=encoder.encode([listing["short"] for listing in listings]),
            speakers=speakers,
            languages=languages,
            parallel=embed_parallel(sentences, languages, encoder),
            owners=tuple(speakers.names.index(sentence["brand"]) for sentence in sentences),
            translations=tuple(group for group in groups if len(group) > _FEWEST_TRANSLATIONS),
            texts=np.concatenate([group if only else group[1:] for group in groups]),
            only=only,
        )


def data_digest(*data: Sequence[Mapping[str, Any]]) -> str:
    """What tells whether a calibration was made from these brands and sentences."""
    return digest_of(*map(list, data))


def languages_of(sentences: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    """The languages of parallel sentences, in their order."""
    return tuple(key for key in sentences[0] if key not in {"id", "brand", "pillar"})


def embed_parallel(
    sentences: Sequence[Mapping[str, str]], languages: Sequence[str], encoder: TextEncoder
) -> Embeddings:
    """Embed parallel sentences, shape (sentences, languages, dimensions)."""
    vectors = encoder.encode([sentence[language] for sentence in sentences for language in languages])
    return vectors.reshape(len(sentences), len(languages), -1)


def fit_calibration(material: Material) -> BrandCalibration:
    """Learn the corrections, then the languages' shifts, the threshold and the probability."""
    groups = [*material.translations, *material.parallel]
    line_mean = material.cohort.lines.mean(axis=0)
    whitening = _whitening(groups)
    corrected = _halved(unit_rows((material.cohort.lines - line_mean) @ whitening))
    # Brand lines are English: texts are centred on copy in all other languages, and lines on lines.
    foreign = material.parallel[:, len(material.languages) > 1 :]
    bare = BrandCalibration(
        encoder_digest=material.encoder_digest,
        data_digest=material.data_digest,
        packs_digest=material.packs_digest,
        text_mean=np.concatenate([material.texts, foreign.reshape(-1, foreign.shape[-1])]).mean(axis=0),
        line_mean=line_mean,
        whitening=whitening,
        cohort=replace(material.cohort, lines=corrected),
        shifts={},
        slope=1.0,
        intercept=0.0,
        threshold=0.5,
        only=material.only,
    )
    own = own_standings(bare, material)
    shifts = language_shifts(own, material.languages)
    rivals = rival_standings(bare, material.shorts)
    slope, intercept = _fit_logistic((own - list(shifts.values())).ravel(), rivals)
    fitted = replace(bare, shifts=shifts, slope=slope, intercept=intercept)
    return replace(fitted, threshold=fitted.probability(float(np.quantile(rivals, 1 - FALSE_POSITIVES))))


def own_standings(calibration: BrandCalibration, material: Material) -> Numbers:
    """Standings of the parallel sentences at the brands they speak for, shape (sentences, languages); no shifts."""
    sentences, languages, dimensions = material.parallel.shape
    placed = calibration.place(material.parallel.reshape(-1, dimensions), [""] * (sentences * languages))
    speakers = [calibration.place_lines(material.speakers.of(place)) for place in range(len(material.speakers.names))]
    standings = np.stack([placed.standing(lines) for lines in speakers])
    own = standings[np.repeat(material.owners, languages), np.arange(sentences * languages)]
    return np.asarray(own.reshape(sentences, languages))


def language_shifts(own: Numbers, languages: Sequence[str]) -> dict[str, float]:
    """How much higher the line of each language is, so that the same share of on-brand copy passes in all.

    That is how much higher two thirds of its copy stand than usual. The usual is the mean of all languages but English,
    which speaks for languages that nothing is known of.
    """
    places = np.quantile(own, _TURNED_DOWN, axis=0)
    foreign = [float(place) for place, language in zip(places, languages, strict=True) if language != ENGLISH]
    usual = float(np.mean(foreign or places))
    return {language: float(place) - usual for language, place in zip(languages, places, strict=True)}


def rival_standings(calibration: BrandCalibration, shorts: Embeddings) -> Numbers:
    """Standings of listings' short descriptions at the listings that are their rivals, shape (trials,).

    Neither listing is among the invented brands that the text is read against: a real brand never is.
    """
    cohort = calibration.cohort
    near = calibration.place(shorts, [""] * len(shorts)).backgrounds.astype(np.float64)
    return np.array(
        [
            _standing_of(near[writer], target, without=(writer, target))
            for target, writers in enumerate(_rivals(cohort))
            for writer in writers
        ]
    )


def _standing_of(near: Numbers, target: int, without: tuple[int, int]) -> float:
    rest = np.delete(near, without)
    return float((near[target] - rest.mean()) / rest.std())


def _rivals(cohort: Cohort) -> list[list[int]]:
    """For each brand the others that are nearest to it."""
    count = len(cohort.names)
    lines = [cohort.of(place) for place in range(count)]
    towards = np.array([[nearness(one, other).mean() for other in lines] for one in lines])
    likeness = towards + towards.T
    np.fill_diagonal(likeness, -np.inf)
    return [[int(place) for place in np.argsort(-row)[: max(1, round(count * _RIVALS))]] for row in likeness]


def _embed_groups(groups: Sequence[Sequence[str]], encoder: TextEncoder) -> list[Embeddings]:
    vectors = encoder.encode([text for group in groups for text in group])
    return np.split(vectors, np.cumsum([len(group) for group in groups])[:-1])


def _embed_cohort(brands: Sequence[Record], encoder: TextEncoder) -> Cohort:
    lines = [
        [
            line
            for pillar in brand["pillars"]
            for line in pillar_lines(pillar["name"], pillar["statement"], pillar["exemplars"])
        ]
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
    if len(deviations) == len(groups):  # one language: nothing is known of what differs between two
        return np.eye(deviations.shape[1], dtype=np.float32)
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
