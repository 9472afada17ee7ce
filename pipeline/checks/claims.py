"""Does the copy promise what nobody claimed: that it is the best, free, guaranteed or proven?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from pipeline.checks.protected import without_protected
from pipeline.checks.subject import CheckedText
from pipeline.checks.words import any_word
from pipeline.domain.issue import Issue, MqmDimension, Severity
from pipeline.domain.manners import LanguageManners

_issue = partial(Issue, check="claims", dimension=MqmDimension.ACCURACY, severity=Severity.MAJOR)


def check_claims(subject: CheckedText) -> Iterator[Issue]:
    """Yield an issue for the first word of each kind of claim that neither the source nor the brand makes."""
    if subject.source is None or subject.manners is None or subject.source_manners is None:
        return
    prose, said = without_protected(subject.text), _said(subject, subject.source)
    for kind, forms in subject.manners.claims.items():
        found = any_word(forms, spaceless=subject.spaceless).search(prose)
        asked = _forms_of(subject.source_manners, kind)
        if found and asked and not any_word(asked).search(said):
            message = f"“{found.group()}” is a claim ({kind}) that the source does not make."
            yield _issue(message=message, start=found.start(), end=found.end())


def _forms_of(manners: LanguageManners, kind: str) -> tuple[str, ...]:
    return (*manners.claims.get(kind, ()), *manners.supports.get(kind, ()))


def _said(subject: CheckedText, source: str) -> str:
    """All that the centre says: the source, and what the brand stands for or has evidence of."""
    if subject.brand is None:
        return source
    pillars = [pillar.statement for pillar in subject.brand.pillars]
    return "\n".join([source, *pillars, *(claim.statement for claim in subject.brand.claims)])
