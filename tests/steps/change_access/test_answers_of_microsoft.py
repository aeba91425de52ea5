"""Whatever Microsoft answers: settled by reading, waited for, or told to a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from csp_receivables.adapters.ledger.tables import finding
from emulator.faults import Wanted
from tests.access_desk import (
    AccessDesk,
    approved,
    document,
    retry_at,
)
from tests.ledgers_with_debtors import rows_of

BREAKS = {"closed_before": 1, "closed_after": 1, "error_500": 1, "html_502": 1, "empty_body": 1, "html_200": 1}


@pytest.mark.parametrize("fault", list(BREAKS))
def test_a_change_that_broke_off_is_settled_by_reading(desk: AccessDesk, fault: str) -> None:
    action = approved(desk)
    desk.emulator.world.faults.want(Wanted(kind=fault, method="PATCH"))

    first = desk.perform()
    desk.later(minutes=11)
    desk.perform()

    assert first.findings == []
    assert (desk.state(action), desk.at_microsoft("c1-1")["status"]) == ("done", "suspended")
    assert desk.changes_at("c1-1") == 1
    desk.pays("C1")
    desk.emulator.world.faults.want(Wanted(kind=fault, method="PATCH"))
    desk.restore()
    desk.later(minutes=11)
    desk.restore()
    shown = desk.at_microsoft("c1-1")
    assert (shown["status"], shown["autoRenewEnabled"], shown["scheduledNextTermInstructions"]["quantity"]) == (
        "active", True, 8,
    )  # fmt: skip


@pytest.mark.parametrize(("seconds", "first"), [(5, "suspended"), (300, "later")])
def test_what_takes_its_time_is_read_until_it_shows(desk: AccessDesk, seconds: int, first: str) -> None:
    action = approved(desk)
    desk.emulator.world.behaviour = replace(desk.emulator.world.behaviour, slow_share=1.0, settle_seconds=seconds)

    assert desk.perform().ended == {first: 1}
    desk.later(minutes=11)
    desk.perform()

    assert (desk.state(action), desk.changes_at("c1-1")) == ("done", 1)


@pytest.mark.parametrize(("code", "minutes"), [(800082, 2), (900278, 24 * 60)])
def test_a_renewal_at_microsoft_is_waited_for(desk: AccessDesk, code: int, minutes: int) -> None:
    action = approved(desk)
    world = desk.emulator.world
    own = world.subscriptions["c1-1"]
    world.subscriptions["c1-1"] = replace(own, renewing_until=desk.clock.now + timedelta(minutes=minutes - 1))
    world.behaviour = replace(world.behaviour, renewal_code=code)

    assert desk.perform().ended == {"later": 1}
    assert retry_at(desk, action) == desk.clock.now + timedelta(minutes=minutes)


def test_what_microsoft_refuses_for_good_is_for_a_person(desk: AccessDesk) -> None:
    action = approved(desk)
    desk.emulator.world.behaviour = replace(desk.emulator.world.behaviour, changes_a_day=0)

    done = desk.perform()

    assert (done.ended, desk.findings()) == ({"failed": 1}, ["access.refused"])
    desk.later(days=1)
    assert desk.perform().ended == {}
    assert (desk.state(action), desk.story("c1-1")) == ("failed", ["prepared", "began", "refused"])


def test_the_partners_own_credit_limit_is_told_beside_the_refusal(desk: AccessDesk) -> None:
    approved(desk)
    world = desk.emulator.world
    own = world.subscriptions["c1-1"]
    world.subscriptions["c1-1"] = replace(own, renewing_until=desk.clock.now + timedelta(minutes=1))
    world.behaviour = replace(world.behaviour, renewal_code=900121)

    assert desk.perform().ended == {"failed": 1}
    told = sorted(code for (code,) in rows_of(desk.ledger, finding, "code"))
    assert told == ["access.refused", "microsoft.credit_limit"]


def test_a_customer_who_left_us_is_told_and_the_others_go_on(desk: AccessDesk) -> None:
    desk.customer("C1", document("c1-1"))
    desk.customer("C2", document("c2-1"))
    desk.approve()
    world = desk.emulator.world
    world.customers["c1-tenant"] = replace(world.customers["c1-tenant"], related=False)

    done = desk.perform()

    assert done.ended == {"unreadable": 1, "suspended": 1}
    assert desk.findings() == ["access.unreadable"]


def test_a_consent_that_is_lost_ends_the_run_and_nothing_is_lost(desk: AccessDesk) -> None:
    action = approved(desk)
    desk.emulator.world.faults.want(Wanted(kind="mfa_missing", method="GET", path="subscriptions", times=9))

    assert "second factor" in desk.perform().because
    desk.emulator.world.faults.clear()
    assert desk.state(action) == "proposed"
    assert desk.perform().ended == {"suspended": 1}


def test_who_was_suspended_already_is_not_ours(desk: AccessDesk) -> None:
    action = approved(desk, "C1", document("c1-1"), document("c1-2"))
    tenant = "c1-tenant"
    reads = desk.actor.subscriptions
    reads.set_status(reads.read(tenant, "c1-2"), "suspended")
    desk.sync(tenant)

    assert desk.perform().waits == {"what the answer rested on has changed since": 1}
    desk.approve()
    desk.perform()
    desk.pays("C1")
    desk.restore()

    assert desk.state(action) == "done"
    assert [desk.at_microsoft(own)["status"] for own in ("c1-1", "c1-2")] == ["active", "suspended"]
