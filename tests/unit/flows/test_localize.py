"""How the flow cuts its work, and what it tries again; the flow itself runs in tests/integration/flows."""

from __future__ import annotations

import pytest
from prefect.states import Failed

from flows.localize import _batches, _may_retry, draft_batch, localize, plan_campaign
from flows.safety import SafeError
from pipeline.store.rows import UnitRow, UnitState


def row(number: int, model: str) -> UnitRow:
    return UnitRow(
        id=str(number),
        campaign_id="c",
        segment_id="s",
        locale="de-DE",
        model_id=model,
        fingerprint="f",
        state=UnitState.QUEUED,
        attempt=0,
        draft_id=None,
        error_code=None,
        error_message=None,
        error_hint=None,
    )


def test_a_batch_has_one_model_and_a_largest_size() -> None:
    """In the order of the units, so that a run can be followed."""
    rows = [row(1, "b"), row(2, "a"), row(3, "b"), row(4, "b"), row(5, "a")]

    batches = [[one.id for one in batch] for batch in _batches(rows, 2)]

    assert [["2", "5"], ["1", "3"], ["4"]] == batches


def test_no_units_are_no_batch() -> None:
    assert [] == list(_batches([], 2))


@pytest.mark.parametrize(
    ("error", "retried"),
    [
        (SafeError("StoreUnavailable", "1", retryable=True), True),
        (SafeError("NoUsableCandidate", "2"), False),
        (ValueError("of Prefect's own"), False),
    ],
)
def test_only_an_error_that_says_so_is_tried_again(error: Exception, retried: bool) -> None:
    assert retried == _may_retry(None, None, Failed(data=error))


@pytest.mark.parametrize("step", [localize, plan_campaign, draft_batch])
def test_nothing_of_a_step_is_printed_kept_or_named_after_content(step: object) -> None:
    """Whatever the environment of a worker says."""
    assert step.log_prints is False  # type: ignore[attr-defined]
    assert step.persist_result is False  # type: ignore[attr-defined]
    name = getattr(step, "flow_run_name", None) or getattr(step, "task_run_name", None)
    assert "{" not in str(name)
