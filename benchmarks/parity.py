"""Does the brand score mean the same in every language? Parallel on-brand sentences of invented brands, by language.

    python benchmarks/parity.py

Each sentence of `calibration/parallel.yaml` is scored against its own brand and against the eleven others that have
sentences. None of these brands is in the background or had a part in the threshold; the lines of the languages were
learned from the same sentences. So the pass rates are printed once more with each brand's sentences judged by what
the other eleven say of the languages. Last, how many points the languages' pass rates lie apart.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from invented import FOLDER, brand_of, read

from pipeline.bootstrap import build
from pipeline.checks.subject import CheckedText
from pipeline.scoring.calibration import BrandCalibration, load_calibration
from pipeline.scoring.fitting import Numbers, language_shifts, languages_of


def area(own: Numbers, other: Numbers) -> float:
    """Area under the curve: how often copy of the brand scores above other copy; ties count half."""
    difference = own[:, None] - other[None, :]
    return float((difference > 0).mean() + (difference == 0).mean() / 2)


def held_out(scores: Numbers, owners: Numbers, languages: tuple[str, ...], calibration: BrandCalibration) -> Numbers:
    """Pass rates by language of own scores, shape (sentences, languages), by what other brands say of languages."""
    shipped = np.array([calibration.shifts[language] for language in languages])
    standing = np.vectorize(calibration.standing_at)(np.clip(scores, 1e-9, 1 - 1e-9)) + shipped
    passes = np.zeros(scores.shape)
    for owner in set(owners):
        shifts = [*language_shifts(standing[owners != owner], languages).values()]
        passes[owners == owner] = standing[owners == owner] - shifts >= calibration.standing_at(calibration.threshold)
    return np.asarray(passes.mean(axis=0))


def main() -> None:
    """Print the table."""
    sentences = read("parallel.yaml", "sentences")
    owners = np.array([str(sentence["brand"]) for sentence in sentences])
    brands = [brand_of(entry) for entry in read("cohort.yaml", "brands") if entry["id"] in owners]
    is_own = np.array([[brand.id == owner for brand in brands] for owner in owners])
    assessor = build(Path()).assessor
    passed, own_scores = {}, []
    languages = languages_of(sentences)
    print(f"{len(sentences)} sentences, {len(brands)} brands\nlanguage  own copy passes  others' copy passes  AUC")
    for language in languages:
        subjects = [CheckedText(text=str(sentence[language]), locale=language) for sentence in sentences]
        table = assessor.score_against(brands, subjects)
        scores = np.array([[result.score.value or 0.0 for result in row] for row in table])
        on_brand = np.array([[result.verdict == "on_brand" for result in row] for row in table])
        passed[language] = float(on_brand[is_own].mean())
        own_scores.append(scores[is_own])
        curve = area(scores[is_own], scores[~is_own])
        print(f"{language:8s} {passed[language]:15.1%} {on_brand[~is_own].mean():20.1%} {curve:5.3f}")
    print(f"pass rates lie {100 * (max(passed.values()) - min(passed.values())):.1f} points apart")
    calibration = load_calibration(FOLDER / "multilingual-e5-small.npz")
    again = held_out(np.stack(own_scores, axis=1), owners, languages, calibration)
    print(f"each brand by the other eleven: {100 * np.ptp(again):.1f} points ({again.min():.1%} to {again.max():.1%})")


if __name__ == "__main__":
    main()
