"""Every check, in the order in which a reader meets its issues, and the one way to run them all."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pipeline.checks.address import check_address
from pipeline.checks.claims import check_claims
from pipeline.checks.culture import check_culture
from pipeline.checks.language import check_language, find_language
from pipeline.checks.leak import check_leak
from pipeline.checks.length import check_length
from pipeline.checks.marks import check_marks
from pipeline.checks.numbers import check_numbers
from pipeline.checks.originality import check_originality
from pipeline.checks.placeholders import check_placeholders
from pipeline.checks.repetition import check_repetition
from pipeline.checks.rules import check_rules
from pipeline.checks.siblings import check_siblings
from pipeline.checks.subject import CheckedText
from pipeline.checks.terms import check_terms
from pipeline.checks.testimonials import check_testimonials
from pipeline.checks.truncation import check_truncation
from pipeline.checks.typography import check_typography
from pipeline.checks.untranslated import check_untranslated
from pipeline.domain.assessment import LanguageFinding
from pipeline.domain.issue import Issue

Check = Callable[[CheckedText], Iterator[Issue]]

CHECKS: tuple[Check, ...] = (
    check_length,
    check_leak,
    check_placeholders,
    check_terms,
    check_untranslated,
    check_originality,
    check_repetition,
    check_siblings,
    check_numbers,
    check_claims,
    check_testimonials,
    check_culture,
    check_address,
    check_truncation,
    check_typography,
    check_marks,
    check_rules,
)


def run_checks(subject: CheckedText) -> tuple[LanguageFinding, tuple[Issue, ...]]:
    """Find the language of a text and everything that any check has to say about it, worst first."""
    finding = find_language(subject)
    issues = [*check_language(subject, finding), *(issue for check in CHECKS for issue in check(subject))]
    return finding, tuple(sorted(issues, key=lambda issue: -issue.severity.penalty))
