"""When access may be taken: not around a renewal, not in quiet hours, not on or shortly before a day off.

Giving it back knows no such hours; only Microsoft's own renewal keeps it waiting.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from csp_receivables.domain.access.policy import AccessPolicy
from csp_receivables.domain.collections.calendar import may_send
from csp_receivables.domain.microsoft.subscriptions import Subscription
from csp_receivables.domain.outbox.gate import Moment, not_now

QUARTER = timedelta(minutes=15)
QUARTERS_MAX = 21 * 24 * 4


def wrong_hour(moment: Moment, policy: AccessPolicy) -> str:
    """Why it is not the hour to take anybody's access; "" when it is. Days off count whatever the notices may do."""
    moment = replace(moment, working_days_only=True)
    if why := not_now(moment):
        return why
    hours = policy.hours_before_days_off
    then = moment.now + timedelta(hours=hours)
    if not may_send(then, moment.country, moment.zones, None, working_days_only=True):
        return f"in {hours} hours a day off begins in {moment.country or 'the euro area'}"
    return ""


def next_good_hour(moment: Moment, policy: AccessPolicy) -> datetime:
    """The first full quarter of an hour after `moment` that is the hour to take access; three weeks on, if none is."""
    now = moment.now.astimezone(UTC)
    quarter = now.replace(minute=now.minute - now.minute % 15, second=0, microsecond=0)
    for _ in range(QUARTERS_MAX):
        quarter += QUARTER
        if not wrong_hour(replace(moment, now=quarter), policy):
            break
    return quarter


def near_renewal(subscription: Subscription, now: datetime, hours: int) -> str:
    """Why a subscription's term keeps it from being changed now: it begins or ends within `hours`; "" for no."""
    near = timedelta(hours=hours)
    for name, edge in (("ends", subscription.commitment_ends_at), ("began", subscription.starts_at)):
        if edge and abs(edge - now) <= near:
            return f"its term {name} {edge:%Y-%m-%d %H:%M} UTC, within {hours} hours"
    return ""
