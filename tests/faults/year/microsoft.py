"""Microsoft's side of a simulated world: the emulator with each customer's subscriptions, and faults from a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta

from csp_receivables.adapters.partner_center.manners import Manners
from emulator.behaviour import Behaviour
from emulator.clock import Clock
from emulator.faults import ORDINARY, Faults
from emulator.portfolio import add_subscription
from emulator.state import Customer as Tenant
from emulator.state import Json, World
from tests.faults.year.house import SimulatedClock
from tests.faults.year.truth import Customer

FAULT_RATE = 0.006  # of each kind: an eighth of all requests is struck
_PLAN = {"product": {"termDuration": "P1Y", "billingCycle": "monthly"}, "quantity": 8}


def made_world(clock: Clock, customers: tuple[Customer, ...], seed: int, rate: float = FAULT_RATE) -> World:
    """What Microsoft knows: two subscriptions a customer, of new commerce or a legacy base with its add-on."""
    chance = random.Random(f"microsoft:{seed}")
    world = World(clock=clock)
    for customer in customers:
        tenant = customer.tenant_id
        world.customers[tenant.lower()] = Tenant(
            tenant_id=tenant, name=customer.customer_id, domain=f"{customer.customer_id.lower()}.example"
        )
        for document in _documents(customer, chance):
            add_subscription(world, tenant, document)
    world.behaviour = Behaviour(slow_pauses=(), slow_share=0.3, settle_seconds=chance.choice((20.0, 120.0, 480.0)))
    world.faults.random = Faults(seed=seed, rates=dict.fromkeys(ORDINARY, rate))
    return world


def subscription_ids(customer: Customer) -> tuple[str, str]:
    """The ids of a customer's two subscriptions."""
    name = customer.customer_id.lower()
    return f"{name}-base", f"{name}-more"


def _documents(customer: Customer, chance: random.Random) -> Iterator[Json]:
    base, more = subscription_ids(customer)
    if chance.random() < 0.3:
        etag = {"objectType": "Subscription", "etag": "v1"}
        plain = {"productType": None, "offerId": "031C9E47-4802-4248-838E", "attributes": etag}
        yield _document(base, **plain)
        yield _document(more, **plain, parentSubscriptionId=base)
        return
    yield _document(base, scheduledNextTermInstructions=_PLAN)
    yield _document(more, autoRenewEnabled=chance.random() < 0.5)


def _document(own: str, **given: object) -> Json:
    made: Json = {
        "id": own,
        "offerId": "CFQ7TTC0LCHC:0002:CFQ7TTC0K59W",
        "offerName": "Microsoft 365 Business Premium",
        "productType": {"id": "OnlineServicesNCE", "displayName": "OnlineServicesNCE"},
        "quantity": 10,
        "unitType": "Licenses",
        "creationDate": "2025-09-10T08:00:00Z",
        "effectiveStartDate": "2025-09-10T00:00:00Z",
        "commitmentEndDate": "2027-09-09T00:00:00Z",
        "commitmentEndDateTime": "2027-09-09T23:59:59Z",
        "status": "active",
        "autoRenewEnabled": True,
        "isTrial": False,
        "billingType": "license",
        "billingCycle": "monthly",
        "termDuration": "P1Y",
        "contractType": "subscription",
        "attributes": {"objectType": "Subscription"},
    }
    return {name: value for name, value in (made | given).items() if value is not None}


def renewal_of(document: Json) -> tuple[object, object]:
    """What a restore must bring back beside the status."""
    return document.get("autoRenewEnabled"), document.get("scheduledNextTermInstructions")


def manners(clock: SimulatedClock, chance: random.Random) -> Manners:
    """Waiting moves the one clock and takes no time."""
    return Manners(
        clock=clock,
        elapsed=clock.seconds,
        sleep=lambda seconds: clock.advance(timedelta(seconds=seconds)),
        chance=chance.random,
    )
