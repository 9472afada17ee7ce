"""`glocal deploy` on a real server, and a real worker that runs what was deployed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import yaml

from pipeline.bootstrap import Parts, build
from pipeline.cli.main import run

pytestmark = pytest.mark.prefect

POOL = "glocal-local"


@pytest.fixture
def client(prefect_server: str) -> Iterator[Any]:  # noqa: ARG001 (the client asks it)
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as made:
        yield made


@pytest.fixture
def deploy(client: Any, workspace: Path, campaign_file: Path) -> Iterator[Callable[..., Any]]:
    """Deploy the campaign with more options, and read back what the server now has."""
    made: set[UUID] = set()

    def command(*options: str) -> Any:
        assert 0 == run(["--workspace", str(workspace), "deploy", str(campaign_file), *options])
        (newest, *_) = sorted(client.read_deployments(), key=lambda found: found.updated, reverse=True)
        made.add(newest.id)
        return newest

    yield command
    for deployment_id in made:
        client.delete_deployment(deployment_id)


def test_a_deployment_knows_ids_and_a_time_only(deploy: Callable[..., Any], workspace: Path) -> None:
    """The campaign's id and region as parameters, the flow by its module, settings that keep content away."""
    deployed = deploy("--timezone", "Europe/Berlin")

    stored = build(workspace).record.find_campaign("spring", "local")
    assert {"campaign_id": stored.id, "region": "local"} == deployed.parameters
    assert "flows.localize.localize" == deployed.entrypoint
    assert POOL == deployed.work_pool_name
    assert "spring" not in deployed.name
    assert str(workspace) not in deployed.model_dump_json()
    assert "false" == deployed.job_variables["env"]["PREFECT_LOGGING_TO_API_ENABLED"]


def test_it_starts_on_monday_morning_in_the_zone_that_was_named(deploy: Callable[..., Any]) -> None:
    (schedule,) = deploy("--timezone", "Asia/Tokyo").schedules

    assert ("0 6 * * 1", "Asia/Tokyo") == (schedule.schedule.cron, schedule.schedule.timezone)
    assert schedule.active


def test_the_server_plans_the_starts(deploy: Callable[..., Any], client: Any) -> None:
    """What the server's scheduler does each minute: this is what a library that is too new for it breaks."""
    deployed = deploy("--timezone", "Europe/Berlin")

    client.request("POST", f"/deployments/{deployed.id}/schedule", json={}).raise_for_status()

    planned = [run for run in client.read_flow_runs() if run.deployment_id == deployed.id]
    starts = [run.expected_start_time.astimezone(ZoneInfo("Europe/Berlin")) for run in planned]
    assert {(0, 6, 0)} == {(start.weekday(), start.hour, start.minute) for start in starts}


def test_a_second_start_is_cancelled_while_one_runs(deploy: Callable[..., Any]) -> None:
    deployed = deploy()

    assert 1 == deployed.global_concurrency_limit.limit
    assert "CANCEL_NEW" == deployed.concurrency_options.collision_strategy.value


def test_deploying_an_edited_brief_updates_the_deployment(
    deploy: Callable[..., Any], campaign_file: Path, client: Any
) -> None:
    """The old edition must not go on running beside the new one."""
    first = deploy("--cron", "0 6 * * 1")
    brief = yaml.safe_load(campaign_file.read_text(encoding="utf-8"))
    campaign_file.write_text(yaml.safe_dump(brief | {"audience": "Night owls"}), encoding="utf-8")

    second = deploy("--cron", "30 7 * * 5")

    assert first.id == second.id
    assert first.parameters["campaign_id"] != second.parameters["campaign_id"]
    assert ["30 7 * * 5"] == [one.schedule.cron for one in client.read_deployment(second.id).schedules]


def test_a_name_of_ones_own_is_kept(deploy: Callable[..., Any]) -> None:
    assert "weekly" == deploy("--name", "weekly").name


def test_without_a_server_one_line_says_how_to_get_one(
    workspace: Path, campaign_file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from prefect import settings

    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    with settings.temporary_settings({settings.PREFECT_API_URL: None}):
        assert 1 == run(["--workspace", str(workspace), "deploy", str(campaign_file)])

    told = capsys.readouterr().err
    assert 1 == told.count("\n")
    assert "prefect server start" in told
    assert not (workspace / ".glocal").exists()


def test_a_server_that_does_not_answer_is_named(
    workspace: Path, campaign_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from prefect import settings

    nowhere = "http://127.0.0.1:9/api"
    with settings.temporary_settings({settings.PREFECT_API_URL: nowhere}):
        assert 1 == run(["--workspace", str(workspace), "deploy", str(campaign_file)])

    assert nowhere in capsys.readouterr().err


@pytest.mark.models
def test_a_worker_of_the_region_drafts_what_is_due(
    client: Any, deploy: Callable[..., Any], workspace: Path, campaign_file: Path, embedded_models: Path
) -> None:
    """The worker gets the workspace from its own environment, and the flow from the installed package."""
    brief = yaml.safe_load(campaign_file.read_text(encoding="utf-8"))
    one_unit = {"locales": ["de-DE"], "segments": brief["segments"][:1]}
    campaign_file.write_text(yaml.safe_dump(brief | one_unit), encoding="utf-8")
    (workspace / "models.yaml").unlink()
    deployed = deploy()
    flow_run = client.create_flow_run_from_deployment(deployed.id)

    worker = subprocess.run(
        [
            Path(sys.executable).with_name("prefect"),
            "worker",
            "start",
            "--pool",
            POOL,
            "--type",
            "process",
            "--run-once",
        ],
        env={**os.environ, "GLOCAL_WORKSPACE": str(workspace), "GLOCAL_MODELS": str(embedded_models)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=180,
        check=False,
    )

    ended = client.read_flow_run(flow_run.id)
    assert ended.state.is_completed(), worker.stdout.decode()
    assert "units: 1, drafted now: 1, without a draft: 0" == ended.state.message
    parts: Parts = build(workspace)
    (unit,) = parts.record.units(deployed.parameters["campaign_id"])
    text = parts.record.sheet(str(unit.draft_id)).text
    assert text.encode() not in worker.stdout
