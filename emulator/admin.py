"""The emulator's own controls under `/_emulator`: clock, faults, behaviour, log, changes to what Microsoft knows."""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Body, HTTPException

from emulator import exports
from emulator.answers import TheWorld
from emulator.behaviour import Behaviour
from emulator.clock import moment, stamp
from emulator.faults import Faults, Wanted
from emulator.portfolio import take_partner_file
from emulator.sign_in import remember_consent
from emulator.state import Invoice, Json
from emulator.terms import bring_up_to_date

Told = Annotated[dict[str, Any], Body()]
router = APIRouter(prefix="/_emulator")


@router.get("")
async def about(world: TheWorld) -> Json:
    """What this is; a client can tell by it that it doesn't speak to Microsoft."""
    return {
        "emulator": True, "partner": asdict(world.partner), "now": stamp(world.clock.now),
        "customers": len(world.customers), "subscriptions": len(world.subscriptions), "invoices": list(world.invoices),
    }  # fmt: skip


@router.get("/clock")
async def clock(world: TheWorld) -> Json:
    """The emulator's moment."""
    return {"now": stamp(world.clock.now)}


@router.put("/clock")
async def set_clock(world: TheWorld, now: Annotated[str, Body(embed=True)]) -> Json:
    """`{"now": "2026-11-01T00:00:00Z"}`"""
    world.clock.set(moment(now))
    return {"now": stamp(world.clock.now)}


@router.post("/clock/advance")
async def advance_clock(world: TheWorld, seconds: Annotated[float, Body(embed=True, ge=0)]) -> Json:
    """`{"seconds": 3600}`"""
    world.clock.advance(seconds)
    return {"now": stamp(world.clock.now)}


@router.get("/behaviour")
async def behaviour(world: TheWorld) -> Json:
    """Every choice, as it is now."""
    return asdict(world.behaviour)


@router.patch("/behaviour")
async def change_behaviour(world: TheWorld, changes: Told) -> Json:
    """Some fields of `Behaviour` with their new values."""
    known = {each.name for each in fields(Behaviour)}
    if unknown := sorted(changes.keys() - known):
        raise HTTPException(400, f"unknown: {', '.join(unknown)}; known are {', '.join(sorted(known))}")
    world.behaviour = replace(world.behaviour, **changes)
    return asdict(world.behaviour)


@router.get("/faults")
async def faults(world: TheWorld) -> Json:
    """Those to come, and how often each kind struck."""
    box = world.faults
    return {
        "random": asdict(box.random) if box.random else None,
        "wanted": [asdict(each.wanted) for each in box.waiting],
        "struck": dict(box.struck),
    }


@router.put("/faults")
async def random_faults(world: TheWorld, told: Told) -> Json:
    """Faults at random: `{"seed": 7, "rates": {"throttled": 0.1}, "in_a_row": 2}`; only the seed must be there."""
    try:
        world.faults.random = Faults(**told)
    except (TypeError, ValueError) as error:
        raise HTTPException(400, str(error)) from None
    return await faults(world)


@router.post("/faults")
async def want_fault(world: TheWorld, told: Told) -> Json:
    """A fault on demand: `{"kind": "closed_after", "method": "PATCH", "path": "/subscriptions/", "times": 1}`."""
    try:
        world.faults.want(Wanted(**told))
    except (TypeError, ValueError) as error:
        raise HTTPException(400, str(error)) from None
    return await faults(world)


@router.delete("/faults")
async def clear_faults(world: TheWorld) -> Json:
    """No fault from now on."""
    world.faults.clear()
    return await faults(world)


@router.get("/log")
async def log(world: TheWorld) -> Json:
    """Every request in order, and how many changed something."""
    return {"requests": [asdict(each) for each in world.log.entries], "effects": world.log.effects()}


@router.delete("/log")
async def clear_log(world: TheWorld) -> Json:
    """Forget the requests; their numbering goes on."""
    world.log.entries.clear()
    return {"requests": [], "effects": 0}


@router.post("/invoices/{invoice_id}/regenerate")
async def regenerate(
    world: TheWorld, invoice_id: str, export: str = "reconciliation", moved: Decimal = Decimal(0)
) -> Json:
    """Microsoft generates the charges again: other bytes, another eTag, and a total that differs by `moved`."""
    if (export, invoice_id) not in world.charges:
        raise HTTPException(404, f"no {export} of {invoice_id}")
    charges = world.charges[export, invoice_id].again(moved)
    exports.regenerate(world, export, invoice_id, charges)
    return {"invoice": invoice_id, "revision": charges.revision, "eTag": charges.etag()}


@router.put("/invoices/{invoice_id}")
async def change_invoice(world: TheWorld, invoice_id: str, changes: Told) -> Json:
    """Change fields of an invoice, or add one; `{"readyAt": …}` says when its charges can be exported."""
    invoice = world.invoices.get(invoice_id)
    invoice = invoice or Invoice(document={"id": invoice_id})
    ready = changes.pop("readyAt", None)
    changed = replace(invoice, document={**invoice.document, **changes})
    world.invoices[invoice_id] = replace(changed, ready_at=moment(ready)) if ready else changed
    return world.invoices[invoice_id].document


@router.put("/sign-in")
async def sign_in(world: TheWorld, told: Told) -> Json:
    """Any of: `applications` {client: secret}, `certificates` {client: PEM}, `revoke` (all consents), `consent` (a
    refresh token that works from now on)."""
    world.sign_in.applications.update(told.get("applications", {}))
    world.sign_in.certificates.update(told.get("certificates", {}))
    if told.get("revoke"):
        world.sign_in.refresh_tokens.clear()
    if token := told.get("consent"):
        remember_consent(world, token)
    return {"applications": sorted(world.sign_in.applications), "refreshTokens": len(world.sign_in.refresh_tokens)}


@router.post("/partner")
async def add(world: TheWorld, told: Told) -> Json:
    """More customers, subscriptions and so on, or others in their place: as in `partner.json`."""
    take_partner_file(world, told)
    return await about(world)


@router.get("/subscriptions/{subscription_id}")
async def subscription(world: TheWorld, subscription_id: str) -> Json:
    """As Microsoft keeps it: also what is pending."""
    bring_up_to_date(world)
    found = world.subscriptions.get(subscription_id.lower())
    if found is None:
        raise HTTPException(404, f"no subscription {subscription_id}")
    return {key: _shown(value) for key, value in asdict(found).items()}


def _shown(value: Any) -> Any:
    if isinstance(value, datetime):
        return stamp(value)
    return [_shown(each) for each in value] if isinstance(value, tuple) else value
