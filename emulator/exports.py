"""An export's life: asked for, running, done or failed, gone. Changes the world; knows nothing of HTTP."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import replace
from datetime import timedelta
from functools import partial

from starlette.concurrency import run_in_threadpool

from emulator.blob_lines import write_blobs
from emulator.charges import Charges
from emulator.state import Manifest, Operation, World

PATIENCE = 5.0  # real seconds that a look waits for blobs to be written
NO_DATA = "No data available"
LEGACY = "No reconciliation data available currently for Invoice {}. Please try again later."


def ask(world: World, export: str, subject: str, *, basic: bool) -> Operation:
    """A new operation."""
    number = world.next_number("operation")
    operation = Operation(
        id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{world.partner.tenant_id}/operation/{number}")),
        export=export,
        subject=subject,
        basic=basic,
        asked_at=world.clock.now,
    )
    world.operations[operation.id] = operation
    return operation


def is_gone(world: World, operation: Operation) -> bool:
    """Too old to be looked at."""
    return world.clock.now >= operation.asked_at + timedelta(seconds=world.behaviour.operation_seconds)


async def look(world: World, operation: Operation) -> Operation:
    """The operation as it stands at this look; it is brought to its end when its time has come."""
    behaviour = world.behaviour
    seen = replace(operation, looks=operation.looks + 1)
    waited = (world.clock.now - seen.asked_at).total_seconds()
    if seen.done_at is None and seen.looks > behaviour.polls_until_done and waited >= behaviour.seconds_until_done:
        seen = await _end(world, seen)
        if world.operations[seen.id].done_at:  # another look came to the end meanwhile
            return world.operations[seen.id]
    world.operations[seen.id] = seen
    return seen


async def _end(world: World, operation: Operation) -> Operation:
    if failure := _why_not(world, operation):
        return replace(operation, done_at=world.clock.now, failure=failure)
    manifest = await _prepared(world, operation)
    if manifest is None:
        return operation  # it goes on
    if not manifest.blobs:
        return replace(operation, done_at=world.clock.now, failure=NO_DATA)
    world.manifests[manifest.id] = manifest
    return replace(operation, done_at=world.clock.now, manifest_id=manifest.id)


async def _prepared(world: World, operation: Operation) -> Manifest | None:
    """None: a long month is still being written, and no look waits for that."""
    task = world.writing.get(operation.id)
    if task is None:
        asked_for = manifest_of(world, operation.export, operation.subject, basic=operation.basic)
        task = world.writing[operation.id] = asyncio.create_task(asked_for)
    done, _ = await asyncio.wait({task}, timeout=PATIENCE)
    if not done:
        return None
    world.writing.pop(operation.id, None)
    return task.result()


def _why_not(world: World, operation: Operation) -> str:
    invoice = world.invoices.get(operation.subject)
    if operation.subject.upper().startswith("D"):
        return LEGACY.format(operation.subject)
    if invoice and invoice.ready_at and world.clock.now < invoice.ready_at:
        return NO_DATA
    return "" if (operation.export, operation.subject) in world.charges else NO_DATA


async def manifest_of(world: World, export: str, subject: str, *, basic: bool) -> Manifest:
    """Write the blobs of the data as it is now, and say where they are."""
    charges = world.charges[export, subject]
    etag = await run_in_threadpool(charges.etag)
    behaviour, fragment = world.behaviour, "basic" if basic else "full"
    written = f"{etag}-{fragment}-{behaviour.lines_per_blob}-{behaviour.numbers_as_text}"
    spool = world.spool / export / subject.replace(":", "-") / written
    write = partial(write_blobs, basic=basic, per_blob=behaviour.lines_per_blob, as_text=behaviour.numbers_as_text)
    blobs = await run_in_threadpool(write, charges, spool)
    return Manifest(
        id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{world.partner.tenant_id}/manifest/{world.next_number('manifest')}")),
        created_at=world.clock.now,
        etag=etag,
        folder=f"billed{export}fastpath/v1/PartnerTenantId={world.partner.tenant_id}/"
        f"BillingMonth={_month(world, subject)}/InvoiceId={subject}/InvoiceVersion={etag}/"
        f"Fragment={fragment}/PartitionType=default",
        blobs=blobs,
    )


def regenerate(world: World, export: str, subject: str, changed: Charges) -> None:
    """The data becomes `changed`; manifests that were given out still lead to the old."""
    world.charges[export, subject] = changed


def _month(world: World, subject: str) -> str:
    invoice = world.invoices.get(subject)
    start = str(invoice.document.get("billingPeriodStartDate", "")) if invoice else ""
    return start[:7].replace("-", "") or f"{world.clock.now:%Y%m}"
