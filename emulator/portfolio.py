"""Customers, subscriptions and Azure entitlements: from `partner.json`, or told from the charge lines."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from emulator.charges import Line
from emulator.clock import moment, stamp
from emulator.state import Customer, Entitlement, Json, Partner, ServiceRequest, Subscription, World


def take_partner_file(world: World, told: Json) -> None:
    """Everything that `partner.json` says; each part is optional."""
    if partner := told.get("partner"):
        world.partner = Partner(tenant_id=partner["tenantId"], name=partner["name"], mpn_id=str(partner["mpnId"]))
    for each in told.get("customers", []):
        customer = Customer(tenant_id=each["tenantId"], name=each["name"], domain=each["domain"],
                            country=each.get("country", "SE"), related=each.get("related", True))  # fmt: skip
        world.customers[customer.tenant_id.lower()] = customer
    for each in told.get("subscriptions", []):
        add_subscription(world, each["customerId"], each["subscription"], est_eligible=each.get("estEligible", True))
    for each in told.get("entitlements", []):
        add_entitlement(world, each["customerId"], each["entitlement"])
    for each in told.get("serviceRequests", []):
        request = ServiceRequest(tenant_id=each["customerId"], document=each["serviceRequest"])
        world.service_requests[str(request.document["id"])] = request
    world.audit.extend(told.get("audit", []))


def add_subscription(world: World, tenant_id: str, document: Json, *, est_eligible: bool = True) -> Subscription:
    """A subscription as its JSON shows it."""
    made = Subscription(tenant_id=tenant_id.lower(), document=document, est_eligible=est_eligible)
    if made.id.lower() not in world.subscriptions:
        world.subscriptions_of[made.tenant_id].append(made.id.lower())
    world.subscriptions[made.id.lower()] = made
    world.settled_at = None
    return made


def add_entitlement(world: World, tenant_id: str, document: Json) -> Entitlement:
    """An Azure subscription under a plan, as its JSON shows it."""
    made = Entitlement(tenant_id=tenant_id.lower(), document=document)
    world.entitlements[made.id.lower()] = made
    return made


def derive(world: World) -> None:
    """Customers and subscriptions of all charge lines; a month of ready blobs isn't read for it."""
    for (export, subject), charges in sorted(world.charges.items()):
        if export == "reconciliation" and subject in world.invoices and not charges.ready_blobs:
            _take(world, charges.lines())


def _take(world: World, lines: Iterable[Line]) -> None:
    for line in lines:
        if line.get("PartnerId") and line["PartnerId"] != world.partner.tenant_id:
            world.partner = replace(world.partner, tenant_id=line["PartnerId"], mpn_id=line.get("MpnId") or "")
        tenant = str(line.get("CustomerId") or "").removeprefix("org:")
        subscription = str(line.get("SubscriptionId") or "")
        if tenant and tenant.lower() not in world.customers:
            world.customers[tenant.lower()] = Customer(
                tenant_id=tenant, name=line.get("CustomerName") or "", domain=line.get("CustomerDomainName") or "",
                country=line.get("CustomerCountry") or "",
            )  # fmt: skip
        if tenant and subscription and subscription.lower() not in world.subscriptions:
            is_plan = (line.get("ProductCategory") or "") == "Azure" or (line.get("ProductName") or "") == "Azure plan"
            add_subscription(world, tenant, _document(world, line, is_plan=is_plan), est_eligible=not is_plan)
            if is_plan:
                add_entitlement(world, tenant, _azure_subscription(tenant, line))


def _document(world: World, line: Line, *, is_plan: bool) -> Json:
    """A new-commerce subscription; it has no ETag."""
    tenant, own = str(line["CustomerId"]).removeprefix("org:"), line["SubscriptionId"]
    start, end = _term(world, line)
    product, sku, availability = (line.get(name) or "" for name in ("ProductId", "SkuId", "AvailabilityId"))
    kind = "Azure" if is_plan else "OnlineServicesNCE"
    document: Json = {
        "id": own,
        "offerId": f"{product}:{sku}:{availability}",
        "offerName": line.get("SkuName") or line.get("ProductName") or "",
        "friendlyName": line.get("SkuName") or line.get("ProductName") or "",
        "productType": {"id": kind, "displayName": kind},
        "quantity": 1 if is_plan else int(float(line.get("BillableQuantity") or line.get("Quantity") or 1)),
        "unitType": "Usage-based" if is_plan else "Licenses",
        "hasPurchasableAddons": False,
        "creationDate": stamp(start),
        "effectiveStartDate": stamp(start),
        "commitmentEndDate": "9999-12-30T00:00:00Z" if is_plan else f"{end:%Y-%m-%d}T00:00:00Z",
        "commitmentEndDateTime": "9999-12-30T23:59:59Z" if is_plan else f"{end:%Y-%m-%d}T23:59:59Z",
        "status": "active",
        "autoRenewEnabled": not is_plan,
        "isTrial": "Trial" in str(line.get("ProductQualifiers") or ""),
        "billingType": "usage" if is_plan else "license",
        "billingCycle": "monthly",
        "termDuration": "P1M" if is_plan or "One-Month" in (line.get("TermAndBillingCycle") or "") else "P1Y",
        "renewalTermDuration": "",
        "refundOptions": [],
        "isMicrosoftProduct": True,
        "partnerId": "",
        "attentionNeeded": False,
        "actionTaken": False,
        "contractType": "subscription",
        "links": {"self": {"uri": f"/customers/{tenant}/subscriptions/{own}", "method": "GET", "headers": []}},
        "publisherName": line.get("PublisherName") or "Microsoft Corporation",
        "orderId": line.get("OrderId") or "",
        "attributes": {"objectType": "Subscription"},
    }
    return document


def _term(world: World, line: Line) -> tuple[datetime, datetime]:
    """The term of the lines, or a year that holds the emulator's day and ends on a day of the subscription's own."""
    if line.get("SubscriptionStartDate") and line.get("SubscriptionEndDate"):
        return moment(line["SubscriptionStartDate"]), moment(line["SubscriptionEndDate"])
    months_left = uuid.uuid5(uuid.NAMESPACE_URL, str(line["SubscriptionId"])).int % 11
    today = world.clock.now
    place = today.year * 12 + today.month - 1 + months_left
    end = datetime(place // 12, place % 12 + 1, 28, tzinfo=UTC)
    return end.replace(year=end.year - 1) + timedelta(days=1), end


def _azure_subscription(tenant: str, line: Line) -> Json:
    plan = line["SubscriptionId"]
    own = line.get("EntitlementId") or str(uuid.uuid5(uuid.NAMESPACE_URL, f"azure subscription of {plan}"))
    uri = f"/customers/{tenant}/subscriptions/{plan}/azureEntitlements/{own}"
    return {
        "id": own,
        "friendlyName": line.get("EntitlementDescription") or "Microsoft Azure",
        "status": "active",
        "subscriptionId": plan,
        "links": {"self": {"uri": uri, "method": "GET", "headers": []}},
    }
