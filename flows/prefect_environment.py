"""Prefect's settings for a run inside this process: nothing told to anyone, nothing on the screen.

Prefect reads its settings when it is imported, so these go into the environment before that.
"""

from __future__ import annotations

import os
from collections.abc import MutableMapping

from pipeline.settings import Settings

CONTENT_FREE = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
    "PREFECT_LOGGING_LOG_PRINTS": "false",
    "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
    "PREFECT_RESULTS_DEFAULT_SERIALIZER": "json",
}
"""What keeps content out of Prefect: never left to whatever the environment says."""

_UNLESS_SET = {
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
    "PREFECT_CLIENT_MAX_RETRIES": "2",
}


def names_a_server(environment: MutableMapping[str, str] = os.environ) -> bool:
    """Whether the user has a Prefect server that runs are to be reported to."""
    return bool(environment.get("PREFECT_API_URL"))


def quieten(environment: MutableMapping[str, str] = os.environ) -> None:
    """Let Prefect neither tell nor keep content, and say nothing itself unless it was asked to."""
    environment.update(CONTENT_FREE)
    for name, value in _UNLESS_SET.items():
        environment.setdefault(name, value)


def stay_at_home(settings: Settings, environment: MutableMapping[str, str] = os.environ) -> None:
    """Keep Prefect's files in the workspace; a home or a server that the user named stays theirs."""
    if not names_a_server(environment):
        # Away from the user's own Prefect profile, which may name a server elsewhere.
        environment.setdefault("PREFECT_HOME", str(settings.private_folder / "prefect"))
