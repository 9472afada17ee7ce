"""Everything found out about one text: its language, its issues, its scores."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.domain.issue import Issue
from pipeline.domain.rule_pack import RuleLook
from pipeline.domain.value import Value

LanguageVerdict = Literal["match", "mismatch", "undetermined"]
BrandVerdict = Literal["on_brand", "off_brand", "undetermined"]


class LanguageFinding(Value):
    """Whether a text is in the wanted language; `detected` is an ISO 639 code, or None."""

    verdict: LanguageVerdict
    detected: str | None
    confidence: float = Field(ge=0, le=1)


class BrandReading(Value):
    """What a brand score was read from, piece by piece; empty where there is nothing to tell.

    `threshold` is in 0..1, None where no score can be told. `pulled_down` are sentences: what took something away from
    the score, or why it is not judged.
    """

    verdict: BrandVerdict
    threshold: float | None = Field(default=None, ge=0, le=1)
    pillar: str = ""
    exemplar: str = ""
    pulled_down: tuple[str, ...] = ()


class Score(Value):
    """A number in 0..1 that carries its explanation; `value` is None where it cannot be told.

    `reading` comes with the brand score alone.
    """

    name: str
    value: float | None = Field(default=None, ge=0, le=1)
    explanation: str
    reading: BrandReading | None = None


class Assessment(Value):
    """All issues and scores of one text, and the rules that were looked at, tied to the digest of exactly that text."""

    text_sha256: str
    language: LanguageFinding
    issues: tuple[Issue, ...] = ()
    scores: tuple[Score, ...] = ()
    rules: tuple[RuleLook, ...] = ()

    @property
    def blocked(self) -> bool:
        """True when at least one issue is blocking."""
        return any(issue.blocking for issue in self.issues)

    @property
    def penalty(self) -> int:
        """Sum of the MQM penalties of all issues."""
        return sum(issue.severity.penalty for issue in self.issues)

    def score(self, name: str) -> float | None:
        """The value of the score of that name, or None."""
        return next((score.value for score in self.scores if score.name == name), None)
