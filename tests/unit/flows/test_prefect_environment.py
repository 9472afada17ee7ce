"""Prefect's settings for a run inside this process."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.prefect_environment import CONTENT_FREE, names_a_server, quieten, stay_at_home
from pipeline.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(workspace=tmp_path)


def test_what_keeps_content_away_is_never_left_to_the_environment() -> None:
    environment = {"PREFECT_LOGGING_TO_API_ENABLED": "true", "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "true"}

    quieten(environment)

    assert CONTENT_FREE.items() <= environment.items()


def test_a_log_level_that_was_asked_for_is_kept() -> None:
    environment = {"PREFECT_LOGGING_LEVEL": "DEBUG"}

    quieten(environment)

    assert "DEBUG" == environment["PREFECT_LOGGING_LEVEL"]


def test_prefect_stays_in_the_workspace(settings: Settings) -> None:
    environment: dict[str, str] = {}

    stay_at_home(settings, environment)

    assert {"PREFECT_HOME": str(settings.workspace / ".glocal" / "prefect")} == environment


@pytest.mark.parametrize("given", [{"PREFECT_HOME": "/srv/prefect"}, {"PREFECT_API_URL": "http://prefect.test/api"}])
def test_a_home_or_a_server_of_the_users_own_stays_theirs(settings: Settings, given: dict[str, str]) -> None:
    environment = dict(given)

    stay_at_home(settings, environment)

    assert given == environment


@pytest.mark.parametrize(("value", "named"), [("http://prefect.test/api", True), ("", False), (None, False)])
def test_a_server_is_named_by_its_url(value: str | None, named: bool) -> None:
    assert named == names_a_server({} if value is None else {"PREFECT_API_URL": value})
