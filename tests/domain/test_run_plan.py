"""Which day a run speaks for, and whether it may book."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from csp_receivables.domain.day import Mode
from csp_receivables.domain.run_plan import Known, NoDay, is_still_live, plan_run

STOCKHOLM = ZoneInfo("Europe/Stockholm")
MORNING = datetime(2026, 11, 1, 5, 0, tzinfo=UTC)  # 06:00 in Stockholm
YESTERDAY = date(2026, 10, 31)


def test_the_day_is_the_one_before_the_run_fired_in_the_partners_zone() -> None:
    just_after_midnight = datetime(2026, 10, 31, 23, 30, tzinfo=UTC)  # 1 November, 00:30 in Stockholm

    plan = plan_run(now=MORNING, zone=STOCKHOLM, fired_at=just_after_midnight)

    assert (plan.as_of, plan.mode, plan.known_at) == (YESTERDAY, Mode.LIVE, None)


@pytest.mark.parametrize(
    ("as_of", "mode"),
    [
        (YESTERDAY - timedelta(days=1), Mode.HISTORICAL),
        (YESTERDAY, Mode.LIVE),
        (YESTERDAY + timedelta(days=1), Mode.HISTORICAL),
    ],
)
def test_only_yesterday_is_live(as_of: date, mode: Mode) -> None:
    assert mode is plan_run(now=MORNING, zone=STOCKHOLM, as_of=as_of).mode


def test_a_backfill_of_yesterday_is_historical() -> None:
    plan = plan_run(now=MORNING, zone=STOCKHOLM, as_of=YESTERDAY, historical=True)

    assert plan.mode is Mode.HISTORICAL
    assert plan.because == "a historical run was asked for"


def test_a_run_that_uses_old_knowledge_is_historical() -> None:
    plan = plan_run(now=MORNING, zone=STOCKHOLM, as_of=YESTERDAY, known_at=MORNING - timedelta(hours=1))

    assert plan.mode is Mode.HISTORICAL


def test_known_then_is_the_moment_the_days_own_run_fired() -> None:
    fired = datetime(2026, 10, 20, 4, 0, tzinfo=UTC)

    plan = plan_run(now=MORNING, zone=STOCKHOLM, fired_at=fired, known=Known.THEN)

    assert (date(2026, 10, 19), fired) == (plan.as_of, plan.known_at)


def test_known_then_without_a_firing_is_the_days_end() -> None:
    plan = plan_run(now=MORNING, zone=STOCKHOLM, as_of=date(2026, 10, 19), known=Known.THEN)

    assert plan.known_at == datetime(2026, 10, 19, 22, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "given",
    [{"as_of": date(2026, 11, 1)}, {"fired_at": MORNING + timedelta(seconds=1)}],
    ids=["the end of today", "a later hour of today"],
)
def test_what_was_known_at_a_moment_to_come_is_refused(given: Any) -> None:
    with pytest.raises(NoDay, match="has not come"):
        plan_run(now=MORNING, zone=STOCKHOLM, known=Known.THEN, **given)


def test_a_day_that_has_not_begun_is_refused() -> None:
    with pytest.raises(NoDay, match="has not begun"):
        plan_run(now=MORNING, zone=STOCKHOLM, as_of=date(2026, 11, 2))


def test_no_day_at_all_is_refused_with_the_remedy() -> None:
    with pytest.raises(NoDay, match="give as_of"):
        plan_run(now=MORNING, zone=STOCKHOLM)


def test_a_live_plan_cleared_a_day_later_is_live_no_more() -> None:
    plan = plan_run(now=MORNING, zone=STOCKHOLM, as_of=YESTERDAY)

    assert is_still_live(plan, MORNING, STOCKHOLM)
    assert not is_still_live(plan, MORNING + timedelta(days=1), STOCKHOLM)
