"""A notice leaves on a working day of the customer's country, and never in the night of any of its time zones."""

from __future__ import annotations

import time as clock
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csp_receivables.adapters.country_zones import zones_of
from csp_receivables.domain.collections.anchors import working_day_from
from csp_receivables.domain.collections.calendar import is_quiet, may_send, send_from
from csp_receivables.domain.collections.policy import QuietHours

NIGHT = QuietHours(begins=time(18), ends=time(8))
NOON = QuietHours(begins=time(12), ends=time(13))
STOCKHOLM = (ZoneInfo("Europe/Stockholm"),)


def at(text: str, zone: str = "Europe/Stockholm") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("local", "night", "noon"),
    [
        (time(7, 59), True, False), (time(8), False, False), (time(11, 59), False, False), (time(12), False, True),
        (time(12, 59), False, True), (time(13), False, False), (time(17, 59), False, False), (time(18), True, False),
        (time(0), True, False), (time(23, 59), True, False),
    ],
)  # fmt: skip
def test_quiet_hours_include_their_begin_and_not_their_end(local: time, night: bool, noon: bool) -> None:
    assert (night, noon) == (is_quiet(local, NIGHT), is_quiet(local, NOON))


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-27T10:00", "2026-11-27T10:00"),  # a Friday
        ("2026-11-27T07:59", "2026-11-27T08:00"),
        ("2026-11-27T18:00", "2026-11-30T08:00"),  # Friday evening: Monday
        ("2026-11-28T10:00", "2026-11-30T08:00"),  # Saturday
        ("2026-12-23T17:59", "2026-12-23T17:59"),
        ("2026-12-23T18:00", "2026-12-28T08:00"),  # Christmas Eve is a de-facto day; 28 December is a Monday
        ("2026-06-19T10:00", "2026-06-22T08:00"),  # Midsummer's Eve
    ],
)
def test_a_notice_waits_for_the_morning_of_a_swedish_working_day(moment: str, expected: str) -> None:
    assert at(expected) == send_from(at(moment), "SE", STOCKHOLM, NIGHT, working_days_only=True)


def test_without_quiet_hours_a_notice_leaves_at_midnight_of_the_working_day() -> None:
    assert at("2026-11-30T00:00") == send_from(at("2026-11-28T10:00"), "SE", STOCKHOLM, None, working_days_only=True)


def test_on_any_day_only_the_night_is_quiet() -> None:
    assert at("2026-11-29T08:00") == send_from(at("2026-11-28T23:00"), "SE", STOCKHOLM, NIGHT, working_days_only=False)


def test_the_hour_is_the_customers_and_not_ours() -> None:
    """At eight in Stockholm it is nine in Helsinki and seven in London."""
    eight = at("2026-11-27T08:00")

    assert may_send(eight, "FI", zones_of("FI"), NIGHT, working_days_only=True)
    assert not may_send(eight, "GB", zones_of("GB"), NIGHT, working_days_only=True)


def test_a_country_of_many_zones_is_quiet_while_any_of_them_is() -> None:
    """From New York to Hawaii: eight in Honolulu is one in the afternoon in New York."""
    opened = send_from(at("2026-12-01T05:00", "America/New_York"), "US", zones_of("US"), NIGHT, working_days_only=True)

    assert datetime(2026, 12, 1, 18, tzinfo=UTC) == opened
    assert may_send(datetime(2026, 12, 1, 22, 59, tzinfo=UTC), "US", zones_of("US"), NIGHT, working_days_only=True)
    assert not may_send(datetime(2026, 12, 1, 23, tzinfo=UTC), "US", zones_of("US"), NIGHT, working_days_only=True)


def test_a_country_too_wide_for_one_open_hour_goes_by_its_middle() -> None:
    opened = send_from(datetime(2026, 12, 1, tzinfo=UTC), "RU", zones_of("RU"), NIGHT, working_days_only=False)

    assert opened < datetime(2026, 12, 2, tzinfo=UTC)


def test_a_country_that_nobody_knows_has_no_zones_and_the_calendar_of_the_euro_area() -> None:
    assert zones_of("ZZ") == ()
    assert working_day_from(date(2026, 12, 25), "ZZ") == date(2026, 12, 28)
    with pytest.raises(ValueError, match="without a time zone"):
        send_from(at("2026-11-27T10:00"), "ZZ", (), NIGHT, working_days_only=True)


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1)),
    st.sampled_from(["SE", "DE", "US", "GB", "NO", "AU", "ES", "NZ"]),
    st.sampled_from([NIGHT, NOON, None, QuietHours(begins=time(0), ends=time(6))]),
    st.booleans(),
)
def test_the_moment_found_is_allowed_and_never_too_early(
    naive: datetime, country: str, quiet: QuietHours | None, working_days_only: bool
) -> None:
    moment = naive.replace(tzinfo=UTC)
    found = send_from(moment, country, zones_of(country), quiet, working_days_only=working_days_only)

    assert moment <= found <= moment + timedelta(days=12)
    assert may_send(found, country, zones_of(country), quiet, working_days_only=working_days_only)
    if found > moment:
        just_before = found - timedelta(seconds=1)
        assert not may_send(just_before, country, zones_of(country), quiet, working_days_only=working_days_only)


def test_a_million_due_dates_cost_well_under_a_second() -> None:
    days = [date(2026, 1, 1) + timedelta(days=n % 730) for n in range(1_000)]
    working_day_from.cache_clear()

    began = clock.process_time()
    for _ in range(1_000):
        for day in days:
            working_day_from(day, "SE")

    assert clock.process_time() - began < 2  # 0.2 s when the machine is quiet
