"""What makes a cosine mean the same in every language: learned once, stored, and read back.

    calibration = load_calibration(path)
    placed = calibration.place(encoder.encode([text]), ["de-DE"])
    (standing,) = placed.standing(calibration.place_lines(encoder.encode(brand_lines)))
    calibration.probability(standing)

A raw cosine depends on the language, on the length and on how near a text is to everything. Four corrections take
that away. Texts and brand lines are centred on separate means. Directions in which translations of one sentence
differ are shrunk (within-class covariance normalisation). Nearness to a brand is told in standard deviations from
the same text's nearness to many invented brands, as speaker verification does with its cohorts (T-norm: Auckenthaler,
Carey and Lloyd-Thomas 2000). And a language in which on-brand copy stands lower is measured from a lower line.

Knows nothing of encoders but their digest, nor how a calibration is made: see `fitting`.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import DataError
from pipeline.scoring.background import unit_rows
from pipeline.scoring.cohort import Cohort, nearness
from pipeline.scoring.ports import Embeddings

RECIPE = 2
"""Version of the corrections: a file of another recipe is refused."""

_FLAT = 1e-6
"""A spread of nearness under which a text is equally near to everything."""


@dataclass(frozen=True)
class PlacedTexts:
    """Corrected text vectors, shape (texts, dimensions), and their nearness to invented brands, (texts, brands).

    `shifts`, shape (texts,), is how much higher than elsewhere on-brand copy of each text's language stands.
    """

    vectors: Embeddings
    backgrounds: Embeddings
    shifts: NDArray[np.float64]

    def standing(self, lines: Embeddings) -> NDArray[np.float64]:
        """How many standard deviations nearer each is to these corrected lines than to the invented brands."""
        return self.deviations(nearness(self.vectors, lines))

    def deviations(self, near: Embeddings) -> NDArray[np.float64]:
        """Nearnesses, shape (texts, ...), in standard deviations from those to the invented brands."""
        mean, spread, shift = (each.reshape(-1, *[1] * (near.ndim - 1)) for each in (*self._usual, self.shifts))
        return np.asarray((near - mean) / spread - shift)

    def excess(self, near: Embeddings, over: Embeddings) -> NDArray[np.float64]:
        """How many standard deviations one nearness is above another, shape (texts,); 0 where it's below."""
        return np.asarray(np.maximum(near - over, 0) / self._usual[1], dtype=np.float64)

    def share_further(self, near: Embeddings) -> NDArray[np.float64]:
        """The share of the invented brands that are less near than this, shape (texts,)."""
        return np.asarray((self.backgrounds < near[:, np.newaxis]).mean(axis=1))

    @cached_property
    def _usual(self) -> tuple[Embeddings, Embeddings]:
        """Mean and spread of the nearness to the invented brands."""
        return self.backgrounds.mean(axis=1), np.maximum(self.backgrounds.std(axis=1), _FLAT)


