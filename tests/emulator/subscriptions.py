"""One customer with subscriptions of each kind, and a client that reads, changes and writes one back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx

from emulator.portfolio import add_entitlement, add_subscription
from emulator.state import Customer, World
from tests.emulator.serving import Client, empty_world

TENANT = "4d3cf487-70f4-4e1e-9ff1-b2bfce8d9f04"
NCE, LEGACY, ADD_ON, PLAN, AZURE = (f"0000000{number}-0000-4000-8000-000000000000" for number in range(1, 6))
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)


def nce(own: str = NCE, **more: Any) -> dict[str, Any]:
    """A yearly licence until the end of 2026-12-31, bought a year before."""
    return {
        "id": own,
        "offerId": "CFQ7TTC0LH18:0001:CFQ7TTC0K971",
        "friendlyName": "Microsoft 365 Business Basic",
        "productType": {"id": "OnlineServicesNCE", "displayName": "OnlineServicesNCE"},
        "quantity": 15,
        "effectiveStartDate": "2026-01-01T00:00:00Z",
        "commitmentEndDate": "2026-12-31T00:00:00Z",
        "commitmentEndDateTime": "2026-12-31T23:59:59Z",
        "status": "active",
        "autoRenewEnabled": True,
        "isTrial": False,
        "billingCycle": "monthly",
        "termDuration": "P1Y",
        "contractType": "subscription",
        "attributes": {"objectType": "Subscription"},
    } | more


def legacy(own: str, **more: Any) -> dict[str, Any]:
    return {
        "id": own,
        "offerId": "2828BE95-46BA-4F91-B2FD-0BEF192ECF60",
        "friendlyName": "Exchange",
        "quantity": 2,
        "effectiveStartDate": "2026-01-01T00:00:00Z",
        "commitmentEndDate": "2027-01-01T00:00:00Z",
        "status": "active",
        "autoRenewEnabled": True,
        "contractType": "subscription",
        "attributes": {"etag": "b25l", "objectType": "Subscription"},
    } | more


def world_of_subscriptions(*, est_eligible: bool = True, **nce_fields: Any) -> World:
    world = empty_world(NOW)
    world.customers[TENANT] = Customer(tenant_id=TENANT, name="Relecloud", domain="relecloud.example")
    add_subscription(world, TENANT, nce(**nce_fields), est_eligible=est_eligible)
    add_subscription(world, TENANT, legacy(LEGACY))
    add_subscription(world, TENANT, legacy(ADD_ON, parentSubscriptionId=LEGACY))
    add_subscription(
        world, TENANT, nce(PLAN, productType={"id": "Azure"}, commitmentEndDateTime="9999-12-30T23:59:59Z")
    )
    add_entitlement(world, TENANT, {"id": AZURE, "friendlyName": "Azure", "status": "active", "subscriptionId": PLAN})
    return world


class Actor(Client):
    """Changes subscriptions as an app."""

    requests = 0

    def read(self, own: str = NCE) -> dict[str, Any]:
        return self.get(f"/v1/customers/{TENANT}/subscriptions/{own}").json()

    def write(self, body: dict[str, Any], own: str = "", **headers: str) -> httpx.Response:
        path = f"/v1/customers/{TENANT}/subscriptions/{own or body['id']}"
        self.requests += 1
        new_id = {"MS-RequestId": f"request-{self.requests}"}
        return self.http.patch(path, json=body, headers=self.rest | new_id | headers)

    def change(self, own: str = NCE, **fields: Any) -> httpx.Response:
        """The whole subscription as it was read, with some fields changed."""
        return self.write(self.read(own) | fields)

    def azure(self, action: str, **body: Any) -> httpx.Response:
        path = f"/v1/customers/{TENANT}/subscriptions/{PLAN}/azureEntitlements/{AZURE}/{action}"
        return self.http.post(path, json=body, headers=self.rest)

    def status(self, own: str = NCE) -> str:
        return str(self.read(own)["status"])


def code(answer: httpx.Response) -> tuple[int, int]:
    """Status and Partner Center's own code."""
    return answer.status_code, answer.json()["code"]
