"""What somebody did in Partner Center, cut to what collecting needs: no names, no values of users (microsoft.md 8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """One operation. The last four are told of subscriptions only, else empty."""

    tenant_id: str  # the customer's
    resource_type: str  # "subscription", "order", …
    operation: str  # "update_subscription", "ready_invoice", …
    outcome: str  # "succeeded", "failed", "progress"
    happened_at: datetime | None  # UTC
    application: str  # which app did it: tells us from others
    subscription_id: str
    subscription_status: str  # the new one
    auto_renew: bool | None
    quantity: int | None
