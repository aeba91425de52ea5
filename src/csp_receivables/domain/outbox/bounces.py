"""Bounces: what comes back, as values, and what it means."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from csp_receivables.domain.outbox.deliveries import MessageEvent


class Returned(StrEnum):
    """What a report on delivery says of one recipient (RFC 3464, `Action`)."""

    FAILED = "failed"  # final, whatever its code begins with
    DELAYED = "delayed"  # the other side still tries
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"


# What each means for the message it is about.
WORDS = {
    Returned.FAILED: MessageEvent.BOUNCED,
    Returned.DELAYED: MessageEvent.DELAYED,
    Returned.DELIVERED: MessageEvent.ACCEPTED,
    Returned.RELAYED: MessageEvent.ACCEPTED,
    Returned.EXPANDED: MessageEvent.ACCEPTED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """One report on one message. `message_id`: ours, without its brackets, or only what stands before its "@"."""

    message_id: str
    returned: Returned
    status: str  # "5.1.1", "" where none is given
    said: str  # without addresses
    digest: str  # SHA-256 of the report's bytes


class NoBounce(ValueError):
    """The mail is no report on a delivery of ours; the message says what it is."""
