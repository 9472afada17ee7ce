"""When a deployed campaign runs: a cron line read in a named time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from pipeline.errors import UsageError

RISKY_HOURS = (1, 2)
"""Local hours in which the clocks of most zones are changed: a run then may come early, or once instead of twice."""


@dataclass(frozen=True)
class Timing:
    """A cron line and the zone it is read in, both known to be valid."""

    cron: str
    timezone: str

    @classmethod
    def checked(cls, cron: str, timezone: str) -> Timing:
        """UsageError when the zone or the cron line is none."""
        _zone(timezone)
        timing = cls(cron, timezone)
        timing.next_starts(1)
        return timing

    def next_starts(self, count: int) -> list[datetime]:
        """When Prefect will start the next runs, in the zone's own time."""
        import asyncio

        from prefect.server.schemas.schedules import CronSchedule

        try:
            dates = asyncio.run(CronSchedule(cron=self.cron, timezone=self.timezone).get_dates(n=count))
        except ValueError:
            raise UsageError(
                f"{self.cron!r} is no cron line", hint='Write minute hour day month weekday: --cron "0 6 * * 1".'
            ) from None
        return [date.astimezone(_zone(self.timezone)) for date in dates]

    @property
    def meets_clock_change(self) -> bool:
        """Whether a run of the next weeks starts in the hours that a clock change skips or repeats."""
        year = [datetime.now(UTC) + timedelta(days=30 * month) for month in range(12)]
        changes = len({moment.astimezone(_zone(self.timezone)).utcoffset() for moment in year}) > 1
        return changes and any(start.hour in RISKY_HOURS for start in self.next_starts(50))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise UsageError(
            f"there is no time zone {name!r}", hint="Name one as the IANA does: Europe/Berlin, America/Mexico_City."
        ) from None
