"""Where a brand's reviewers draw the line between on brand and off brand, by locale and version."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from pipeline.domain.value import Identifier, LocaleTag, Value


class LocaleThreshold(Value):
    """A score from which copy of one locale is on brand, with the interval that holds it nine times in ten.

    `approved` and `rejected` count the decisions that it was fitted from.
    """

    locale: LocaleTag
    threshold: float = Field(ge=0, le=1)
    low: float = Field(ge=0, le=1)
    high: float = Field(ge=0, le=1)
    approved: int = Field(ge=0)
    rejected: int = Field(ge=0)


class ThresholdVersion(Value):
    """Thresholds that somebody accepted, for the scores of one encoder."""

    version: int = Field(ge=1)
    accepted_at: datetime
    encoder_digest: str
    thresholds: tuple[LocaleThreshold, ...]

    @property
    def by_locale(self) -> dict[str, float]:
        """Each locale's threshold."""
        return {each.locale: each.threshold for each in self.thresholds}


class BrandThresholds(Value):
    """All versions of a brand's thresholds, the newest last; only that one is in force."""

    brand: Identifier
    versions: tuple[ThresholdVersion, ...] = Field(min_length=1)

    def in_force(self, encoder_digest: str) -> dict[str, float]:
        """Threshold by locale; none where the newest version was fitted to another encoder's scores."""
        newest = self.versions[-1]
        return newest.by_locale if newest.encoder_digest == encoder_digest else {}
