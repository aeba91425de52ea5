"""PATCH of a subscription: ETags, the rules, what follows for others, and the audit record."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import timedelta

from fastapi import APIRouter, Request, Response

from emulator.answers import Refusal, TheWorld, body_of, fault_of, had_effect, rest, rest_headers
from emulator.audit import record
from emulator.callers import PartnerCenterCaller
from emulator.customers import find_subscription
from emulator.state import Json, Subscription, World
from emulator.subscription_rules import Around, patched
from emulator.terms import is_new_commerce

router = APIRouter(prefix="/v1/customers")


@router.patch("/{tenant_id}/subscriptions/{subscription_id}")
async def change(
    request: Request, world: TheWorld, caller: PartnerCenterCaller, tenant_id: str, subscription_id: str
) -> Response:
    """200 and the subscription, or 202 and where to look when it takes longer."""
    body = await body_of(request)
    before = find_subscription(world, tenant_id, subscription_id)
    if fault_of(request) == "stale_etag":
        before = _keep(world, before, before.document)  # somebody else was quicker
    _check_etag(request, before)
    document = patched(before, body, _around(world, before))
    if document is before.document:
        return rest(request, _shown(world, document))
    is_slow = _is_slow(world)
    after = _put(world, before, document, slowly=is_slow)
    had_effect(request, f"{before.document['status']} -> {document['status']} of subscription {before.id}")
    record(world, caller, after.tenant_id, document, operation="update_subscription", before=before.document)
    if is_slow:
        where = f"/customers/{tenant_id}/subscriptions/{subscription_id}"
        return Response(status_code=202, headers={"Location": where, **rest_headers(request)})
    return rest(request, _shown(world, after.document))


def _check_etag(request: Request, subscription: Subscription) -> None:
    """An `If-Match` must be the version that is there; new commerce has none that could match."""
    given = request.headers.get("If-Match", "").strip('"')
    if given and given != subscription.document.get("attributes", {}).get("etag"):
        raise Refusal(400, 2055, "Etag value in the header does not match the current version of the resource.")


def _around(world: World, subscription: Subscription) -> Around:
    parent = world.subscriptions.get(str(subscription.document.get("parentSubscriptionId") or "").lower())
    entitlements = [each.document for each in world.entitlements.values()
                    if str(each.document.get("subscriptionId")).lower() == subscription.id.lower()]  # fmt: skip
    return Around(
        now=world.clock.now,
        parent_status=str(parent.document["status"]) if parent else "",
        has_active_entitlements=any(each["status"] == "active" for each in entitlements),
        changes_a_day=world.behaviour.changes_a_day,
        renewal_code=world.behaviour.renewal_code,
    )


def _put(world: World, before: Subscription, document: Json, *, slowly: bool) -> Subscription:
    """The change is accepted: made now, or `slowly`. A suspended legacy base takes its add-ons along."""
    changes_status = document["status"] != before.document["status"]
    times = (*before.changed_at, world.clock.now) if changes_status else before.changed_at
    before = replace(before, changed_at=times[-world.behaviour.changes_a_day :])
    make = _keep_later if slowly else _keep
    after = make(world, before, document)
    if changes_status and document["status"] == "suspended" and not is_new_commerce(document):
        for child in list(world.subscriptions.values()):
            is_child = str(child.document.get("parentSubscriptionId") or "").lower() == before.id.lower()
            if is_child and child.document["status"] == "active":
                make(world, child, child.document | {"status": "suspended"})
    return after


def _keep_later(world: World, subscription: Subscription, document: Json) -> Subscription:
    settles = world.clock.now + timedelta(seconds=world.behaviour.settle_seconds)
    after = replace(subscription, pending=_versioned(document, subscription.version + 1), settles_at=settles)
    world.subscriptions[subscription.id.lower()] = after
    world.settled_at = None
    return after


def _keep(world: World, subscription: Subscription, document: Json) -> Subscription:
    version = subscription.version + 1
    after = replace(subscription, document=_versioned(document, version), version=version)
    world.subscriptions[subscription.id.lower()] = after
    return after


def _versioned(document: Json, version: int) -> Json:
    """With the ETag of its version, if it has one at all."""
    attributes = document.get("attributes", {})
    if "etag" not in attributes:
        return document
    said = json.dumps({"id": str(document["id"]).lower(), "version": version}, separators=(",", ":"))
    return document | {"attributes": attributes | {"etag": base64.b64encode(said.encode()).decode()}}


def _is_slow(world: World) -> bool:
    """So that out of any number of accepted changes the wanted share is slow."""
    number, share = world.next_number("change"), world.behaviour.slow_share
    return int(number * share) > int((number - 1) * share)


def _shown(world: World, document: Json) -> Json:
    """PATCH answers with capitals in some of the documentation's examples."""
    if not world.behaviour.patch_answers_in_capitals:
        return document
    return _capitals(document)


def _capitals(value: Json) -> Json:
    return {name[:1].upper() + name[1:]: _capitals(each) if isinstance(each, dict) else each
            for name, each in value.items()}  # fmt: skip