@dataclass(frozen=True)
class BrandCalibration:
    """The corrections for one encoder, and the line between on brand and off brand.

    `text_mean` and `line_mean` have shape (dimensions,), `whitening` (dimensions, dimensions). `shifts` says by
    language how much higher than elsewhere on-brand copy stands. The probability of a standing t is
    logistic(slope * t + intercept); from `threshold` on copy is on brand. `only` names the languages that the encoder
    was made for; none: it was made for many. `data_digest` is that of the invented brands and the parallel sentences,
    `packs_digest` that of the locale packs' pairs it was made from.
    """

    encoder_digest: str
    data_digest: str
    packs_digest: str
    text_mean: Embeddings
    line_mean: Embeddings
    whitening: Embeddings
    cohort: Cohort
    shifts: Mapping[str, float]
    slope: float
    intercept: float
    threshold: float
    only: tuple[str, ...] = ()

    def holds_for(self, locale: str) -> bool:
        """Whether the encoder was made for the language of a locale."""
        return not self.only or language_of(locale) in self.only

    def place(self, vectors: Embeddings, locales: Sequence[str]) -> PlacedTexts:
        """Correct the vectors of texts, shape (texts, dimensions), and hold each against the invented brands."""
        corrected = unit_rows(np.asarray((vectors - self.text_mean) @ self.whitening, dtype=np.float32))
        background = self.cohort.nearness(corrected)
        shifts = np.array([self.shifts.get(language_of(locale), 0.0) for locale in locales])
        return PlacedTexts(corrected, background, shifts)

    def place_lines(self, vectors: Embeddings) -> Embeddings:
        """Correct the vectors of a brand's lines, shape (lines, dimensions)."""
        return unit_rows(np.asarray((vectors - self.line_mean) @ self.whitening, dtype=np.float32))

    def probability(self, standing: float) -> float:
        """The probability that copy of this standing speaks for the brand, where every second copy does."""
        return float(self.probabilities(np.array(standing)))

    def probabilities(self, standings: NDArray[np.float64]) -> NDArray[np.float64]:
        """The same for many standings at once."""
        return np.asarray(1 / (1 + np.exp(-np.clip(self.slope * standings + self.intercept, -500, 500))))

    def standing_at(self, probability: float) -> float:
        """The standing whose probability that is."""
        return (math.log(probability / (1 - probability)) - self.intercept) / self.slope

    def save(self, path: Path) -> None:
        """Write the file; the cohort's lines as float16."""
        np.savez(
            path,
            recipe=np.array(RECIPE),
            digests=np.array([self.encoder_digest, self.data_digest, self.packs_digest]),
            only=np.array(self.only, dtype=np.str_),
            text_mean=self.text_mean,
            line_mean=self.line_mean,
            whitening=self.whitening,
            cohort_names=np.array(self.cohort.names),
            cohort_sizes=self.cohort.sizes,
            cohort_lines=self.cohort.lines.astype(np.float16),
            shift_languages=np.array(list(self.shifts), dtype=np.str_),
            shifts=np.array(list(self.shifts.values()), dtype=np.float64),
            logistic=np.array([self.slope, self.intercept, self.threshold]),
        )


def language_of(locale: str) -> str:
    """The language subtag of a BCP 47 tag."""
    return locale.split("-", 1)[0].lower()


def load_calibration(path: Path) -> BrandCalibration:
    """Read a calibration; DataError where the file is damaged or of another recipe. Nothing in it is executed."""
    try:
        # Opened here, not by numpy: a damaged file would stay open.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        return _from_arrays(arrays)
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as broken:
        message = f"this is no calibration that can be used ({broken})"
        raise DataError(message, path=path, hint="Make it again: make calibration.") from None


def _from_arrays(arrays: dict[str, Embeddings]) -> BrandCalibration:
    if int(arrays["recipe"]) != RECIPE:
        raise ValueError(f"recipe {int(arrays['recipe'])} is not {RECIPE}")
    encoder_digest, data_digest, packs_digest = map(str, arrays["digests"])
    slope, intercept, threshold = map(float, arrays["logistic"])
    cohort = Cohort(
        names=tuple(map(str, arrays["cohort_names"])),
        sizes=arrays["cohort_sizes"].astype(np.int64),
        lines=arrays["cohort_lines"].astype(np.float32),
    )
    return BrandCalibration(
        encoder_digest=encoder_digest,
        data_digest=data_digest,
        packs_digest=packs_digest,
        text_mean=arrays["text_mean"],
        line_mean=arrays["line_mean"],
        whitening=arrays["whitening"],
        cohort=cohort,
        shifts=dict(zip(map(str, arrays["shift_languages"]), map(float, arrays["shifts"]), strict=True)),
        slope=slope,
        intercept=intercept,
        threshold=threshold,
        only=tuple(map(str, arrays["only"])),
    )
