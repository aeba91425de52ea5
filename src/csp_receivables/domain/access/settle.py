"""What a reading means after a change whose outcome is not known, and what is done then."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from csp_receivables.domain.access.changes import IN_THE_AIR, STATUS_WANTED, Standing
from csp_receivables.domain.access.policy import AccessPolicy
from csp_receivables.domain.microsoft.subscriptions import Subscription


class Next(StrEnum):
    """What to do with a change, as the subscription reads now."""

    VERIFIED = "verified"  # it happened
    SEND = "send"  # it did not happen: send it (again)
    WAIT = "wait"  # it may still show
    PERSON = "person"  # neither the old state nor the new one, or tried too often


def settle(standing: Standing, now_read: Subscription, now: datetime, policy: AccessPolicy) -> Next:
    """What the reading asks for. What shows is believed; what doesn't show yet is given its time."""
    if now_read.status == STATUS_WANTED[standing.change.direction]:
        return Next.VERIFIED
    if now_read.status != standing.change.snapshot.status:
        return Next.PERSON
    is_settling = standing.began_at and now < standing.began_at + timedelta(minutes=policy.settle_minutes)
    if standing.event in IN_THE_AIR and is_settling:
        return Next.WAIT
    return Next.PERSON if standing.tries >= policy.tries_max else Next.SEND
