"""A brand's thresholds from its reviewers' decisions: what is previewed is what then happens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.assessing import Assessor
from pipeline.backends.scripted import ScriptedEncoder
from pipeline.checks.subject import CheckedText
from pipeline.domain.brand import Brand
from pipeline.domain.decision import Decision, DecisionKind
from pipeline.domain.value import text_digest
from pipeline.errors import UsageError
from pipeline.recalibrating import Studio, accept, propose
from pipeline.resources.library import Library, shipped_folder
from pipeline.scoring.calibration import BrandCalibration
from pipeline.scoring.fitting import Material, fit_calibration
from pipeline.store.record import Record, open_record

NOW = datetime(2026, 5, 1, tzinfo=UTC)
Decide = Callable[[Sequence[str], Callable[[str], bool]], None]


def read(name: str, key: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load((shipped_folder() / "calibration" / name).read_text(encoding="utf-8"))[key])


@pytest.fixture(scope="module")
def texts() -> list[str]:
    """German copy of many brands."""
    return [sentence["de"] for sentence in read("parallel.yaml", "sentences")]


@pytest.fixture(scope="module")
def scripted() -> BrandCalibration:
    """A calibration for the scripted encoder."""
    sentences = read("parallel.yaml", "sentences")[:12]
    pairs = [("tea", "Tee")]
    material = Material.of(
        read("listings.yaml", "listings")[:12], read("cohort.yaml", "brands"), sentences, pairs, ScriptedEncoder()
    )
    # The scripted encoder knows no meaning: what it calls on brand need not stand higher.
    upright = replace(fit_calibration(material), slope=1.0, intercept=-2.0)
    return replace(upright, threshold=upright.probability(1.0))


@pytest.fixture
def brand() -> Brand:
    return Library((shipped_folder(),)).brand("aqualis")


@pytest.fixture
def studio(tmp_path: Path, scripted: BrandCalibration) -> Any:
    (tmp_path / "calibration").mkdir()
    scripted.save(tmp_path / "calibration/scripted.npz")
    assessor = Assessor(library=Library.of_workspace(tmp_path), load_encoder=ScriptedEncoder)
    with open_record(f"sqlite:///{tmp_path / 'glocal.db'}") as record:
        yield Studio(record=record, assessor=assessor, workspace=tmp_path, region="eu")


@pytest.fixture
def decide(studio: Studio, samples: Any) -> Decide:
    """Store drafts, approve those that a reviewer likes, and reject the others."""

    def run(texts: Sequence[str], likes: Callable[[str], bool]) -> None:
        for number, text in enumerate(texts):
            draft_id = samples.stored(studio.record, samples.provenance(seed=number), text)
            kind = DecisionKind.APPROVE if likes(text) else DecisionKind.REJECT
            made = Decision(
                kind=kind, reviewer="Ada", reason="r", text_sha256=text_digest(text), decided_at=datetime.now(UTC)
            )
            studio.record.decide(draft_id, version=1, decision=made)

    return run


def store_pending(record: Record, samples: Any, texts: Sequence[str]) -> dict[str, str]:
    """Drafts that nobody decided; their texts by id."""
    return {samples.stored(record, samples.provenance(seed=1000 + n), text): text for n, text in enumerate(texts)}


def scores(studio: Studio, brand: Brand, texts: Sequence[str]) -> dict[str, tuple[float, str]]:
    """Score and verdict of texts, as another process would find them."""
    assessor = Assessor(library=Library.of_workspace(studio.workspace), load_encoder=ScriptedEncoder)
    table = assessor.score_against([brand], [CheckedText(text=text, locale="de-DE") for text in texts])
    return {text: (row[0].score.value or 0, row[0].verdict) for text, row in zip(texts, table, strict=True)}


def middle(found: dict[str, tuple[float, str]]) -> float:
    """A line that as many texts are above as below."""
    return sorted(value for value, _ in found.values())[len(found) // 2]


def test_the_threshold_follows_what_was_approved_and_rejected(
    studio: Studio, brand: Brand, texts: list[str], decide: Decide
) -> None:
    """In the locale of the decisions alone, with an interval that holds the reviewer's line."""
    found = scores(studio, brand, texts)
    line = middle(found)
    decide(texts, lambda text: found[text][0] >= line)
    (fitted,) = propose(studio, brand).thresholds
    assert (fitted.locale, fitted.approved + fitted.rejected) == ("de-DE", len(texts))
    assert fitted.low <= line <= fitted.high
    assert fitted.low < fitted.threshold < fitted.high


def test_what_is_previewed_is_what_then_happens(
    studio: Studio, brand: Brand, texts: list[str], decide: Decide, samples: Any
) -> None:
    """The pending drafts that are named change their verdict as was said, and no others do."""
    before = scores(studio, brand, texts)
    line = middle(before)
    decide(texts[:40], lambda text: before[text][0] >= line)
    pending = store_pending(studio.record, samples, texts[40:])
    proposal = propose(studio, brand)
    assert scores(studio, brand, texts) == before
    accept(studio, proposal, NOW)
    after = scores(studio, brand, texts)
    changed = {name: after[text][1] for name, text in pending.items() if after[text][1] != before[text][1]}
    assert changed == {change.draft_id: change.after for change in proposal.changes}
    assert changed
    assert all(after[text][0] == before[text][0] for text in texts)


def test_three_decisions_change_nothing(
    studio: Studio, brand: Brand, texts: list[str], decide: Decide, samples: Any
) -> None:
    decide(texts[:3], lambda text: text == texts[0])
    store_pending(studio.record, samples, texts[3:])
    proposal = propose(studio, brand)
    assert (proposal.thresholds, proposal.changes, proposal.thin) == ((), (), {"de-DE": 3})


def test_each_acceptance_is_a_version_and_older_ones_stay(
    studio: Studio, brand: Brand, texts: list[str], decide: Decide
) -> None:
    found = scores(studio, brand, texts)
    decide(texts, lambda text: found[text][0] >= middle(found))
    proposal = propose(studio, brand)
    path = accept(studio, proposal, NOW)
    assert path == studio.workspace / "calibration/thresholds/aqualis.yaml"
    accept(studio, proposal, NOW)
    known = Library.of_workspace(studio.workspace).thresholds("aqualis")
    assert known is not None
    assert [version.version for version in known.versions] == [1, 2]
    assert known.versions[0].thresholds == proposal.thresholds
    assert known.in_force(ScriptedEncoder.digest) == {"de-DE": proposal.thresholds[0].threshold}


def test_thresholds_of_another_encoder_are_not_in_force(
    studio: Studio, brand: Brand, texts: list[str], decide: Decide
) -> None:
    found = scores(studio, brand, texts)
    decide(texts, lambda text: found[text][0] >= middle(found))
    accept(studio, propose(studio, brand), NOW)
    known = Library.of_workspace(studio.workspace).thresholds("aqualis")
    assert known is not None
    assert known.in_force("another") == {}


def test_an_encoder_without_a_calibration_has_no_threshold_to_fit(studio: Studio, brand: Brand) -> None:
    (studio.workspace / "calibration/scripted.npz").unlink()
    with pytest.raises(UsageError, match="no calibration"):
        propose(studio, brand)
