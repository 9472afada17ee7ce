"""Everything there is to find out about a text, on one path: drafting, editing and the commands all come here.

Joins the checks and the scores, which do not know each other. Knows nothing of models that write.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from pipeline.checks.registry import run_checks
from pipeline.checks.subject import CheckedText
from pipeline.domain.assessment import Assessment
from pipeline.domain.brand import Brand
from pipeline.domain.draft import Unit
from pipeline.domain.value import text_digest
from pipeline.resources.library import Library
from pipeline.scoring.adequacy import score_adequacy
from pipeline.scoring.background import Background
from pipeline.scoring.brand import BrandProfile, BrandResult, score_brand
from pipeline.scoring.ports import Embeddings, TextEncoder


@dataclass(frozen=True)
class Assessed:
    """Assessments of some texts and, row by row, their embeddings."""

    assessments: tuple[Assessment, ...]
    vectors: Embeddings


@dataclass(frozen=True)
class Assessor:
    """Checks and scores texts; `load_encoder` is called once, at the first score."""

    library: Library
    load_encoder: Callable[[], TextEncoder]

    def assess(self, unit: Unit, texts: Sequence[str]) -> Assessed:
        """Assess texts written for a unit; the encoder sees them, and the source, in one batch."""
        subjects = [self.subject(text, unit) for text in texts]
        vectors = self._encoder.encode([unit.segment.source, *texts])
        assessments = [
            self._assess_one(subject, unit, vectors[0], vector)
            for subject, vector in zip(subjects, vectors[1:], strict=True)
        ]
        return Assessed(tuple(assessments), vectors[1:])

    def assess_text(self, unit: Unit, text: str) -> Assessment:
        """Assess one text: what an edit goes through."""
        return self.assess(unit, [text]).assessments[0]

    def blocks(self, unit: Unit, text: str) -> bool:
        """Whether a text has a blocking issue; the checks alone, without the encoder."""
        _, issues = run_checks(self.subject(text, unit))
        return any(issue.blocking for issue in issues)

    def subject(self, text: str, unit: Unit) -> CheckedText:
        """What the checks are told of a text written for a unit."""
        return CheckedText(
            text=text,
            locale=unit.locale,
            source=unit.segment.source,
            source_locale=unit.brand.source_locale,
            channel=unit.channel,
            brand=unit.brand,
            pack=self.library.find_locale(unit.locale),
        )

    def score_against(self, brands: Sequence[Brand], subjects: Sequence[CheckedText]) -> list[list[BrandResult]]:
        """Brand results of many texts: one row a text, one column a brand. Each text is encoded once."""
        profiles = [self._profile(brand) for brand in brands]
        vectors = self._encoder.encode([subject.text for subject in subjects])
        return [
            [self._brand_result(profile, subject, vector) for profile in profiles]
            for subject, vector in zip(subjects, vectors, strict=True)
        ]

