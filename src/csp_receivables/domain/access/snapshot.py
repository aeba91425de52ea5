"""A subscription as it was, kept so that it can be put back, and what differs from it afterwards."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from csp_receivables.domain.microsoft.subscriptions import Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What matters of a subscription at one moment. `document`: Microsoft's whole answer."""

    tenant_id: str
    subscription_id: str
    parent_id: str
    name: str
    product_type: str
    status: str
    suspension_reasons: tuple[str, ...]
    quantity: int
    auto_renew: bool | None
    scheduled_changes: str
    term_ends: datetime | None
    etag: str
    document: str = field(repr=False)


def snapshot_of(subscription: Subscription) -> Snapshot:
    """The snapshot of what was just read."""
    return Snapshot(
        tenant_id=subscription.tenant_id,
        subscription_id=subscription.subscription_id,
        parent_id=subscription.parent_id,
        name=subscription.offer_name,
        product_type=subscription.product_type,
        status=subscription.status,
        suspension_reasons=tuple(sorted(subscription.suspension_reasons)),
        quantity=subscription.quantity,
        auto_renew=subscription.auto_renew,
        scheduled_changes=subscription.scheduled_changes,
        term_ends=subscription.commitment_ends_at,
        etag=subscription.etag,
        document=subscription.document,
    )


def to_text(snapshot: Snapshot) -> str:
    """As JSON, for the ledger."""
    ends = snapshot.term_ends.isoformat() if snapshot.term_ends else None
    return json.dumps(asdict(snapshot) | {"term_ends": ends}, ensure_ascii=False, sort_keys=True)


def from_text(text: str) -> Snapshot:
    """Back from JSON."""
    told: dict[str, Any] = json.loads(text)
    ends = told["term_ends"]
    told["suspension_reasons"] = tuple(told["suspension_reasons"])
    return Snapshot(**told | {"term_ends": datetime.fromisoformat(ends) if ends else None})


def renewal_differences(before: Snapshot, now: Snapshot) -> tuple[str, ...]:
    """What of the renewal settings and seats is not as before the suspension, in words (invariant I3)."""
    pairs = (
        ("auto-renew", before.auto_renew, now.auto_renew),
        ("seats", before.quantity, now.quantity),
        ("scheduled changes", _planned(before.scheduled_changes), _planned(now.scheduled_changes)),
    )
    return tuple(f"{name}: {was} before, {is_} now" for name, was, is_ in pairs if was != is_)


def is_renewal_back(before: Snapshot, now: Snapshot) -> bool:
    """Are auto-renew and scheduled changes as they were?"""
    same_changes = _planned(before.scheduled_changes) == _planned(now.scheduled_changes)
    return before.auto_renew == now.auto_renew and same_changes


def _planned(text: str) -> str:
    """Scheduled changes so that the order of keys makes no difference."""
    return json.dumps(json.loads(text), ensure_ascii=False, sort_keys=True) if text else ""
