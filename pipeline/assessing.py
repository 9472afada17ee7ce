"""Everything there is to find out about a text, on one path: drafting, editing and the commands all come here.

Joins the checks and the scores, which do not know each other. Knows nothing of models that write.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from pipeline.checks.language import find_language
from pipeline.checks.registry import run_checks
from pipeline.checks.rules import look_at_rules
from pipeline.checks.subject import CheckedText
from pipeline.domain.assessment import Assessment
from pipeline.domain.brand import Brand
from pipeline.domain.draft import Unit
from pipeline.domain.issue import Issue
from pipeline.domain.locale_pack import LocalePack
from pipeline.domain.rule_pack import RulePack
from pipeline.domain.value import text_digest
from pipeline.kept_arrays import KeptArrays
from pipeline.resources.library import Library
from pipeline.scoring.adequacy import score_adequacy
from pipeline.scoring.background import Background
from pipeline.scoring.brand import BrandResult, Evidence, score_brand
from pipeline.scoring.calibration import BrandCalibration, PlacedTexts, load_calibration
from pipeline.scoring.ports import Embeddings, TextEncoder
from pipeline.scoring.profile import Profiles

PAIRS_SOURCE_LOCALE = "en-US"
"""The locale that the sources of all shipped pairs are written in."""


def day_in(pack: LocalePack, moment: datetime) -> date:
    """The calendar day in a market: a rule begins at midnight there. UTC's where the time zone is not known here."""
    try:
        return moment.astimezone(ZoneInfo(pack.time_zone)).date()
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return moment.astimezone(UTC).date()


@dataclass(frozen=True)
class Assessed:
    """Assessments of some texts and, row by row, their embeddings."""

    assessments: tuple[Assessment, ...]
    vectors: Embeddings

    @classmethod
    def together(cls, parts: Sequence[Assessed]) -> Assessed:
        """Several of them as one, in their order."""
        assessments = tuple(assessment for part in parts for assessment in part.assessments)
        return cls(assessments, np.concatenate([part.vectors for part in parts]))


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Assessor:
    """Checks and scores texts; `load_encoder` is called once, at the first score. `now` gives an aware time.

    `arrays` keeps what is the same in every run.
    """

    library: Library
    load_encoder: Callable[[], TextEncoder]
    now: Callable[[], datetime] = _now
    arrays: KeptArrays = field(default_factory=KeptArrays)

    def assess(self, unit: Unit, texts: Sequence[str]) -> Assessed:
        """Assess texts written for a unit; the encoder sees them, and the source, in one batch."""
        rows = self.encoder.encode([unit.segment.source, *texts])
        source, vectors = rows[0], rows[1:]
        assessments = [self._assess(unit, text, source, vector) for text, vector in zip(texts, vectors, strict=True)]
        return Assessed(tuple(assessments), vectors)

    def assess_text(self, unit: Unit, text: str) -> Assessment:
        """Assess one text: what an edit goes through."""
        return self.assess(unit, [text]).assessments[0]

    def likeness(self, text: str, others: Sequence[str]) -> list[float]:
        """How like the meaning of a text is to each of some others: cosines, in -1..1."""
        unknown = list(dict.fromkeys(other for other in (text, *others) if other not in self._seen))
        self._seen.update(zip(unknown, self.encoder.encode(unknown), strict=True))
        return [float(self._seen[text] @ self._seen[other]) for other in others]

    def issues_of(self, unit: Unit, text: str) -> tuple[Issue, ...]:
        """What the checks find in a text written for a unit; the encoder is not needed."""
        return run_checks(self.subject(unit, text))[1]

    def subject(self, unit: Unit, text: str) -> CheckedText:
        """What the checks are told of a text written for a unit."""
        pack = self.library.find_locale(unit.locale)
        day, rules = self.law_of(pack)
        return CheckedText(
            text=text,
            locale=unit.locale,
            source=unit.segment.source,
            source_locale=unit.brand.source_locale,
            channel=unit.channel,
            brand=unit.brand,
            pack=pack,
            day=day,
            rules=rules,
            sectors=unit.brief.sectors,
            all_manners=self.library.manners,
            audience_group=unit.brief.audience_group,
        )

    def law_of(self, pack: LocalePack | None) -> tuple[date | None, tuple[RulePack, ...]]:
        """Today in a market and the rules of its jurisdictions; neither without a locale pack."""
        if pack is None:
            return None, ()
        return day_in(pack, self.now()), self.library.rule_packs(pack.jurisdictions)

    def score_against(self, brands: Sequence[Brand], subjects: Sequence[CheckedText]) -> list[list[BrandResult]]:
        """Brand results of many texts: one row a text, one column a brand. Each text is encoded once."""
        profiles = [self._profiles.of(brand) for brand in brands]
        vectors = self.encoder.encode([subject.text for subject in subjects])
        evidence = [Evidence(subject.text, subject.locale, find_language(subject).verdict) for subject in subjects]
        placed = self._place(vectors, [each.locale for each in subjects])
        columns = [
            score_brand(profile, evidence, placed, self.calibration, self._thresholds(brand))
            for profile, brand in zip(profiles, brands, strict=True)
        ]
        return [list(row) for row in zip(*columns, strict=True)] if brands else [[] for _ in subjects]

    def _assess(self, unit: Unit, text: str, source: Embeddings, vector: Embeddings) -> Assessment:
        subject = self.subject(unit, text)
        language, issues = run_checks(subject)
        placed = self._place(vector[np.newaxis], [unit.locale])
        evidence = [Evidence(text, unit.locale, language.verdict)]
        profile, thresholds = self._profiles.of(unit.brand), self._thresholds(unit.brand)
        (brand,) = score_brand(profile, evidence, placed, self.calibration, thresholds)
        return Assessment(
            text_sha256=text_digest(text),
            language=language,
            issues=issues,
            scores=(score_adequacy(source, vector, self._background.of(unit.locale)), brand.score),
            rules=look_at_rules(subject),
        )

    def _place(self, vectors: Embeddings, locales: Sequence[str]) -> PlacedTexts | None:
        """Texts as the brand score sees them; nothing where the encoder has no calibration."""
        return self.calibration.place(vectors, locales) if self.calibration else None

    def _thresholds(self, brand: Brand) -> Mapping[str, float]:
        """The thresholds by locale that reviewers of the brand set."""
        known = self.library.thresholds(brand.id)
        return known.in_force(self.encoder.digest) if known else {}

    @cached_property
    def _seen(self) -> dict[str, Embeddings]:
        """Embeddings of sources: a campaign's and those of examples, which are the same for many units."""
        return {}

    @cached_property
    def encoder(self) -> TextEncoder:
        """The encoder, loaded at the first question."""
        return self.load_encoder()

    @cached_property
    def _profiles(self) -> Profiles:
        return Profiles(self.encoder, self.calibration)

    @cached_property
    def calibration(self) -> BrandCalibration | None:
        """The brand score's calibration for exactly this encoder, or None."""
        found = map(load_calibration, self.library.calibration_files())
        return next((each for each in found if each.encoder_digest == self.encoder.digest), None)

    @cached_property
    def _background(self) -> Background:
        """Generic copy: the pairs of all packs, which sell bread and trains."""
        packs = self.library.packs()
        sources = {pair.source for pack in packs for pair in pack.pairs}
        targets = {pack.tag: [pair.target for pair in pack.pairs] for pack in packs}
        return Background(self.encoder, {PAIRS_SOURCE_LOCALE: sorted(sources)} | targets, self.arrays)
