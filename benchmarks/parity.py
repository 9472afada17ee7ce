"""Does the brand score mean the same in every language? Parallel on-brand sentences of invented brands, by language.

    python benchmarks/parity.py

Each sentence of `calibration/parallel.yaml` is scored against its own brand and against the eleven others that have
sentences. Printed by language: the share that is said to be on brand of the brand's own copy and of the others', and
the area under the curve; last, how many points the languages' pass rates lie apart.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import yaml

from pipeline.bootstrap import build
from pipeline.checks.subject import CheckedText
from pipeline.domain.brand import Brand

FOLDER = Path("calibration")


def read(name: str, key: str) -> list[dict[str, Any]]:
    """The entries of one calibration file."""
    return list(yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))[key])


def brand_of(entry: dict[str, Any]) -> Brand:
    """An invented brand as the score reads brands."""
    pillars = [dict(pillar, id=f"p{number}") for number, pillar in enumerate(entry["pillars"])]
    return Brand.model_validate(
        {"id": entry["id"], "name": entry["name"], "source_locale": "en-US", "pillars": pillars}
    )


def area(own: np.ndarray, other: np.ndarray) -> float:
    """Area under the curve: how often copy of the brand scores above other copy; ties count half."""
    difference = own[:, None] - other[None, :]
    return float((difference > 0).mean() + (difference == 0).mean() / 2)


def main() -> None:
    """Print the table."""
    sentences = read("parallel.yaml", "sentences")
    owners = [str(sentence["brand"]) for sentence in sentences]
    brands = [brand_of(entry) for entry in read("cohort.yaml", "brands") if entry["id"] in owners]
    is_own = np.array([[brand.id == owner for brand in brands] for owner in owners])
    assessor = build(Path()).assessor
    passed = {}
    print(f"{len(sentences)} sentences, {len(brands)} brands\nlanguage  own copy passes  others' copy passes  AUC")
    for language in (key for key in sentences[0] if key not in {"id", "brand", "pillar"}):
        subjects = [CheckedText(text=str(sentence[language]), locale=language) for sentence in sentences]
        table = assessor.score_against(brands, subjects)
        scores = np.array([[result.score.value or 0.0 for result in row] for row in table])
        on_brand = np.array([[result.verdict == "on_brand" for result in row] for row in table])
        passed[language] = float(on_brand[is_own].mean())
        curve = area(scores[is_own], scores[~is_own])
        print(f"{language:8s} {passed[language]:15.1%} {on_brand[~is_own].mean():20.1%} {curve:5.3f}")
    print(f"pass rates lie {100 * (max(passed.values()) - min(passed.values())):.1f} points apart")


if __name__ == "__main__":
    main()
