"""PATCH of a subscription, rule by rule as documented."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from emulator.faults import Wanted
from emulator.server import Emulator
from tests.emulator.subscriptions import (
    ADD_ON,
    LEGACY,
    NCE,
    NOW,
    PLAN,
    TENANT,
    Actor,
    code,
    nce,
    world_of_subscriptions,
)

PLANNED: dict[str, Any] = {"quantity": 3, "product": {"termDuration": "P1Y"}}
CHARGE: dict[str, Any] = {"product": {"billingCycle": "annual"}}
AT_END = {"scheduleType": "TermEnd", "actionType": "Cancel"}
ON_A_DAY = {"scheduleType": "CustomDate", "actionType": "Cancel", "effectiveDate": "2026-08-01"}


@pytest.fixture
def actor(emulator: Emulator) -> Iterator[Actor]:
    emulator.world = world_of_subscriptions()
    actor = Actor(emulator)
    yield actor
    actor.http.close()


def test_suspending_turns_auto_renew_off_and_takes_away_what_was_planned_for_the_end(actor: Actor) -> None:
    actor.change(
        scheduledNextTermInstructions=PLANNED, nextChargeInstructions=CHARGE, scheduledActions=[AT_END, ON_A_DAY]
    )
    answer = actor.change(status="suspended")
    after = actor.read()

    assert 200 == answer.status_code
    assert ("suspended", False) == (after["status"], after["autoRenewEnabled"])
    assert "scheduledNextTermInstructions" not in after
    assert (CHARGE, [ON_A_DAY]) == (after["nextChargeInstructions"], after["scheduledActions"])


def test_resuming_leaves_auto_renew_off_whatever_is_sent(actor: Actor) -> None:
    actor.change(status="suspended")
    assert 200 == actor.change(status="active", autoRenewEnabled=True).status_code
    assert ("active", False) == (actor.read()["status"], actor.read()["autoRenewEnabled"])
    assert 200 == actor.change(autoRenewEnabled=True).status_code
    assert actor.read()["autoRenewEnabled"] is True


@pytest.mark.parametrize(
    ("left_out", "becomes"),
    [("autoRenewEnabled", False), ("scheduledNextTermInstructions", None), ("nextChargeInstructions", None)],
)
def test_what_is_left_out_is_reset(actor: Actor, left_out: str, becomes: object) -> None:
    actor.change(scheduledNextTermInstructions=PLANNED, nextChargeInstructions=CHARGE)
    body = actor.read()
    del body[left_out]
    actor.write(body | {"friendlyName": "new"})

    assert becomes == actor.read().get(left_out)


@pytest.mark.parametrize("missing", ["id", "quantity", "status"])
def test_half_a_subscription_is_refused(actor: Actor, missing: str) -> None:
    body = actor.read()
    del body[missing]

    assert (400, 3000) == code(actor.write(body, NCE))


def test_names_are_taken_in_any_case(actor: Actor) -> None:
    body = {name[0].upper() + name[1:]: value for name, value in actor.read().items()}
    actor.write(body | {"ScheduledNextTermInstructions": {"Quantity": 3, "Product": {"TermDuration": "P1Y"}}}, NCE)
    assert PLANNED == actor.read()["scheduledNextTermInstructions"]
    answer = actor.write(body | {"Status": "Suspended"}, NCE)

    assert (200, "suspended") == (answer.status_code, actor.status())


def test_the_quantity_cannot_change_with_the_status(actor: Actor) -> None:
    assert (400, 2001) == code(actor.change(status="suspended", quantity=14))
    assert "active" == actor.status()


def test_a_suspended_subscription_takes_no_other_change(actor: Actor) -> None:
    actor.change(status="suspended")

    assert (400, 800091) == code(actor.change(quantity=14))
    assert (400, 800091) == code(actor.change(friendlyName="new"))


def test_suspending_twice_changes_nothing_and_activating_the_active_is_refused(actor: Actor) -> None:
    assert (400, 800041) == code(actor.change(status="active"))
    actor.change(status="suspended")
    assert 200 == actor.change(status="suspended").status_code
    assert 1 == actor.world.log.effects()


def test_an_old_etag_is_refused_and_new_commerce_has_none(actor: Actor) -> None:
    etag = actor.read(LEGACY)["attributes"]["etag"]
    assert 200 == actor.write(actor.read(LEGACY) | {"friendlyName": "new"}, **{"If-Match": etag}).status_code

    assert "etag" not in actor.read(NCE)["attributes"]
    assert etag != actor.read(LEGACY)["attributes"]["etag"]
    assert (400, 2055) == code(actor.write(actor.read(LEGACY) | {"friendlyName": "x"}, **{"If-Match": etag}))


def test_somebody_else_can_be_quicker(actor: Actor) -> None:
    body = actor.read(LEGACY)
    actor.world.faults.want(Wanted(kind="stale_etag"))

    assert (400, 2055) == code(actor.write(body | {"status": "suspended"}, **{"If-Match": body["attributes"]["etag"]}))


@pytest.mark.parametrize(
    ("kind", "refusal"),
    [("Software", (400, 800096)), ("Perpetual", (400, 800042)), ("AzureReservation", (400, 800042)),
     ("SavingsPlan", (403, 900321))],
)  # fmt: skip
def test_what_cannot_be_switched_off_is_refused(emulator: Emulator, kind: str, refusal: tuple[int, int]) -> None:
    emulator.world = world_of_subscriptions(productType={"id": kind})

    assert refusal == code(Actor(emulator).change(status="suspended"))


def test_an_azure_plan_is_suspended_only_after_its_azure_subscriptions(actor: Actor) -> None:
    assert (403, 900115) == code(actor.change(PLAN, status="suspended"))
    assert (400, 900307) == code(actor.azure("cancel", cancellationReason="nonpayment"))
    answer = actor.azure("cancel", cancellationReason="compromise")
    assert (200, "active") == (answer.status_code, answer.json()["status"])  # it takes ten minutes
    assert (403, 900115) == code(actor.change(PLAN, status="suspended"))
    actor.world.clock.advance(600)
    assert 200 == actor.change(PLAN, status="suspended").status_code
    assert (400, 900118) == code(actor.azure("reactivate"))
    actor.change(PLAN, status="active")
    assert 202 == actor.azure("reactivate").status_code


def test_add_ons_follow_their_base_down_and_need_it_to_come_up(actor: Actor) -> None:
    actor.change(LEGACY, status="suspended")

    assert "suspended" == actor.status(ADD_ON)
    assert (409, 27009) == code(actor.change(ADD_ON, status="active"))
    actor.change(LEGACY, status="active")
    assert 200 == actor.change(ADD_ON, status="active").status_code


def test_a_customer_or_subscription_that_is_not_there(actor: Actor) -> None:
    assert (404, 20003) == code(actor.write(nce(), "00000000-0000-4000-8000-00000000000f"))
    actor.world.customers[TENANT] = replace(actor.world.customers[TENANT], related=False)
    assert (403, 20002) == code(actor.write(nce()))


def test_too_many_changes_a_day_are_refused_until_the_day_is_over(actor: Actor) -> None:
    actor.world.behaviour = replace(actor.world.behaviour, changes_a_day=2)
    actor.change(status="suspended")
    actor.change(status="active")

    assert (400, 900311) == code(actor.change(status="suspended"))
    actor.world.clock.advance(24 * 3600)
    actor.sign_in()
    assert 200 == actor.change(status="suspended").status_code


def test_a_share_of_changes_is_accepted_first_and_made_later(actor: Actor) -> None:
    actor.world.behaviour = replace(actor.world.behaviour, slow_share=0.5, settle_seconds=60)
    quick, slow = actor.change(friendlyName="one"), actor.change(status="suspended")

    assert [200, 202] == [quick.status_code, slow.status_code]
    assert f"/customers/{TENANT}/subscriptions/{NCE}" == slow.headers["Location"]
    assert "active" == actor.status()
    assert (409, 800082) == code(actor.change(status="suspended"))
    actor.world.clock.advance(60)
    assert "suspended" == actor.status()


def test_add_ons_of_a_base_follow_when_the_slow_change_is_made(actor: Actor) -> None:
    actor.world.behaviour = replace(actor.world.behaviour, slow_share=1.0, settle_seconds=60)
    assert 202 == actor.change(LEGACY, status="suspended").status_code
    assert ("active", "active") == (actor.status(LEGACY), actor.status(ADD_ON))
    actor.world.clock.advance(60)

    assert ("suspended", "suspended") == (actor.status(LEGACY), actor.status(ADD_ON))


def test_a_retried_change_has_one_effect_and_one_answer(actor: Actor) -> None:
    body = actor.read() | {"status": "suspended"}
    actor.world.faults.want(Wanted(kind="closed_after", method="PATCH"))
    with pytest.raises(httpx.TransportError):
        actor.write(body, **{"MS-RequestId": "same"})
    again = actor.write(body, **{"MS-RequestId": "same"})

    assert (200, "suspended") == (again.status_code, again.json()["status"])
    assert 1 == actor.world.log.effects()
    assert actor.world.log.entries[-1].replayed


def test_a_change_that_never_arrived_has_no_effect(actor: Actor) -> None:
    actor.world.faults.want(Wanted(kind="closed_before", method="PATCH"))
    with pytest.raises(httpx.TransportError):
        actor.change(status="suspended")

    assert ("active", 0) == (actor.status(), actor.world.log.effects())


def test_a_change_is_in_the_audit_with_the_status_inside(actor: Actor) -> None:
    actor.change(status="suspended")
    (record,) = actor.get("/v1/auditrecords").json()["items"]

    assert ("update_subscription", TENANT) == (record["operationType"], record["customerId"])
    assert '"status": "suspended"' in record["resourceNewValue"]
    assert f"{NOW:%Y-%m-%dT%H:%M:%SZ}" == record["operationDate"]


def test_cancelling_ends_with_the_seventh_day(emulator: Emulator) -> None:
    emulator.world = world_of_subscriptions(effectiveStartDate="2026-06-08T12:00:00Z")
    actor = Actor(emulator)
    emulator.world.clock.advance(1)
    assert (400, 900117) == code(actor.change(status="deleted"))
    emulator.world.clock.set(NOW)
    assert 200 == actor.change(status="deleted").status_code
    assert (400, 2011) == code(actor.change(friendlyName="new"))
