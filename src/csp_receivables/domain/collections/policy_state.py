"""What a policy may do on a day: nothing, show what it would do, or let it leave."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from csp_receivables.domain.collections.going_live import why_dry
from csp_receivables.domain.collections.policy import CollectionsPolicy


class PolicyState(StrEnum):
    """How far a policy is on its way into force."""

    DRAFT = "draft"  # it has no live_from: decisions are made and shown
    DRY = "dry"  # live_from has come or is to come, and decisions are still only shown
    LIVE = "live"  # notices may leave, once a person approved the difference


def state_of(policy: CollectionsPolicy, today: date) -> PolicyState:
    """The policy's state on `today`: live from the day after its dry days."""
    if policy.live_from is None:
        return PolicyState.DRAFT
    return PolicyState.DRY if why_dry(policy, today, is_approved=True) else PolicyState.LIVE
