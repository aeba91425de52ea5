"""What a reading of a subscription that we suspended says: still ours, or something that a person must know.

One finding each, and nothing is done about it: nobody fights over a customer's access.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from csp_receivables.domain.access.changes import Change, Standing
from csp_receivables.domain.access.policy import AccessPolicy
from csp_receivables.domain.findings import Finding, Severity
from csp_receivables.domain.microsoft.subscriptions import Subscription
from csp_receivables.domain.microsoft.suspending import ACTIVE, SUSPENDED

_DECIDE = "Decide with the customer: give access back (csp access undo), schedule a Cancel, or accept that it runs out"


def watched(taken: Standing, read: Subscription, now: datetime, policy: AccessPolicy) -> Finding | None:
    """What a person must know; None while it stands as we left it. The words don't change from day to day."""
    change = taken.change
    if read.status == ACTIVE and not taken.is_ended:
        return None  # it does not show yet, or never will: the next run of suspending reads it
    if read.status == ACTIVE:
        remedy = "Find out who gave access back; if it should be away, it needs a new warning"
        return _told(change, "access.reactivated", "it is active again, and nobody here gave it back", remedy)
    if read.status != SUSPENDED:
        told = f"it reads {read.status!r}: it can't be reactivated any more by the usual way"
        return _told(change, "access.ran_out", told, "Look at it in Partner Center; nothing is done by itself")
    reasons = tuple(sorted(read.suspension_reasons))
    if taken.left and taken.left.suspension_reasons != reasons:
        told = f"it is suspended for other reasons as well: {', '.join(reasons) or 'none are given'}"
        return _told(change, "access.other_reasons", told, "Find out who; it will not be given back by itself")
    return term_end_near(change, read, now, policy)


def term_end_near(change: Change, read: Subscription, now: datetime, policy: AccessPolicy) -> Finding | None:
    """Suspended, and its term ends soon: what Microsoft does then is not documented (microsoft.md 4.4)."""
    ends = read.commitment_ends_at
    if ends is None or ends - now > timedelta(days=policy.deadline_days):
        return None
    told = f"it is suspended and its term ends on {ends:%Y-%m-%d}; afterwards it can't be given back"
    return _told(change, "access.term_end_near", told, _DECIDE)


def gone(change: Change, code: str, meaning: str) -> Finding:
    """It can't even be read: moved to another partner, or the relationship ended."""
    remedy = "Ask the customer who looks after it now; what we suspended there we can't give back"
    return _told(change, "access.gone", f"we suspended it and can't read it any more: {meaning} ({code})", remedy)


def suspended_by_others(read: Subscription, customer_id: str) -> Finding:
    """Suspended, and not by us: told, so that nobody takes it for ours."""
    return Finding(
        code="access.suspended_by_others",
        severity=Severity.WARNING,
        subject=read.subscription_id,
        customer_id=customer_id,
        found=f"{read.offer_name} is suspended at Microsoft, and not by us (tenant {read.tenant_id})",
        remedy="Look at it in Partner Center; it is never given back by itself",
    )


def _told(change: Change, code: str, found: str, remedy: str) -> Finding:
    return Finding(
        code=code,
        severity=Severity.HELD,
        subject=change.subscription_id,
        customer_id=change.customer_id,
        found=f"{change.snapshot.name}: {found} (tenant {change.tenant_id}, action {change.action_id})",
        remedy=remedy,
    )
