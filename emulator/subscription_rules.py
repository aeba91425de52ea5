"""What Partner Center makes of a subscription's PATCH: the document that follows, or a refusal. No HTTP here.

The body is the whole subscription. Leaving out auto-renew or instructions resets them; everything else that is left
out stays. Codes as documented; where two apply, the order below is a guess.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from emulator.answers import Refusal
from emulator.clock import moment
from emulator.state import Json, Subscription
from emulator.terms import is_new_commerce

# Left out of the body, each of these becomes what stands beside it.
RESET: dict[str, Any] = {
    "autoRenewEnabled": False,
    "scheduledNextTermInstructions": None,
    "nextChargeInstructions": None,
    "scheduledActions": None,
}
_EDITABLE = ("friendlyName", "quantity", "billingCycle", "partnerId", *RESET)
_REQUIRED = ("id", "quantity", "status")


def _is_plan(value: Any) -> bool:
    """What is planned for the next term: both parts are optional."""
    if not isinstance(value, dict):
        return False
    return isinstance(value.get("product", {}), dict) and isinstance(value.get("quantity", 1), int)


_VALID: dict[str, Callable[[Any], bool]] = {
    "quantity": lambda value: type(value) is int and value > 0,
    "status": lambda value: isinstance(value, str),
    "friendlyName": lambda value: isinstance(value, str),
    "autoRenewEnabled": lambda value: isinstance(value, bool),
    "scheduledNextTermInstructions": _is_plan,
    "nextChargeInstructions": lambda value: isinstance(value, dict),
    "scheduledActions": lambda value: isinstance(value, list) and all(isinstance(each, dict) for each in value),
}
# Products with nothing to switch off: the status and code that each refuses with.
_UNSUSPENDABLE = {
    "Software": (400, 800096),
    "Perpetual": (400, 800042),
    "AzureReservation": (400, 800042),
    "SavingsPlan": (403, 900321),
    "AzureSavingsPlan": (403, 900321),
}
SUSPENDED_BY_PARTNER = ["PartnerSuspended"]  # the documentation names no words but `Expiration`


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What else decides: the moment, the parent, the plan's Azure subscriptions, and choices of the emulator's."""

    now: datetime
    parent_status: str = ""  # empty: no parent
    has_active_entitlements: bool = False
    changes_a_day: int = 20
    renewal_code: int = 800082


def patched(subscription: Subscription, body: Json, around: Around) -> Json:
    """The document after the change; the same document when nothing changes. Raises Refusal."""
    before, asked = subscription.document, told(body, subscription.document)
    _check_complete(subscription, asked)
    edits = _edits(before, asked)
    status, target = str(before["status"]), str(asked["status"]).lower()
    _check_open(subscription, status, target, edits, around)
    if target != status:
        return _with_status(subscription, asked, edits, target, around)
    if status == "suspended":
        if edits:
            raise Refusal(400, 800091, "A suspended subscription cannot be updated.")
        return before
    if not edits:
        raise Refusal(400, 800041, "The subscription is already activated.")
    if subscription.extended and any(name not in ("scheduledActions", "autoRenewEnabled") for name in edits):
        raise Refusal(400, 900279, "Updates are not allowed in the extended service term.")
    return without_nothing(before | edits)


def told(body: Json, document: Json) -> Json:
    """The body under the document's own spelling of names; Partner Center doesn't mind capitals."""
    spelling = {name.lower(): name for name in (*_EDITABLE, *_REQUIRED, *document)}
    named = {spelling.get(name.lower(), name[:1].lower() + name[1:]): value for name, value in body.items()}
    return named | {name: _camel(named[name]) for name in RESET if name in named}


def _camel(value: Any) -> Any:
    if isinstance(value, dict):
        return {name[:1].lower() + name[1:]: _camel(each) for name, each in value.items()}
    return [_camel(each) for each in value] if isinstance(value, list) else value


def without_nothing(document: Json) -> Json:
    """Instructions that are not there aren't shown."""
    return {name: value for name, value in document.items()
            if value is not None or name not in RESET}  # fmt: skip


