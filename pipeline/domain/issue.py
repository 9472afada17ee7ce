"""Automatic findings. A finding is an issue; once a human confirms it, an error (MQM)."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from pipeline.domain.value import Value


class MqmDimension(StrEnum):
    """The top dimensions of Multidimensional Quality Metrics (themqm.org)."""

    TERMINOLOGY = "terminology"
    ACCURACY = "accuracy"
    LINGUISTIC_CONVENTIONS = "linguistic_conventions"
    STYLE = "style"
    LOCALE_CONVENTIONS = "locale_conventions"
    AUDIENCE_APPROPRIATENESS = "audience_appropriateness"
    DESIGN_AND_MARKUP = "design_and_markup"


class Severity(StrEnum):
    """MQM severities. Only `critical` blocks: a text with a critical issue is never put first."""

    NEUTRAL = "neutral"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"

    @property
    def penalty(self) -> int:
        """MQM severity multipliers: 0, 1, 5 and 25."""
        return {"neutral": 0, "minor": 1, "major": 5, "critical": 25}[self.value]


class Issue(Value):
    """One finding of one check; `start` and `end` are code-point offsets into the text it was found in."""

    check: str
    dimension: MqmDimension
    severity: Severity
    message: str
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    suggestion: str | None = None

    @property
    def blocking(self) -> bool:
        """True when no text with this issue may be put first or approved without a stated reason."""
        return self.severity is Severity.CRITICAL
