"""Clocks run in service hours: at, below and above each limit, over nights, weekends, holidays and changed clocks."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from csp_receivables.domain.collections.seller import OpeningHours
from csp_receivables.domain.support.clocks import due_at
from csp_receivables.domain.support.policy import ServiceHours

STOCKHOLM = ZoneInfo("Europe/Stockholm")
WEEKDAYS = ServiceHours(
    hours=(OpeningHours(days=(1, 2, 3, 4, 5), opens=time(8), closes=time(17)),), country="SE", zone=STOCKHOLM
)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=STOCKHOLM)


@pytest.mark.parametrize(
    ("opened", "hours", "due"),
    [
        ("2026-11-02T09:00", 2, "2026-11-02T11:00"),  # a Monday
        ("2026-11-02T15:00", 2, "2026-11-02T17:00"),  # just within the day
        ("2026-11-02T15:01", 2, "2026-11-03T08:01"),  # a minute of it the next morning
        ("2026-11-02T17:00", 2, "2026-11-03T10:00"),  # as the desk closes
        ("2026-11-02T03:00", 2, "2026-11-02T10:00"),  # before it opens
        ("2026-11-06T16:00", 8, "2026-11-09T15:00"),  # over a weekend
        ("2026-12-23T16:00", 2, "2026-12-28T09:00"),  # over Christmas
        ("2026-10-23T16:00", 2, "2026-10-26T09:00"),  # over the night in which clocks are put back
    ],
)
def test_an_answer_is_due_after_so_many_service_hours(opened: str, hours: int, due: str) -> None:
    assert due_at(local(opened), hours, WEEKDAYS) == local(due).astimezone(UTC)


def test_hours_that_never_come_are_refused() -> None:
    never = ServiceHours(hours=(OpeningHours(days=(6,), opens=time(8), closes=time(9)),), country="SE", zone=STOCKHOLM)

    with pytest.raises(ValueError, match="fewer than 2 service hours"):
        due_at(local("2026-11-02T09:00"), 2, never)
