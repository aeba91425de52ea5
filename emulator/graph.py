"""Graph's partner billing: four exports to ask for, operations to look at, manifests to read."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Request, Response

from emulator import exports
from emulator.answers import Refusal, TheWorld, body_of, fault_of, graph, graph_headers, had_effect
from emulator.blobs import shared_access_signature
from emulator.callers import GraphCaller
from emulator.clock import stamp
from emulator.state import EXPORTS, Json, Manifest, Operation, World

BILLING = "/v1.0/reports/partners/billing"
_TYPE = "#microsoft.graph.partners.billing."
router = APIRouter(prefix=BILLING)


@router.post("/{export}/{billed}/export")
@router.post("/{export}/{billed}/microsoft.graph.partners.billing.export")
async def ask(request: Request, world: TheWorld, _: GraphCaller, export: str, billed: str) -> Response:
    """202, and where to look."""
    if export not in EXPORTS or billed not in ("billed", "unbilled"):
        raise Refusal(404, "ResourceNotFound", "Resource not found for the segment.")
    body = await body_of(request)
    subject = _invoice(body) if billed == "billed" else _period(body)
    attributes = body.get("attributeSet") or "full"
    if attributes not in ("full", "basic"):
        raise Refusal(400, "BadRequest", "attributeSet must be full or basic.")
    operation = exports.ask(world, export, subject, basic=attributes == "basic")
    had_effect(request, f"asked for {billed} {export} of {subject}")
    where = f"{_base(request)}/operations/{operation.id}"
    return Response(status_code=202, headers={"Location": where, **graph_headers(request)})


@router.get("/operations/{operation_id}")
async def look(request: Request, world: TheWorld, _: GraphCaller, operation_id: str) -> Response:
    """How the operation stands."""
    operation = world.operations.get(operation_id)
    if operation is None:
        raise Refusal(404, "ResourceNotFound", "The operation was not found.")
    if exports.is_gone(world, operation) or fault_of(request) == "gone":
        raise Refusal(410, "Gone", "The operation has expired. Ask for a new export.")
    operation = await exports.look(world, operation)
    is_running = operation.done_at is None
    headers = {"Retry-After": str(world.behaviour.poll_after_seconds)} if is_running else None
    return graph(request, await _shown(request, world, operation), 200, headers)


@router.get("/manifests/{manifest_id}")
async def manifest(request: Request, world: TheWorld, _: GraphCaller, manifest_id: str) -> Response:
    """Where the blobs are, with a fresh shared access signature."""
    known = world.manifests.get(manifest_id)
    operation = next((each for each in world.operations.values() if each.manifest_id == manifest_id), None)
    if known is None or operation is None:
        raise Refusal(404, "ResourceNotFound", "The manifest was not found.")
    if exports.is_gone(world, operation) or fault_of(request) == "gone":
        raise Refusal(410, "Gone", "The manifest has expired. Ask for a new export.")
    known = await _perhaps_changed(request, world, operation, known)
    context = f"{_base(request).removesuffix('/reports/partners/billing')}/$metadata"
    body = {"@odata.context": f"{context}#reports/partners/billing/manifests/$entity", **_manifest(request, known)}
    return graph(request, body)


async def _perhaps_changed(request: Request, world: World, operation: Operation, known: Manifest) -> Manifest:
    """The fault `etag_changed`: between two looks the data was generated again, the same lines."""
    if fault_of(request) != "etag_changed":
        return known
    key = operation.export, operation.subject
    exports.regenerate(world, *key, world.charges[key].the_same_again())
    fresh = await exports.manifest_of(world, *key, basic=operation.basic)
    world.manifests[known.id] = replace(fresh, id=known.id, older=(*known.older, *known.blobs))
    return world.manifests[known.id]


async def _shown(request: Request, world: World, operation: Operation) -> Json:
    zone = not world.behaviour.timestamps_without_z
    last = operation.done_at or world.clock.now
    dates = {
        "createdDateTime": stamp(operation.asked_at, zone=zone),
        "lastActionDateTime": stamp(last, zone=zone),
    }
    if operation.done_at is None:
        status = "notStarted" if operation.looks <= 1 else "running"
        return {"@odata.type": f"{_TYPE}runningOperation", "id": operation.id, "status": status, **dates}
    if operation.failure:
        error = {"message": operation.failure, "code": "5000"}
        return {"@odata.type": f"{_TYPE}failedOperation", "id": operation.id, **dates, "status": "failed",
                "error": error}  # fmt: skip
    base = _base(request)
    body: Json = {
        "@odata.context": f"{base.removesuffix('/reports/partners/billing')}/$metadata#reports/partners/billing/"
        "operations/$entity",
        "@odata.type": f"{_TYPE}exportSuccessOperation", "id": operation.id, **dates,
        "status": world.behaviour.done_status,
    }  # fmt: skip
    if world.behaviour.inline_manifest:
        known = await _perhaps_changed(request, world, operation, world.manifests[operation.manifest_id])
        return body | {"resourceLocation": _manifest(request, known)}
    return body | {"resourceLocation@odata.navigationLink": f"{base}/manifests/{operation.manifest_id}"}


def _manifest(request: Request, manifest: Manifest) -> Json:
    world: World = request.app.state.world
    blobs = [{"name": blob.name, "partitionValue": "default"} for blob in manifest.blobs]
    if fault_of(request) == "duplicated_blob":
        blobs.append(blobs[0])
    return {
        "id": manifest.id,
        "schemaVersion": "1",
        "dataFormat": world.behaviour.data_format,
        "createdDateTime": stamp(manifest.created_at, zone=not world.behaviour.timestamps_without_z),
        "eTag": manifest.etag,
        "partnerTenantId": world.partner.tenant_id,
        "rootDirectory": f"{str(request.base_url).rstrip('/')}/blobs/{manifest.id}/{manifest.folder}",
        "sasToken": shared_access_signature(world, manifest),
        "partitionType": "default",
        "blobCount": len(blobs),
        "blobs": blobs,
    }


def _base(request: Request) -> str:
    return f"{str(request.base_url).rstrip('/')}{BILLING}"


def _invoice(body: Json) -> str:
    if not body.get("invoiceId"):
        raise Refusal(400, "BadRequest", "invoiceId is required.")
    return str(body["invoiceId"])


def _period(body: Json) -> str:
    if not body.get("currencyCode"):
        raise Refusal(400, "BadRequest", "currencyCode is required.")
    if body.get("billingPeriod") not in ("current", "last"):
        raise Refusal(400, "BadRequest", "billingPeriod must be current or last.")
    return f"{str(body['currencyCode']).upper()}:{body['billingPeriod']}"
