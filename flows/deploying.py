"""A campaign as a scheduled deployment on a Prefect server, through Prefect's API.

The server is told the campaign's UUID, the region, a schedule, and where a worker finds the flow: in the installed
package. No brief, no path and no address of a database goes there; those a worker has from its own environment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate, WorkPoolCreate
from prefect.client.schemas.filters import FlowFilter, FlowFilterName, WorkPoolFilter, WorkPoolFilterName
from prefect.client.schemas.objects import ConcurrencyLimitStrategy, ConcurrencyOptions
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import CronSchedule
from prefect.exceptions import ObjectNotFound, PrefectException
from prefect.settings import PREFECT_API_URL
from prefect.utilities.callables import parameter_schema
from prefect.workers.process import ProcessWorker

from flows.localize import localize
from flows.prefect_environment import CONTENT_FREE
from flows.timing import Timing
from pipeline.bootstrap import Parts
from pipeline.errors import GlocalError, UnknownCampaign

ENTRYPOINT = f"{localize.__module__}.{localize.fn.__name__}"
"""A module path: the worker imports the flow from the installed package, so nothing is copied to the server."""


@dataclass(frozen=True)
class Deployed:
    """What to look for on the server."""

    name: str
    pool: str
    deployment_id: str


def deploy_campaign(parts: Parts, store: Callable[[], str], timing: Timing, name: str | None) -> Deployed:
    """Make or update the deployment of a campaign, and the region's work pool where it is absent.

    `store` puts the campaign into the record and gives its id; it is called once the server is known to answer.
    GlocalError when no server is named, or it does not answer.
    """
    url = PREFECT_API_URL.value()
    if not url:
        raise GlocalError(
            "there is no Prefect server to deploy to",
            hint="Start one (prefect server start) and set PREFECT_API_URL, http://127.0.0.1:4200/api for instance.",
        )
    pool = f"glocal-{parts.settings.region}"
    with _told_plainly(url), get_client(sync_client=True) as client:
        _ensure_pool(client, pool)
        campaign_id = store()
        chosen = name or _earlier_name(client, pool, parts, campaign_id) or _fresh_name(parts, campaign_id)
        deployment_id = _upsert(client, pool, chosen, parts.settings.region, campaign_id, timing)
    return Deployed(f"{localize.name}/{chosen}", pool, deployment_id)


def _upsert(client: SyncPrefectClient, pool: str, name: str, region: str, campaign_id: str, timing: Timing) -> str:
    schedule = CronSchedule(cron=timing.cron, timezone=timing.timezone)
    created = client.create_deployment(
        flow_id=client.create_flow_from_name(localize.name),
        name=name,
        entrypoint=ENTRYPOINT,
        work_pool_name=pool,
        schedules=[DeploymentScheduleCreate(schedule=schedule)],
        parameters={"campaign_id": campaign_id, "region": region},
        parameter_openapi_schema=parameter_schema(localize.fn).model_dump(),
        enforce_parameter_schema=True,
        # One run at a time, and none is queued behind it: a late run would only find nothing left to do.
        concurrency_limit=1,
        concurrency_options=ConcurrencyOptions(collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW),
        job_variables={"env": dict(CONTENT_FREE)},
        pull_steps=[],
    )
    return str(created)


def _ensure_pool(client: SyncPrefectClient, pool: str) -> None:
    try:
        client.read_work_pool(pool)
    except ObjectNotFound:
        template = ProcessWorker.get_default_base_job_template()
        client.create_work_pool(WorkPoolCreate(name=pool, type=ProcessWorker.type, base_job_template=template))


def _earlier_name(client: SyncPrefectClient, pool: str, parts: Parts, campaign_id: str) -> str | None:
    """The name under which this campaign, or an earlier edition of its brief, is deployed already."""
    slug = parts.record.campaign(campaign_id).brief.id
    found = client.read_deployments(
        flow_filter=FlowFilter(name=FlowFilterName(any_=[localize.name])),
        work_pool_filter=WorkPoolFilter(name=WorkPoolFilterName(any_=[pool])),
    )
    return next((deployment.name for deployment in found if _slug_of(parts, deployment) == slug), None)


def _slug_of(parts: Parts, deployment: DeploymentResponse) -> str | None:
    try:
        return parts.record.campaign(str(deployment.parameters.get("campaign_id"))).brief.id
    except UnknownCampaign:
        return None  # of another workspace of this region


def _fresh_name(parts: Parts, campaign_id: str) -> str:
    """A name that says nothing of the campaign; a person may give a better one."""
    return f"{parts.settings.region}-{campaign_id[:8]}"


@contextmanager
def _told_plainly(url: str) -> Iterator[None]:
    try:
        yield
    except (httpx.HTTPError, PrefectException) as error:
        raise GlocalError(
            f"Prefect's server at {url} did not take the deployment ({type(error).__name__})",
            hint="Check that it runs and that PREFECT_API_URL and PREFECT_API_AUTH_STRING are right.",
        ) from None
