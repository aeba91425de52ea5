"""Every documented exchange is answered in the documented shape by an emulator that holds the example's state."""

from __future__ import annotations

import copy
import re
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from emulator.portfolio import add_entitlement, add_subscription
from emulator.server import Emulator
from emulator.state import Customer, Invoice, ServiceRequest, World
from tests.emulator import documented
from tests.emulator.documented import DATA, HERE, Request, missing, response, shape
from tests.emulator.serving import Client, empty_world

pytestmark = HERE
TENANT = "11f9bc2a-1f38-431c-a0b0-9455c6f5bbc0"
WHEN = {
    "auditrecords": datetime(2017, 6, 27, tzinfo=UTC),
    "invoices_list": datetime(2018, 4, 1, tzinfo=UTC),
    "invoice_by_id": datetime(2018, 4, 1, tzinfo=UTC),
}
NAMES = sorted(path.name.removesuffix(".response.json") for path in (DATA / "rest").glob("*.response.json"))


def _world(name: str) -> World:
    """What must be known for the example to be answered."""
    world, body = empty_world(WHEN.get(name, datetime(2016, 6, 1, tzinfo=UTC))), response(name)
    for tenant in (TENANT, "4d3cf487-70f4-4e1e-9ff1-b2bfce8d9f04", "425829ba-6938-4b55-af29-fbbd28ebeebf"):
        world.customers[tenant] = Customer(tenant_id=tenant, name="Relecloud", domain="relecloud.example")
    if name in ("invoices_list", "invoice_by_id"):
        for document in body.get("items", [body]):
            world.invoices[document["id"]] = Invoice(document=document)
        for number in range(200 if name == "invoices_list" else 0):  # so that the page of 200 has a next one
            world.invoices[f"D{number}"] = Invoice(document=body["items"][0] | {"id": f"D{number}"})
    elif name.startswith("invoice_summar"):
        world.summaries = body.get("items", [body])
    elif "lineitems" in name or "unbilled" in name or "billed_daily" in name:
        _lines(world, name)
    elif "subscription" in name:
        _subscriptions(world, name, body)
    elif name.startswith("azure_entitlement"):
        _azure(world, body)
    elif name.startswith("servicerequest"):
        _service_request(world, name, body)
    elif name == "auditrecords":
        world.audit = body["items"]
    elif name == "portal_requests_without_mfa":
        world.without_mfa = body["items"]
    return world


def _lines(world: World, name: str) -> None:
    asked = documented.request(name)
    query = {key.lower(): value.lower() for key, value in httpx.URL(asked.path).params.items()}
    invoice = re.search(r"/invoices/([^/?]+)", asked.path)
    assert invoice
    by_path = re.search(r"/lineitems/(\w+)/(\w+)", asked.path)
    provider, kind = (
        by_path.groups()
        if by_path
        else (query["provider"], query.get("invoicelineitemtype") or query["nvoicelineitemtype"])
    )
    items, size = response(name)["items"], 2
    filled = [items[place % len(items)] for place in range(size)]
    world.line_items[invoice[1], provider.lower(), kind.lower()] = filled + items[:size]


def _subscriptions(world: World, name: str, body: dict[str, Any]) -> None:
    tenant = (
        TENANT
        if "<customer" in (DATA / "rest" / f"{name}.request.http").read_text()
        else "4d3cf487-70f4-4e1e-9ff1-b2bfce8d9f04"
    )
    for document in body.get("items", [body]):
        known = {key[0].lower() + key[1:]: value for key, value in copy.deepcopy(document).items()}
        known["attributes"] = {key.lower().replace("type", "Type"): value for key, value in known["attributes"].items()}
        known["status"] = {"suspend_subscription": "active", "reactivate_subscription": "suspended"}.get(
            name, known["status"]
        )
        if name == "update_subscription_response":
            known["friendlyName"] = "before"
        add_subscription(world, tenant, known)


def _azure(world: World, body: dict[str, Any]) -> None:
    for document in body.get("items", [body]):
        tenant = document.get("links", {}).get("self", {}).get("uri", f"/customers/{TENANT}").split("/")[2]
        plan = {"id": document["subscriptionId"], "productType": {"id": "Azure"}, "quantity": 1, "status": "active"}
        add_subscription(world, tenant, plan)
        add_entitlement(world, tenant, document)


def _service_request(world: World, name: str, body: dict[str, Any]) -> None:
    for document in body.get("items", [body]):
        known = dict(document)
        if "items" in body:
            known |= {"severity": "unknown", "status": "open"}
        elif name.endswith("patch"):
            known["notes"] = []
        world.service_requests[document["id"]] = ServiceRequest(tenant_id=TENANT, document=known)
    world.service_requests[body.get("id", "")] = next(iter(world.service_requests.values()))


def _ask(client: Client, name: str) -> httpx.Response:
    asked = _asked(client, name)
    needs_user = name.startswith(("invoice_by_id", "invoice_summaries", "servicerequest"))
    headers = (client.user if needs_user else client.rest) | asked.headers
    return client.http.request(asked.method, asked.path, headers=headers, json=asked.body)


def _asked(client: Client, name: str) -> Request:
    subscription = next((each.id for each in client.world.subscriptions.values()), "")
    asked = documented.request(
        name, customer_tenant_id=TENANT, id_for_subscription=subscription, subscription_id=subscription, etag="<etag>",
        invoice_id=next(iter(client.world.invoices), ""),
    )  # fmt: skip
    path = re.sub(r"(/subscriptions/)[0-9A-F-]{36}$", rf"\g<1>{subscription}", asked.path)
    if name == "azure_entitlement_cancel":
        entitlement = next(iter(client.world.entitlements.values()))
        plan = entitlement.document["subscriptionId"]
        path = f"/v1/customers/{entitlement.tenant_id}/subscriptions/{plan}/azureEntitlements/{entitlement.id}/cancel"
        return Request("POST", path, asked.headers, {"cancellationReason": "compromise"})
    path = path.replace("size=2000", "size=2")
    if "MS-ContinuationToken" in asked.headers:
        first = re.sub(r"[?&]seek[oO]peration=[nN]ext", "", path)
        first += "" if "size=" in first else "?size=2"
        asked.headers["MS-ContinuationToken"] = client.get(first).json()["continuationToken"]
        path += "" if "size=" in path else "&size=2"
    if name == "auditrecords":
        path = path.replace("6/1/2017", "4/1/2017")
    return Request(asked.method, path, asked.headers, asked.body)


@pytest.mark.parametrize("name", NAMES)
def test_an_exchange_is_answered_as_documented(emulator: Emulator, name: str) -> None:
    emulator.world = _world(name)
    client = Client(emulator)
    answer = _ask(client, name)

    assert 200 == answer.status_code, answer.text
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert [] == missing(shape(response(name)), shape(answer.json()))
    sent = documented.request(name).headers
    assert {sent["MS-RequestId"]} == {answer.headers["MS-RequestId"]}
