"""What time does to subscriptions: accepted changes settle, terms end, renew, go on extended, or run out.

active, renews      the new term is complete some time after 00:01 UTC of its first day; until then nothing changes
active, does not    eligible and no Cancel is scheduled: a paid extended term, month by month (since 2026-05-04);
                    otherwise expired 30 days, disabled 90, deleted; with a Cancel of an eligible one: no expired
suspended           disabled 120 days, deleted
"""

from __future__ import annotations

import calendar
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from emulator.clock import moment, stamp
from emulator.state import Json, Subscription, World

EXTENDED_SINCE = datetime(2026, 5, 4, tzinfo=UTC)  # of terms that end from then on,
BOUGHT_SINCE = datetime(2025, 4, 1, tzinfo=UTC)  # if they began from then on
EXPIRED = timedelta(days=30)
DISABLED = timedelta(days=90)
_NEVER = 9000  # Microsoft writes an end that never comes as the year 9999
_DURATION = re.compile(r"P(\d+)([YM])")


def bring_up_to_date(world: World) -> None:
    """Every subscription and entitlement as it is now."""
    if world.settled_at == world.clock.now:
        return
    world.settled_at = world.clock.now
    for key, subscription in world.subscriptions.items():
        world.subscriptions[key] = _now(world, subscription)
    for key, entitlement in world.entitlements.items():
        if entitlement.settles_at and entitlement.settles_at <= world.clock.now:
            document = {**entitlement.document, "status": entitlement.pending}
            world.entitlements[key] = replace(entitlement, document=document, pending="", settles_at=None)


def end_of(document: Json) -> datetime | None:
    """The last second of the term; None: it never ends."""
    text = document.get("commitmentEndDateTime") or document.get("commitmentEndDate") or "9999"
    if int(text[:4]) >= _NEVER:
        return None
    end = moment(text)
    return end.replace(hour=23, minute=59, second=59, microsecond=0)


def is_new_commerce(document: Json) -> bool:
    """Legacy subscriptions have no product type."""
    return bool(document.get("productType"))


def _now(world: World, subscription: Subscription) -> Subscription:
    while (later := _step(world, subscription)) is not subscription:
        subscription = later
    return subscription


def _step(world: World, subscription: Subscription) -> Subscription:
    """The next thing that has happened by now; the same subscription: nothing."""
    now, status = world.clock.now, subscription.document.get("status")
    if subscription.settles_at:
        return _settled(subscription) if subscription.settles_at <= now else subscription
    if subscription.renewing_until:
        return _renewed(subscription) if subscription.renewing_until <= now else subscription
    if status in ("expired", "disabled"):
        return _run_out(subscription, now)
    return _ended(world, subscription) if status in ("active", "suspended") else subscription


def _settled(subscription: Subscription) -> Subscription:
    """The accepted change shows."""
    document = subscription.pending or subscription.document
    return replace(subscription, document=document, pending=None, settles_at=None, version=subscription.version + 1)


def _ended(world: World, subscription: Subscription) -> Subscription:
    """What the end of the term makes of it, if it has come."""
    document, now = subscription.document, world.clock.now
    is_suspended = document["status"] == "suspended"
    end = end_of(document)
    if is_suspended and not is_new_commerce(document):
        days_are_over = bool(subscription.changed_at) and now - subscription.changed_at[-1] >= DISABLED
        return _become(subscription, "deleted", now) if days_are_over or (end and end < now) else subscription
    if end is None or end >= now:
        return subscription
    if is_suspended:
        return _become(subscription, "disabled", end, last=EXPIRED)
    if not document.get("autoRenewEnabled"):
        return _not_renewed(subscription, end)
    opens = end + timedelta(seconds=61)  # 00:01 of the next day
    if now < opens:
        return subscription
    return replace(subscription, renewing_until=opens + timedelta(seconds=world.behaviour.renewal_seconds))


def _not_renewed(subscription: Subscription, end: datetime) -> Subscription:
    cancels = any(each.get("actionType") == "Cancel" for each in subscription.document.get("scheduledActions") or [])
    if not _is_eligible(subscription, end):
        return _become(subscription, "expired", end)
    if cancels:
        return _become(subscription, "disabled", end)
    document = {**subscription.document, **_ends(add_months(end, 1))}
    document["scheduledActions"] = [{"scheduleType": "TermEnd", "actionType": "RenewToExtendedServiceTerm"}]
    return replace(subscription, document=document, extended=True, version=subscription.version + 1)


def _is_eligible(subscription: Subscription, end: datetime) -> bool:
    document = subscription.document
    is_licence = (document.get("productType") or {}).get("id") == "OnlineServicesNCE" and not document.get("isTrial")
    began = add_months(end, -_months(document)) + timedelta(seconds=1)
    in_time = end >= EXTENDED_SINCE and (subscription.extended or began >= BOUGHT_SINCE)
    return subscription.est_eligible and is_licence and in_time


def _renewed(subscription: Subscription) -> Subscription:
    """The next term, with what was scheduled for it; its seven days begin when the renewal is complete."""
    document, done = dict(subscription.document), subscription.renewing_until
    end = end_of(document)
    assert done is not None and end is not None
    planned = document.pop("scheduledNextTermInstructions", None) or {}
    product = planned.get("product") or {}
    if planned.get("quantity"):
        document["quantity"] = planned["quantity"]
    document["termDuration"] = (
        product.get("termDuration") or document.get("renewalTermDuration") or document.get("termDuration", "P1Y")
    )
    document["billingCycle"] = product.get("billingCycle") or document.get("billingCycle")
    week = stamp(done + timedelta(days=7))
    document |= {**_ends(add_months(end, _months(document))), "isTrial": False, "cancellationAllowedUntilDate": week,
                 "refundOptions": [{"type": "Partial", "expiresAt": week}]}  # fmt: skip
    return replace(subscription, document=document, renewing_until=None, version=subscription.version + 1)


def _run_out(subscription: Subscription, now: datetime) -> Subscription:
    since = subscription.phase_since
    if since is None:
        return replace(subscription, phase_since=now)  # it came to us like this
    if subscription.document["status"] == "expired":
        return _become(subscription, "disabled", since + EXPIRED) if since + EXPIRED <= now else subscription
    return _become(subscription, "deleted", since + DISABLED) if since + DISABLED <= now else subscription


def _become(
    subscription: Subscription, status: str, since: datetime, *, last: timedelta = timedelta(0)
) -> Subscription:
    """`last`: so much longer than usual it stays what it becomes."""
    document = {**subscription.document, "status": status}
    return replace(subscription, document=document, phase_since=since + last, version=subscription.version + 1)


def _ends(end: datetime) -> Json:
    return {"commitmentEndDate": f"{end:%Y-%m-%d}T00:00:00Z", "commitmentEndDateTime": f"{end:%Y-%m-%d}T23:59:59Z"}


def _months(document: Json) -> int:
    found = _DURATION.fullmatch(str(document.get("termDuration") or "P1Y"))
    if found is None:
        return 12
    return int(found[1]) * (12 if found[2] == "Y" else 1)


def add_months(day: datetime, months: int) -> datetime:
    """The same day of another month, or its last."""
    place = day.year * 12 + day.month - 1 + months
    year, month = divmod(place, 12)
    return day.replace(year=year, month=month + 1, day=min(day.day, calendar.monthrange(year, month + 1)[1]))
