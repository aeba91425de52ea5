"""Which day a run of Airflow speaks for, and whether it may book: by parameters, logical date and our clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from csp_airflow.run_context import customers_of, is_after_the_clock, plan_of, why_not_now
from csp_receivables.domain.day import Mode
from csp_receivables.domain.run_plan import NoDay
from csp_receivables.settings import Settings

# As Airflow hands it to a task: equal to its value, while its str() is "RunType.BACKFILL".
RunType = Enum(
    "RunType",
    {"BACKFILL": "backfill", "SCHEDULED": "scheduled", "MANUAL": "manual", "ASSET": "asset_triggered"},
    type=str,
)
STOCKHOLM = ZoneInfo("Europe/Stockholm")
SUNDAY_MORNING = datetime(2026, 11, 1, 6, 0, tzinfo=STOCKHOLM)
LATER = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)  # what the machine of a demonstration takes for now
OCTOBER_MORNING = datetime(2026, 10, 1, 6, 0, tzinfo=STOCKHOLM)
SETTINGS = Settings(home=Path("/h"), ledger_url="sqlite://", time_zone=STOCKHOLM, fixed_clock=SUNDAY_MORNING)


def context(run_type: str = "manual", logical_date: datetime | None = None, **params: Any) -> dict[str, Any]:
    given = {"as_of": None, "known": "now", "mode": "auto"} | params
    found: dict[str, Any] = {"params": given, "dag_run": SimpleNamespace(run_type=RunType(run_type))}
    return found | ({"logical_date": logical_date} if logical_date else {})


@pytest.mark.parametrize(
    ("why", "given", "as_of", "mode"),
    [
        ("the schedule", context("scheduled", SUNDAY_MORNING), date(2026, 10, 31), Mode.LIVE),
        ("by hand for yesterday", context(as_of="2026-10-31"), date(2026, 10, 31), Mode.LIVE),
        ("by hand with a date", context(logical_date=SUNDAY_MORNING), date(2026, 10, 31), Mode.LIVE),
        ("by hand, with the machine's now", context(logical_date=LATER), date(2026, 10, 31), Mode.LIVE),
        ("as_of wins", context(logical_date=SUNDAY_MORNING, as_of="2026-10-30"), date(2026, 10, 30), Mode.HISTORICAL),
        ("a day before yesterday", context(as_of="2026-10-30"), date(2026, 10, 30), Mode.HISTORICAL),
        ("today, not over yet", context(as_of="2026-11-01"), date(2026, 11, 1), Mode.HISTORICAL),
        ("a backfill of yesterday", context("backfill", SUNDAY_MORNING), date(2026, 10, 31), Mode.HISTORICAL),
        ("historical asked for", context(as_of="2026-10-31", mode="historical"), date(2026, 10, 31), Mode.HISTORICAL),
        ("a cleared old run", context("scheduled", OCTOBER_MORNING), date(2026, 9, 30), Mode.HISTORICAL),
        ("blank lines in the form", context(as_of="2026-10-31", customers=["", " "]), date(2026, 10, 31), Mode.LIVE),
        ("a few customers only", context(as_of="2026-10-31", customers=["C1"]), date(2026, 10, 31), Mode.HISTORICAL),
    ],
)  # fmt: skip
def test_a_run_speaks_for_its_day(why: str, given: dict[str, Any], as_of: date, mode: Mode) -> None:
    plan = plan_of(given, SETTINGS)

    assert (plan.as_of, plan.mode) == (as_of, mode), why


def test_a_machines_now_is_refused_where_time_passes() -> None:
    passing = replace(SETTINGS, fixed_clock=None)

    with pytest.raises(NoDay, match="has not begun"):
        plan_of(context(logical_date=datetime(2999, 1, 1, tzinfo=UTC)), passing)


def test_a_form_takes_a_customer_a_line_and_hands_on_blank_ones() -> None:
    assert customers_of(context(customers=["C1", "", " C2 ", ""])) == ("C1", "C2")


@pytest.mark.parametrize(
    ("fired_at", "as_of"),
    [
        (datetime(2026, 10, 31, 22, 59, tzinfo=UTC), date(2026, 10, 30)),  # 23:59 in Stockholm
        (datetime(2026, 10, 31, 23, 0, tzinfo=UTC), date(2026, 10, 31)),  # midnight in Stockholm
    ],
)
def test_the_day_changes_at_the_partners_midnight_and_not_at_that_of_utc(fired_at: datetime, as_of: date) -> None:
    assert plan_of(context("scheduled", fired_at), SETTINGS).as_of == as_of


def test_a_run_without_any_day_is_refused_with_the_remedy() -> None:
    with pytest.raises(NoDay, match="as_of"):
        plan_of(context(), SETTINGS)


def test_known_then_is_the_moment_at_which_that_days_run_was_due() -> None:
    fired_at = datetime(2026, 10, 20, 6, 0, tzinfo=STOCKHOLM)

    assert plan_of(context("backfill", fired_at, known="then"), SETTINGS).known_at == fired_at


def test_known_then_of_a_given_day_ignores_when_the_button_was_pressed() -> None:
    plan = plan_of(context(logical_date=SUNDAY_MORNING, as_of="2026-10-19", known="then"), SETTINGS)

    assert plan.known_at == datetime(2026, 10, 20, 0, 0, tzinfo=STOCKHOLM)


@pytest.mark.parametrize(
    ("run_type", "fired_at", "after"),
    [
        ("scheduled", datetime(2026, 11, 1, 6, 0, tzinfo=STOCKHOLM), False),
        ("scheduled", datetime(2026, 11, 1, 6, 1, tzinfo=STOCKHOLM), True),
        ("manual", datetime(2026, 11, 22, 6, 0, tzinfo=STOCKHOLM), False),
        ("backfill", datetime(2026, 11, 22, 6, 0, tzinfo=STOCKHOLM), False),
    ],
)
def test_only_the_schedule_can_outrun_a_clock_that_stands_still(run_type: str, fired_at: datetime, after: bool) -> None:
    assert is_after_the_clock(context(run_type, fired_at), SETTINGS) is after


@pytest.mark.parametrize(
    ("run_type", "as_of", "logical_date", "told"),
    [
        ("manual", None, None, ""),
        ("asset_triggered", None, None, ""),
        ("scheduled", None, SUNDAY_MORNING, ""),
        ("scheduled", None, datetime(2026, 10, 31, 23, 0, tzinfo=UTC), ""),  # midnight in Stockholm
        ("scheduled", None, datetime(2026, 10, 31, 22, 45, tzinfo=UTC), "is not today"),
        ("manual", None, datetime(2026, 10, 20, 8, tzinfo=UTC), "is not today (2026-11-01)"),
        ("manual", None, LATER, ""),
        ("manual", "2026-10-31", None, ""),
        ("manual", "2026-10-30", None, "started for 2026-10-30"),
        ("backfill", None, SUNDAY_MORNING, "a backfill"),
    ],
)
def test_what_acts_on_the_outside_speaks_for_now_only(
    run_type: str, as_of: str | None, logical_date: datetime | None, told: str
) -> None:
    why = why_not_now(context(run_type, logical_date, as_of=as_of), SETTINGS)

    assert told in why
    assert bool(why) == bool(told)
