"""Partner Center's service requests: words in the detail, numbers in the list; a note or a status can be added."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Request, Response

from emulator.answers import Refusal, TheWorld, body_of, had_effect, rest
from emulator.callers import PartnerCenterUser
from emulator.clock import stamp
from emulator.customers import find_customer
from emulator.state import NO_DATE, Json, ServiceRequest, World

SEVERITIES = ("unknown", "critical", "moderate", "minimal")
STATUSES = ("none", "open", "closed", "attention_needed")
_LISTED = ("title", "severity", "id", "status", "primaryContact", "createdDate", "lastModifiedDate", "lastClosedDate")
router = APIRouter(prefix="/v1")


@router.get("/customers/{tenant_id}/servicerequests")
async def listed(request: Request, world: TheWorld, _: PartnerCenterUser, tenant_id: str) -> Response:
    """A customer's, with severity and status as numbers."""
    find_customer(world, tenant_id)
    found = [each for each in world.service_requests.values() if each.tenant_id.lower() == tenant_id.lower()]
    items = [_row(each.document) for each in found]
    return rest(request, {"totalCount": len(items), "items": items, "attributes": {"objectType": "Collection"}})


@router.get("/servicerequests/{request_id}")
async def detail(request: Request, world: TheWorld, _: PartnerCenterUser, request_id: str) -> Response:
    """One, with severity and status as words."""
    return rest(request, _find(world, request_id).document)


@router.patch("/servicerequests/{request_id}")
async def change(request: Request, world: TheWorld, _: PartnerCenterUser, request_id: str) -> Response:
    """Adds `NewNote`, or changes the status; `none` leaves it."""
    body = {name.lower(): value for name, value in (await body_of(request)).items()}
    found = _find(world, request_id)
    document = dict(found.document)
    told, status = body.get("newnote") or {}, str(body.get("status") or "none").lower()
    if status not in STATUSES or not isinstance(told, dict):
        raise Refusal(400, 3000, "The status or the note is not valid.")
    note = {name.lower(): value for name, value in told.items()}
    now = stamp(world.clock.now, zone=False)
    if note.get("text"):
        made = {"createdByName": note.get("createdbyname") or "Account", "createdDate": now, "text": note["text"]}
        document["notes"] = [*(document.get("notes") or []), made]
    if status not in ("none", document["status"]):
        document |= {"status": status, "lastClosedDate": now if status == "closed" else NO_DATE}
    if document != found.document:
        document["lastModifiedDate"] = stamp(world.clock.now)
        world.service_requests[request_id] = replace(found, document=document)
        had_effect(request, f"changed service request {request_id}")
    return rest(request, document)


def _find(world: World, request_id: str) -> ServiceRequest:
    found = world.service_requests.get(request_id)
    if found is None:
        raise Refusal(404, 2000, f"Service request {request_id} was not found.")
    return found


def _row(document: Json) -> Json:
    row = {name: document[name] for name in _LISTED if name in document}
    row["severity"] = SEVERITIES.index(document.get("severity", "unknown"))
    row["status"] = STATUSES.index(document.get("status", "none"))
    for name in ("createdDate", "lastModifiedDate"):
        if name in row:
            row[name] = str(row[name]).removesuffix("Z")
    return row | {"attributes": {"objectType": "ServiceRequest"}}
