"""When a deployed campaign runs."""

from __future__ import annotations

import pytest

from flows.timing import Timing
from pipeline.errors import UsageError


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd", "Europe", "\0"])
def test_a_zone_that_is_none_is_refused(zone: str) -> None:
    with pytest.raises(UsageError, match="no time zone"):
        Timing.checked("0 6 * * 1", zone)


@pytest.mark.parametrize("cron", ["", "every monday", "61 6 * * 1", "0 6 * *", "H 6 * * 1"])
def test_a_cron_line_that_is_none_is_refused(cron: str) -> None:
    with pytest.raises(UsageError, match="no cron line"):
        Timing.checked(cron, "UTC")


def test_it_starts_at_the_zones_own_hour() -> None:
    """Summer and winter alike: the clock on the wall counts."""
    starts = Timing.checked("0 6 * * 1", "Europe/Berlin").next_starts(52)

    assert {(0, 6, 0)} == {(start.weekday(), start.hour, start.minute) for start in starts}
    assert 2 == len({start.utcoffset() for start in starts})


@pytest.mark.parametrize(
    ("cron", "zone", "meets"),
    [
        ("30 2 * * *", "Europe/Berlin", True),
        ("0 * * * *", "America/New_York", True),
        ("0 6 * * 1", "Europe/Berlin", False),
        ("30 2 * * *", "UTC", False),
        ("30 2 * * *", "Asia/Kolkata", False),
    ],
)
def test_a_start_that_a_clock_change_may_skip_is_known(cron: str, zone: str, meets: bool) -> None:
    """Only where clocks are changed, and only in the hours in which they are."""
    assert meets == Timing.checked(cron, zone).meets_clock_change
