"""Drafts, decisions and what they are made of: the life of a text, and its identity."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from pipeline.domain.assessment import Assessment, LanguageFinding, Score
from pipeline.domain.candidate import GenerationConfig
from pipeline.domain.choice import Choice, Rejection
from pipeline.domain.decision import DecisionKind
from pipeline.domain.draft import TRANSITIONS, DraftStatus
from pipeline.domain.issue import Issue, MqmDimension, Severity
from pipeline.domain.prompt import Message, Prompt
from pipeline.domain.provenance import Provenance

LANGUAGE = LanguageFinding(verdict="match", detected="de", confidence=1)

CHOICE = Choice(locale="de-DE", model="a/model", reasons=("it speaks it",), rejected=())

PROVENANCE: dict[str, Any] = {
    "campaign": "spring",
    "segment": "line",
    "locale": "de-DE",
    "channel": "push",
    "source_sha256": "0",
    "model_id": "a/model",
    "model_revision": "0",
    "weights_sha256": "0",
    "inputs_sha256": "0",
    "prompt_sha256": "0",
    "template_version": "0",
    "generation": GenerationConfig(),
    "brand_version": "0",
    "locale_version": "0",
    "channel_version": "0",
    "rule_versions": {},
    "choice": CHOICE,
}


def issue(severity: Severity) -> Issue:
    return Issue(check="c", dimension=MqmDimension.STYLE, severity=severity, message="m", start=0, end=1)


def test_every_status_has_its_transitions() -> None:
    """The table names every status, and every status but the first can be reached."""
    assert set(TRANSITIONS) == set(DraftStatus)
    assert set().union(*TRANSITIONS.values()) == set(DraftStatus) - {DraftStatus.DRAFTED}


def test_nothing_is_published_without_approval() -> None:
    """Only an approved draft can be published, and only a published one retracted."""
    assert [status for status in DraftStatus if DraftStatus.PUBLISHED in TRANSITIONS[status]] == [DraftStatus.APPROVED]
    assert [status for status in DraftStatus if DraftStatus.RETRACTED in TRANSITIONS[status]] == [DraftStatus.PUBLISHED]


def test_no_decision_skips_the_review() -> None:
    """A draft that no one has seen can only go into review."""
    assert TRANSITIONS[DraftStatus.DRAFTED] == {DraftStatus.IN_REVIEW}


@pytest.mark.parametrize("kind", DecisionKind)
def test_every_decision_leads_somewhere_from_a_status(kind: DecisionKind) -> None:
    """Each kind of decision has the status it leads to, and at least one that it may start from."""
    assert any(kind.leads_to in following for following in TRANSITIONS.values())


def test_an_edit_is_an_approval() -> None:
    """Whoever edits a text stands behind it."""
    assert DecisionKind.EDIT.leads_to is DecisionKind.APPROVE.leads_to is DraftStatus.APPROVED


@pytest.mark.parametrize(("severity", "penalty"), [("neutral", 0), ("minor", 1), ("major", 5), ("critical", 25)])
def test_penalties_are_those_of_mqm(severity: str, penalty: int) -> None:
    """Severities weigh 0, 1, 5 and 25; only a critical issue blocks."""
    found = issue(Severity(severity))
    assert found.severity.penalty == penalty
    assert found.blocking is (severity == "critical")


def test_an_assessment_sums_up() -> None:
    """An assessment is blocked by one critical issue, adds all penalties, and finds a score by its name."""
    calm = Assessment(text_sha256="0", language=LANGUAGE, issues=(issue(Severity.MAJOR), issue(Severity.MINOR)))
    assert (calm.blocked, calm.penalty) == (False, 6)
    scores = (Score(name="brand", value=0.5, explanation="e"), Score(name="unknown", explanation="e"))
    loud = Assessment(text_sha256="0", language=LANGUAGE, issues=(issue(Severity.CRITICAL),), scores=scores)
    assert loud.blocked
    assert [loud.score(name) for name in ("brand", "unknown", "none")] == [0.5, None, None]


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_a_score_is_between_nothing_and_all(value: float) -> None:
    """A score outside 0..1, or none at all, is no number to rank by."""
    with pytest.raises(ValidationError):
        Score(name="s", value=value, explanation="e")


NO_STRINGS_OR_NO_INPUTS = {"choice", "locale", "generation", "rule_versions", "prompt_sha256"}


@pytest.mark.parametrize("field", sorted(set(PROVENANCE) - NO_STRINGS_OR_NO_INPUTS))
def test_every_input_is_in_the_fingerprint(field: str) -> None:
    """A draft made from other inputs is another draft."""
    assert Provenance(**PROVENANCE | {field: "other"}).fingerprint != Provenance(**PROVENANCE).fingerprint


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("locale", "fr-FR"),
        ("generation", GenerationConfig(seed=1)),
        ("generation", GenerationConfig(temperature=0.7)),
        ("rule_versions", {"EU": "1"}),
    ],
)
def test_settings_and_rules_are_in_the_fingerprint(field: str, value: object) -> None:
    """So are the locale, how candidates are sampled, and the rule packs in force."""
    assert Provenance(**PROVENANCE | {field: value}).fingerprint != Provenance(**PROVENANCE).fingerprint


def test_other_models_are_not_in_the_fingerprint() -> None:
    """A new card in the catalog, rejected or passed over, drafts nothing again."""
    other = CHOICE.model_copy(update={"rejected": (Rejection(model="b/b", rule="language", reason="r"),)})
    assert Provenance(**PROVENANCE | {"choice": other}).fingerprint == Provenance(**PROVENANCE).fingerprint


def test_a_stored_provenance_comes_back_the_same() -> None:
    """What the record keeps is read back to the same fingerprint."""
    first = Provenance(**PROVENANCE)
    again = Provenance.model_validate(first.model_dump(mode="json", round_trip=True))
    assert again == first
    assert again.fingerprint == first.fingerprint
    assert first.model_dump()["fingerprint"] == first.fingerprint


def test_a_prompt_is_digested_as_it_is_shown() -> None:
    """Style, roles and every character count."""
    prompts = [
        Prompt(style=style, messages=(Message(role=role, content=text),), template_version="1")
        for style in ("chat", "completion")
        for role in ("user", "system")
        for text in ("a", "a ")
    ]
    assert len({prompt.digest for prompt in prompts}) == len(prompts)
