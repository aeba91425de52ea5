"""Banking days, where the published calendars are easy to get wrong."""

from __future__ import annotations

from datetime import date

import pytest

from csp_receivables.domain.working_days import banking_day_after, banking_day_by, is_banking_day


@pytest.mark.parametrize(
    ("day", "country", "open_"),
    [
        (date(2026, 6, 19), "SE", False),  # Midsummer's Eve: a de-facto holiday
        (date(2026, 12, 31), "SE", False),
        (date(2026, 1, 5), "SE", True),  # a half day is a banking day
        (date(2026, 12, 31), "XK", True),  # not a known country: the euro area's calendar
        (date(2026, 5, 1), "XK", False),
        (date(2026, 10, 31), "SE", False),  # a Saturday
        (date(2026, 10, 30), "SE", True),
    ],
)
def test_banks_are_open_by_their_countrys_calendar(day: date, country: str, open_: bool) -> None:
    assert open_ is is_banking_day(day, country)


def test_the_last_banking_day_before_christmas_week() -> None:
    assert date(2026, 12, 23) == banking_day_by(date(2026, 12, 27), "SE")


def test_banking_days_after_a_day_skip_weekends_and_holidays() -> None:
    assert date(2026, 10, 22) == banking_day_after(date(2026, 10, 15), 5, "SE")
    assert date(2026, 12, 28) == banking_day_after(date(2026, 12, 23), 1, "SE")
    assert date(2026, 12, 23) == banking_day_after(date(2026, 12, 23), 0, "SE")
