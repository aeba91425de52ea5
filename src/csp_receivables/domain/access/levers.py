"""What might serve better than a suspension: shown to the person who is asked, never done by the machine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from csp_receivables.domain.microsoft.subscriptions import Subscription


class LeverKind(StrEnum):
    """What a person could do instead, or as well."""

    CANCEL_INSTEAD = "cancel_instead"  # within seven days of purchase or renewal: that stops the cost
    AUTO_RENEW_OFF = "auto_renew_off"  # it runs out with its term, and nobody is blocked before
    FEWER_SEATS = "fewer_seats"  # at the renewal
    CONVERT_TRIAL = "trial_off"  # a trial becomes a commitment by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Lever:
    """One of them. `until`: the last moment for it, UTC."""

    kind: LeverKind
    until: datetime | None
    why: str


def levers_of(subscription: Subscription, now: datetime) -> tuple[Lever, ...]:
    """Those that fit a subscription now."""
    ends, found = subscription.commitment_ends_at, []
    if subscription.cancellable_until and now <= subscription.cancellable_until:
        why = "it can still be cancelled, which ends Microsoft's charges; a suspension doesn't"
        found.append(Lever(kind=LeverKind.CANCEL_INSTEAD, until=subscription.cancellable_until, why=why))
    if subscription.is_trial and subscription.auto_renew:
        why = "a trial that renews becomes a paid commitment"
        found.append(Lever(kind=LeverKind.CONVERT_TRIAL, until=ends, why=why))
    elif subscription.auto_renew and ends and now < ends:
        why = "without auto-renew no new term is owed; schedule a Cancel too, else an extended term is billed"
        found.append(Lever(kind=LeverKind.AUTO_RENEW_OFF, until=ends, why=why))
        if subscription.quantity > 1:
            why = "fewer seats from the next term cost less and block nobody"
            found.append(Lever(kind=LeverKind.FEWER_SEATS, until=ends, why=why))
    return tuple(found)
