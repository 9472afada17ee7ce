"""Approved texts of any content."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.domain.approved import ApprovedText
from pipeline.domain.assessment import Assessment, LanguageFinding
from pipeline.domain.candidate import GenerationConfig
from pipeline.domain.choice import Choice
from pipeline.domain.decision import Decision, DecisionKind
from pipeline.domain.provenance import Provenance
from pipeline.domain.value import text_digest

Approve = Callable[..., ApprovedText]


@pytest.fixture(scope="session")
def approve() -> Approve:
    """Makes an approved text, with other parts where given."""
    return approved_text


def approved_text(
    text: str = "Kaltes Wasser.", *, kind: DecisionKind = DecisionKind.APPROVE, **parts: Any
) -> ApprovedText:
    digest = text_digest(text)
    names = ("source_sha256", "model_revision", "weights_sha256", "prompt_sha256", "template_version")
    versions = ("brand_version", "locale_version", "channel_version")
    given = {
        "draft_id": "d1",
        "version": 2,
        "segment": "line",
        "locale": "de-DE",
        "channel": "push",
        "source": "Cold water.",
        "text": text,
        "decision": Decision(
            kind=kind,
            reviewer="Anna",
            reason="",
            text_sha256=digest,
            decided_at=datetime(2026, 5, 1, 9, 30, tzinfo=UTC),
        ),
        "assessment": Assessment(
            text_sha256=digest, language=LanguageFinding(verdict="match", detected="de", confidence=1)
        ),
        "provenance": Provenance(
            campaign="spring",
            segment="line",
            locale="de-DE",
            channel="push",
            model_id="acme/writer",
            generation=GenerationConfig(),
            choice=Choice(locale="de-DE", model="acme/writer", reasons=("it speaks it",), rejected=()),
            **dict.fromkeys((*names, *versions), "0"),
        ),
    }
    return ApprovedText(**(given | parts))
