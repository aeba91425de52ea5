"""What of a subscription can be suspended, and what that would and wouldn't save (microsoft.md 4.3).

New commerce goes on being billed while suspended and loses its auto-renew; legacy stops its charges and makes credit
lines; Azure is stopped through its entitlements; software, reservations and savings plans have nothing to switch off.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from csp_receivables.domain.microsoft.subscriptions import Family, Subscription

ACTIVE, SUSPENDED = "active", "suspended"
NOTHING_TO_SWITCH_OFF = ("software", "perpetual", "reservation", "savings")  # within the product type's name
NEW_COMMERCE = "nce"


class Means(StrEnum):
    """How access is stopped, if at all."""

    SUBSCRIPTION = "subscription"  # its status is set to suspended
    ENTITLEMENTS = "entitlements"  # Azure: each Azure subscription under the plan is cancelled, by a person
    NONE = "none"


class Billing(StrEnum):
    """What Microsoft bills while access is stopped."""

    GOES_ON = "goes_on"
    STOPS = "stops"
    STORAGE = "storage"  # usage stops; what is stored goes on costing
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspending:
    """The answer for one subscription, with the reason in words."""

    means: Means
    billing: Billing
    loses_auto_renew: bool
    loses_scheduled_changes: bool
    because: str

    @property
    def can(self) -> bool:
        return self.means is Means.SUBSCRIPTION


def suspending(subscription: Subscription, now: datetime) -> Suspending:
    """What suspending it now would mean."""
    kind = subscription.product_type.casefold()
    if why_not := _why_not(subscription, kind, now):
        return _answer(Means.NONE, Billing.GOES_ON, why_not)
    if subscription.family is Family.AZURE:
        return _answer(Means.ENTITLEMENTS, Billing.STORAGE, "Azure is stopped through its Azure subscriptions")
    if NEW_COMMERCE in kind:
        loses = bool(subscription.scheduled_changes)
        why = "users are blocked at once; Microsoft bills it until the term ends"
        return _answer(Means.SUBSCRIPTION, Billing.GOES_ON, why, renew=bool(subscription.auto_renew), changes=loses)
    if not kind:
        why = "users are blocked at once; Microsoft stops its charges and credits the rest (legacy)"
        return _answer(Means.SUBSCRIPTION, Billing.STOPS, why)
    why = f"what suspending {subscription.product_type} does is for its publisher to say"
    return _answer(Means.SUBSCRIPTION, Billing.UNKNOWN, why)


def _why_not(subscription: Subscription, kind: str, now: datetime) -> str:
    if subscription.status != ACTIVE:
        return f"its status is {subscription.status}, not active"
    if any(word in kind for word in NOTHING_TO_SWITCH_OFF):
        return f"{subscription.product_type} has nothing to switch off"
    if subscription.commitment_ends_at and subscription.commitment_ends_at <= now:
        return "its term is over"
    return ""


def _answer(means: Means, billing: Billing, why: str, *, renew: bool = False, changes: bool = False) -> Suspending:
    return Suspending(
        means=means, billing=billing, loses_auto_renew=renew, loses_scheduled_changes=changes, because=why
    )