def _check_complete(subscription: Subscription, asked: Json) -> None:
    for name in _REQUIRED:
        if asked.get(name) is None:
            raise Refusal(400, 3000, f"The property {name} is missing: send the complete subscription.")
    if str(asked["id"]).lower() != subscription.id.lower():
        raise Refusal(400, 3000, "The property id is not that of the subscription.")
    for name, is_valid in _VALID.items():
        if asked.get(name) is not None and not is_valid(asked[name]):
            raise Refusal(400, 3000, f"The property {name} is not valid.")


def _edits(before: Json, asked: Json) -> Json:
    """Fields that change besides the status, with their new values."""
    wanted = {name: asked.get(name, before.get(name)) for name in _EDITABLE if name not in RESET}
    wanted |= {name: asked.get(name) or nothing for name, nothing in RESET.items()}
    return {name: value for name, value in wanted.items()
            if value != (before.get(name) or RESET.get(name)) and (value is not None or name in RESET)}  # fmt: skip


def _check_open(subscription: Subscription, status: str, target: str, edits: Json, around: Around) -> None:
    """Whether the subscription takes any change now."""
    if status == "deleted":
        raise Refusal(400, 2011, "A deleted subscription cannot be updated.")
    if status in ("expired", "disabled"):
        raise Refusal(400, 800040, f"The status cannot change from {status} to {target}.")
    changes = bool(edits) or target != status
    if subscription.renewing_until and changes:
        raise Refusal(409, around.renewal_code, "The subscription is being renewed; try again later.")
    if subscription.settles_at and changes:
        raise Refusal(409, 800082, "The subscription is not ready: another change is being made.")
    recent = [each for each in subscription.changed_at if around.now - each < timedelta(days=1)]
    if target != status and len(recent) >= around.changes_a_day:
        raise Refusal(400, 900311, "The subscription was updated too many times. Contact support.")


def _with_status(subscription: Subscription, asked: Json, edits: Json, target: str, around: Around) -> Json:
    before = subscription.document
    if target not in ("active", "suspended", "deleted"):
        raise Refusal(400, 800040, f"The status cannot change from {before['status']} to {target}.")
    if target == "deleted":
        return _cancelled(subscription, around)
    kind = (before.get("productType") or {}).get("id", "")
    if kind in _UNSUSPENDABLE:
        raise Refusal(*_UNSUSPENDABLE[kind], "The status cannot be updated for this subscription.")
    if before.get("contractType", "subscription") != "subscription":
        raise Refusal(400, 800042, "The operation is not supported for this subscription.")
    if "quantity" in edits:
        raise Refusal(400, 2001, "The quantity cannot change while the status changes.")
    return _suspended(before, edits, around) if target == "suspended" else _resumed(before, asked, around)


def _suspended(before: Json, edits: Json, around: Around) -> Json:
    if around.has_active_entitlements:
        raise Refusal(403, 900115, "The Azure plan has active Azure subscriptions.")
    after = before | edits | {"status": "suspended", "suspensionReasons": SUSPENDED_BY_PARTNER}
    if is_new_commerce(before):
        kept = [each for each in after.get("scheduledActions") or [] if each.get("scheduleType") != "TermEnd"]
        after |= {"autoRenewEnabled": False, "scheduledNextTermInstructions": None, "scheduledActions": kept or None}
    return without_nothing(after)


def _resumed(before: Json, asked: Json, around: Around) -> Json:
    """Auto-renew stays off, whatever the body says; what was scheduled doesn't come back by itself."""
    if around.parent_status not in ("", "active"):
        raise Refusal(409, 27009, "The parent subscription is not active.")
    if asked.get("friendlyName", before.get("friendlyName")) != before.get("friendlyName"):
        raise Refusal(400, 800091, "A suspended subscription cannot be updated.")
    after = before | {"status": "active"}
    after.pop("suspensionReasons", None)
    return after


def _cancelled(subscription: Subscription, around: Around) -> Json:
    before = subscription.document
    until = before.get("cancellationAllowedUntilDate")
    last = moment(until) if until else moment(before["effectiveStartDate"]) + timedelta(days=7)
    if around.now > last and not subscription.extended:
        raise Refusal(400, 900117, "The subscription can only be cancelled within seven days of purchase or renewal.")
    return before | {"status": "deleted", "autoRenewEnabled": False}
