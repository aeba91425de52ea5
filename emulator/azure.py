"""Azure subscriptions under an Azure plan: listed, cancelled, reactivated; each takes a while."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from emulator.answers import Refusal, TheWorld, body_of, had_effect, rest, rest_headers
from emulator.audit import record
from emulator.callers import PartnerCenterCaller
from emulator.customers import find_subscription
from emulator.state import Entitlement, World

router = APIRouter(prefix="/v1/customers/{tenant_id}/subscriptions/{plan_id}/azureEntitlements")


@router.get("")
async def listed(request: Request, world: TheWorld, _: PartnerCenterCaller, tenant_id: str, plan_id: str) -> Response:
    """All of a plan."""
    plan = find_subscription(world, tenant_id, plan_id)
    items = [each.document for each in world.entitlements.values()
             if str(each.document["subscriptionId"]).lower() == plan.id.lower()]  # fmt: skip
    return rest(request, {"totalCount": len(items), "items": items, "attributes": {"objectType": "Collection"}})


async def _find(
    world: TheWorld, _: PartnerCenterCaller, tenant_id: str, plan_id: str, entitlement_id: str
) -> Entitlement:
    plan = find_subscription(world, tenant_id, plan_id)
    found = world.entitlements.get(entitlement_id.lower())
    if found is None or str(found.document["subscriptionId"]).lower() != plan.id.lower():
        raise Refusal(404, 900337, "The Azure entitlement was not found.")
    return found


TheEntitlement = Annotated[Entitlement, Depends(_find)]


@router.get("/{entitlement_id}")
async def one(request: Request, found: TheEntitlement) -> Response:
    """One of a plan."""
    return rest(request, found.document)


@router.post("/{entitlement_id}/cancel")
async def cancel(request: Request, world: TheWorld, caller: PartnerCenterCaller, found: TheEntitlement) -> Response:
    """Shown as active until it settles. The only reason that is documented is `compromise`."""
    reason = (await body_of(request)).get("cancellationReason", "")
    if str(reason).lower() != "compromise":
        raise Refusal(400, 900307, "The cancellation reason is not valid.")
    if found.document["status"] == "active":
        _settle_later(world, found, "disabled")
        had_effect(request, f"cancelled entitlement {found.id}")
        record(world, caller, found.tenant_id, found.document, operation="cancel_azure_entitlement")
    return rest(request, found.document)


@router.post("/{entitlement_id}/reactivate")
async def reactivate(request: Request, world: TheWorld, caller: PartnerCenterCaller, found: TheEntitlement) -> Response:
    """202. Only while the plan is active."""
    plan = find_subscription(world, found.tenant_id, str(found.document["subscriptionId"]))
    if plan.document["status"] != "active":
        raise Refusal(400, 900118, "The Azure plan is not active.")
    if found.document["status"] == "active" and not found.pending:
        raise Refusal(400, 800002, "The Azure subscription is active.")
    _settle_later(world, found, "active")
    had_effect(request, f"reactivated entitlement {found.id}")
    record(world, caller, found.tenant_id, found.document, operation="reactivate_azure_entitlement")
    return Response(status_code=202, headers=rest_headers(request))


def _settle_later(world: World, entitlement: Entitlement, status: str) -> None:
    at = world.clock.now + timedelta(seconds=world.behaviour.entitlement_settle_seconds)
    world.entitlements[entitlement.id.lower()] = replace(entitlement, pending=status, settles_at=at)
    world.settled_at = None
