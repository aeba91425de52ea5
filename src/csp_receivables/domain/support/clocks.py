"""Clocks that run in service hours only: on working days, within the hours that the policy names."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from csp_receivables.domain.support.policy import ServiceHours
from csp_receivables.domain.working_days import is_banking_day

DAYS_LOOKED_AT_MAX = 370  # a clock that is not run down in a year belongs to hours that never come


def due_at(opened_at: datetime, hours: int, service: ServiceHours) -> datetime:
    """When `hours` of service have passed since `opened_at` (with its offset), in UTC. Raises ValueError."""
    left = timedelta(hours=hours)
    for begins, ends in _openings(opened_at.astimezone(service.zone).date(), service):
        start = max(begins, opened_at)
        if start >= ends:
            continue
        if ends - start >= left:
            return (start + left).astimezone(UTC)
        left -= ends - start
    raise ValueError(f"within a year of {opened_at} there are fewer than {hours} service hours")


def _openings(first: date, service: ServiceHours) -> Iterator[tuple[datetime, datetime]]:
    """Each opening from that day on, in UTC: a day on which clocks are changed has its own length."""
    for day in (first + timedelta(days=n) for n in range(DAYS_LOOKED_AT_MAX)):
        if not is_banking_day(day, service.country):
            continue
        for hours in sorted(service.hours, key=lambda each: each.opens):
            if day.isoweekday() in hours.days:
                begins, ends = (datetime.combine(day, at, service.zone) for at in (hours.opens, hours.closes))
                yield begins.astimezone(UTC), ends.astimezone(UTC)
