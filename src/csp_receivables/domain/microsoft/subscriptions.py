"""A customer's subscription as Microsoft keeps it. Words that Microsoft may add to stay text (microsoft.md 4.2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from csp_receivables.domain.findings import Finding


class Family(StrEnum):
    """Product families, as the programme's rules tell them apart."""

    AZURE = "azure"
    MICROSOFT_365 = "microsoft_365"
    DYNAMICS_365 = "dynamics_365"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One subscription. Times are UTC; None is no such time ("9999-…" and "0001-…" are Microsoft's signs for that)."""

    tenant_id: str
    subscription_id: str
    offer_id: str
    offer_name: str
    product_type: str  # "OnlineServicesNCE", "Azure", "Software", …; "" for legacy
    family: Family
    parent_id: str  # the base of an add-on; "" for none
    order_id: str
    status: str  # "active", "suspended", "expired", "disabled", "deleted", "pending", or what Microsoft adds
    suspension_reasons: tuple[str, ...]
    quantity: int
    unit_type: str
    billing_type: str
    billing_cycle: str
    term_duration: str  # ISO 8601: "P1Y"
    is_trial: bool
    auto_renew: bool | None  # None where the answer lacks it
    created_at: datetime | None
    starts_at: datetime | None  # of the present term
    commitment_ends_at: datetime | None  # of the present term; the last moment that belongs to it
    cancellable_until: datetime | None  # the end of the seven days after purchase or renewal
    scheduled_changes: str  # scheduledNextTermInstructions, nextChargeInstructions, scheduledActions as JSON; "" none
    etag: str  # "" where there is none: If-Match is sent only when present
    document: str = field(repr=False)  # the whole answer, as JSON: a PATCH must send all of it


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureEntitlement:
    """One Azure subscription under an Azure plan: what is really switched off and on there."""

    entitlement_id: str
    plan_id: str  # the plan's subscription id
    name: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What keeping one tenant's subscriptions changed."""

    changed: int  # new ones among them
    gone: int  # that Microsoft no longer lists


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncReport:
    """What reading everybody's subscriptions came to."""

    tenants: int
    changed: int
    gone: int
    findings: tuple[Finding, ...] = ()
