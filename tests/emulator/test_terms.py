"""What the clock does to subscriptions: renewals with their window, ends, extended terms, and the ways down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from emulator.server import Emulator
from tests.emulator.subscriptions import LEGACY, NCE, Actor, code, world_of_subscriptions

LAST_SECOND = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)
CANCEL = [{"scheduleType": "TermEnd", "actionType": "Cancel"}]
At = Callable[..., Actor]


@pytest.fixture
def at(emulator: Emulator) -> At:
    """An actor at a moment after the end of the term, or before with less than nothing."""

    def actor(after_the_end: timedelta, *, est_eligible: bool = True, **fields: Any) -> Actor:
        emulator.world = world_of_subscriptions(est_eligible=est_eligible, **fields)
        emulator.world.clock.set(LAST_SECOND + after_the_end)
        emulator.world.sign_in.grants.clear()
        return Actor(emulator)

    return actor


def test_a_term_holds_to_its_last_second(at: At) -> None:
    assert "active" == at(timedelta(0), autoRenewEnabled=False, est_eligible=False).status()
    assert "expired" == at(timedelta(seconds=1), autoRenewEnabled=False, est_eligible=False).status()


def test_a_renewal_takes_from_a_minute_after_midnight_and_lets_nothing_change_until_then(at: At) -> None:
    actor = at(timedelta(minutes=30))
    assert (409, 800082) == code(actor.change(status="suspended"))
    assert "2026-12-31T23:59:59Z" == actor.read()["commitmentEndDateTime"]
    actor.world.behaviour = replace(actor.world.behaviour, renewal_code=900278)
    assert (409, 900278) == code(actor.change(autoRenewEnabled=False))
    actor.world.clock.set(LAST_SECOND + timedelta(seconds=61 + 3600))

    assert "2027-12-31T23:59:59Z" == actor.read()["commitmentEndDateTime"]
    assert 200 == actor.change(status="suspended").status_code


def test_until_a_minute_after_midnight_the_renewal_can_be_called_off(at: At) -> None:
    actor = at(timedelta(seconds=60))
    assert 200 == actor.change(autoRenewEnabled=False, scheduledActions=CANCEL).status_code
    actor.world.clock.advance(1)
    assert "disabled" == actor.status()
    assert (409, 800082) == code(at(timedelta(seconds=61)).change(autoRenewEnabled=False))


def test_a_renewal_brings_what_was_planned_and_seven_days_to_cancel(at: At) -> None:
    plan = {"quantity": 3, "product": {"termDuration": "P1M"}}
    actor = at(timedelta(hours=2), scheduledNextTermInstructions=plan, isTrial=True)
    after = actor.read()

    assert (3, "P1M", False) == (after["quantity"], after["termDuration"], after["isTrial"])
    assert "2027-01-31T23:59:59Z" == after["commitmentEndDateTime"]
    assert "scheduledNextTermInstructions" not in after
    assert 200 == actor.change(status="deleted").status_code


def test_without_renewal_an_eligible_one_goes_on_month_by_month_and_is_paid_for(at: At) -> None:
    actor = at(timedelta(days=40), autoRenewEnabled=False)

    assert ("active", "2027-02-28T23:59:59Z") == (actor.status(), actor.read()["commitmentEndDateTime"])
    assert (400, 900279) == code(actor.change(quantity=1))
    assert 200 == actor.change(scheduledActions=CANCEL).status_code
    actor.world.clock.advance(40 * 24 * 3600)
    actor.sign_in()
    assert "disabled" == actor.status()


@pytest.mark.parametrize(
    "fields",
    [{"scheduledActions": CANCEL}, {"isTrial": True}, {"termDuration": "P3Y"}],  # the last: bought before April 2025
)
def test_what_does_not_go_on(at: At, fields: dict[str, Any]) -> None:
    actor = at(timedelta(days=1), autoRenewEnabled=False, **fields)

    assert actor.status() in ("expired", "disabled")
    assert (400, 800040) == code(actor.change(status="active"))


@pytest.mark.parametrize(("days", "status"), [(29, "expired"), (31, "disabled"), (119, "disabled"), (121, "deleted")])
def test_the_way_down_of_what_is_not_renewed(at: At, days: int, status: str) -> None:
    assert status == at(timedelta(days=days), autoRenewEnabled=False, est_eligible=False).status()


@pytest.mark.parametrize(("days", "status"), [(1, "disabled"), (119, "disabled"), (121, "deleted")])
def test_the_way_down_of_what_is_suspended_at_its_end(at: At, days: int, status: str) -> None:
    actor = at(timedelta(days=days), status="suspended", autoRenewEnabled=False)

    assert status == actor.status()
    assert (400, 2011 if status == "deleted" else 800040) == code(actor.change(status="active"))


def test_a_legacy_one_is_deleted_when_it_was_suspended_for_ninety_days(at: At) -> None:
    actor = at(-timedelta(days=180))
    actor.change(LEGACY, status="suspended")
    actor.world.clock.advance(90 * 24 * 3600 - 1)
    actor.sign_in()
    assert "suspended" == actor.status(LEGACY)
    actor.world.clock.advance(1)
    assert "deleted" == actor.status(LEGACY)


@pytest.mark.parametrize(("last_day", "status"), [(3, "expired"), (4, "active")])
def test_terms_go_on_from_the_fourth_of_may_on(at: At, last_day: int, status: str) -> None:
    actor = at(timedelta(0), autoRenewEnabled=False, commitmentEndDateTime=f"2026-05-0{last_day}T23:59:59Z")
    actor.world.clock.set(datetime(2026, 5, last_day + 1, 1, tzinfo=UTC))

    assert status == actor.status()


def test_many_terms_can_pass_at_once(at: At) -> None:
    assert "2031-12-31T23:59:59Z" == at(timedelta(days=365 * 4 + 10)).read(NCE)["commitmentEndDateTime"]
