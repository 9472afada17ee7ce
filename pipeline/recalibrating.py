"""A brand's thresholds from its reviewers' decisions: fitted, previewed, and only then accepted.

    proposal = propose(studio, brand)
    accept(studio, proposal)

Knows nothing of how a proposal is shown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import yaml

from pipeline.assessing import Assessor
from pipeline.checks.subject import CheckedText
from pipeline.domain.assessment import BrandVerdict
from pipeline.domain.brand import Brand
from pipeline.domain.draft import DraftStatus
from pipeline.domain.thresholds import BrandThresholds, LocaleThreshold, ThresholdVersion
from pipeline.errors import UsageError
from pipeline.resources.jsonl import write_whole
from pipeline.resources.library import THRESHOLDS_FOLDER
from pipeline.scoring.brand import BrandResult
from pipeline.scoring.calibration import BrandCalibration
from pipeline.scoring.tuning import Judged, fit_line
from pipeline.store.record import Record
from pipeline.store.rows import ScoredText

APPROVED = frozenset({DraftStatus.APPROVED, DraftStatus.PUBLISHED})
PENDING = frozenset({DraftStatus.DRAFTED, DraftStatus.IN_REVIEW, DraftStatus.CHANGES_REQUESTED})


@dataclass(frozen=True)
class Studio:
    """What recalibrating needs: the record, the assessor, the workspace's folder and the region."""

    record: Record
    assessor: Assessor
    workspace: Path
    region: str


@dataclass(frozen=True)
class Change:
    """A pending draft whose verdict would be another."""

    draft_id: str
    unit: str
    before: BrandVerdict
    after: BrandVerdict


@dataclass(frozen=True)
class Proposal:
    """Thresholds to accept or not, the locales with too few decisions, and the drafts that would change verdict.

    `shipped` is the threshold of every locale without one of its own.
    """

    brand: Brand
    encoder_digest: str
    shipped: float
    thresholds: tuple[LocaleThreshold, ...]
    thin: dict[str, int]
    changes: tuple[Change, ...]


def propose(studio: Studio, brand: Brand) -> Proposal:
    """Fit each locale's threshold to what was approved and rejected; UsageError without a calibration."""
    calibration = studio.assessor.calibration
    if calibration is None:
        raise UsageError(
            "the encoder has no calibration, so it has no threshold to fit",
            hint="Use the default encoder, or make a calibration for this one: docs/brand-score.md.",
        )
    texts = studio.record.scored(studio.region, brand.id)
    results = _score(studio.assessor, brand, texts)
    thresholds, thin = _fit(calibration, texts, results)
    by_locale = {each.locale: each.threshold for each in thresholds}
    changes = (
        Change(text.draft_id, text.unit, result.verdict, after)
        for text, result in zip(texts, results, strict=True)
        if text.status in PENDING
        and (after := _verdict(result, by_locale.get(text.locale, calibration.threshold))) != result.verdict
    )
    return Proposal(brand, calibration.encoder_digest, calibration.threshold, thresholds, thin, tuple(changes))


def accept(studio: Studio, proposal: Proposal, now: datetime) -> Path:
    """Put a proposal in force as a new version, in a file of the workspace; older versions stay in it."""
    known = studio.assessor.library.thresholds(proposal.brand.id)
    versions = known.versions if known else ()
    made = ThresholdVersion(
        version=len(versions) + 1,
        accepted_at=now,
        encoder_digest=proposal.encoder_digest,
        thresholds=proposal.thresholds,
    )
    path = studio.workspace / THRESHOLDS_FOLDER / f"{proposal.brand.id}.yaml"
    content = BrandThresholds(brand=proposal.brand.id, versions=(*versions, made)).model_dump(mode="json")
    write_whole(path, [yaml.safe_dump(content, allow_unicode=True, sort_keys=False).encode()])
    return path


def _score(assessor: Assessor, brand: Brand, texts: Sequence[ScoredText]) -> list[BrandResult]:
    subjects = [CheckedText(text=text.text, locale=text.locale) for text in texts]
    return [row[0] for row in assessor.score_against([brand], subjects)]


def _fit(
    calibration: BrandCalibration, texts: Sequence[ScoredText], results: Sequence[BrandResult]
) -> tuple[tuple[LocaleThreshold, ...], dict[str, int]]:
    """The thresholds that move, and how many decisions there are of each locale whose doesn't."""
    judged: dict[str, list[Judged]] = defaultdict(list)
    for text, result in zip(texts, results, strict=True):
        decided = text.status in APPROVED or text.status is DraftStatus.REJECTED
        if decided and result.verdict != "undetermined" and result.value is not None:
            standing = calibration.standing_at(result.value)
            judged[text.locale].append(Judged(standing, text.status in APPROVED))
    lines = {locale: fit_line(each, calibration.standing_at(calibration.threshold)) for locale, each in judged.items()}
    thresholds = tuple(
        LocaleThreshold(
            locale=locale,
            threshold=calibration.probability(line.value),
            low=calibration.probability(line.low),
            high=calibration.probability(line.high),
            approved=sum(each.approved for each in judged[locale]),
            rejected=sum(not each.approved for each in judged[locale]),
        )
        for locale, line in sorted(lines.items())
        if line is not None
    )
    return thresholds, {locale: len(judged[locale]) for locale, line in sorted(lines.items()) if line is None}


def _verdict(result: BrandResult, threshold: float) -> BrandVerdict:
    if result.verdict == "undetermined" or result.value is None:
        return result.verdict
    return "on_brand" if result.value >= threshold else "off_brand"
