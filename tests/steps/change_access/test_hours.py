"""The hours at which access is taken, and what was begun before they end."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from csp_receivables.domain.access.timing import wrong_hour
from csp_receivables.domain.outbox.gate import Moment
from tests.access_desk import (
    AccessDesk,
    approved,
    document,
    half_done,
    retry_at,
)
from tests.letters import STOCKHOLM


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (datetime(2026, 11, 7, 10, tzinfo=UTC), "no working day"),  # a Saturday
        (datetime(2026, 11, 6, 14, tzinfo=UTC), "a day off begins"),  # Friday, 15 o'clock in Stockholm, 9 h before
        (datetime(2026, 12, 24, 10, tzinfo=UTC), "no working day"),
    ],
)
def test_nobody_loses_access_when_nobody_can_answer(desk: AccessDesk, moment: datetime, said: str) -> None:
    desk.policy = replace(desk.policy, hours_before_days_off=10)
    desk.customer("C1", document("c1-1"))
    desk.wait(moment - desk.clock.now)
    desk.approve()

    (why,) = desk.perform().waits

    assert said in why
    assert desk.changes_at("c1-1") == 0


@pytest.mark.parametrize(("end", "changes"), [("08:59:59", 0), ("09:00:00", 0), ("09:00:01", 1)])
def test_nothing_is_changed_around_a_renewal(desk: AccessDesk, end: str, changes: int) -> None:
    action = approved(desk, "C1", document("c1-1", commitmentEndDateTime=f"2026-11-04T{end}Z"))

    desk.perform()

    assert desk.changes_at("c1-1") == changes
    if not changes:
        assert desk.story("c1-1") == ["prepared", "put_off"]
        assert desk.state(action) == "failed"


REST = [
    (datetime(2026, 11, 7, 10, tzinfo=UTC), 0),  # a Saturday
    (datetime(2026, 11, 6, 18, 59, 59, tzinfo=UTC), 1),  # Friday, more than four hours before the weekend
    (datetime(2026, 11, 6, 19, 0, tzinfo=UTC), 0),  # Friday, four hours before it
    (datetime(2026, 12, 24, 10, tzinfo=UTC), 0),  # Christmas Eve
]


@pytest.mark.parametrize(("moment", "changes"), REST)
def test_the_rest_of_a_suspension_obeys_the_hours_too(desk: AccessDesk, moment: datetime, changes: int) -> None:
    """The process dies between two subscriptions, and the next one comes at another hour."""
    desk.policy = replace(desk.policy, approval_days=99)
    action = half_done(desk)
    desk.wait(moment - desk.clock.now)

    assert desk.perform().ended == {"suspended" if changes else "waits": 1}

    assert (desk.changes_at("c1-1"), desk.changes_at("c1-2")) == (1, changes)
    if not changes:
        assert desk.perform().ended == {}  # not before the hour has come
        again = retry_at(desk, action)
        assert wrong_hour(hours_in_sweden(again), desk.policy) == ""
        assert wrong_hour(hours_in_sweden(again - timedelta(minutes=15)), desk.policy)
        desk.wait(again - desk.clock.now)
        assert desk.perform().ended == {"suspended": 1}
        assert desk.changes_at("c1-2") == 1


def hours_in_sweden(now: datetime) -> Moment:
    return Moment(now=now, zones=(STOCKHOLM,), country="SE")


def test_what_is_in_the_air_is_settled_at_any_hour_and_nothing_else_is_sent(desk: AccessDesk) -> None:
    desk.policy = replace(desk.policy, approval_days=99)
    action = half_done(desk, settle_seconds=300)
    assert desk.story("c1-1")[-1] == "accepted"
    desk.wait(datetime(2026, 11, 7, 10, tzinfo=UTC) - desk.clock.now)

    desk.perform()

    assert desk.story("c1-1")[-1] == "verified"
    assert (desk.changes_at("c1-2"), desk.state(action)) == (0, "failed")


def test_a_rest_whose_answer_ran_out_is_left_and_told(desk: AccessDesk) -> None:
    action = half_done(desk)
    desk.later(days=6)

    assert desk.perform().ended == {"suspended": 1}
    assert (desk.state(action), desk.changes_at("c1-2"), desk.findings()) == ("done", 0, ["access.rest_left"])
    assert "the answer is older than 3 days" in desk.why(action)
