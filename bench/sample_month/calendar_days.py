"""The days of the sample: October 2026, with the banks' working days."""

from __future__ import annotations

from datetime import date, timedelta

FIRST = date(2026, 10, 1)
NEWEST_BOOKING = date(2026, 10, 30)  # a Friday
LAST = date(2026, 10, 31)


def october(day: int) -> date:
    """A day of the sample month."""
    return date(2026, 10, day)


def banking_days() -> list[date]:
    """Monday to Friday of October 2026; Sweden has no bank holiday in that month."""
    days = [FIRST + timedelta(days=offset) for offset in range(31)]
    return [day for day in days if day.weekday() < 5]
