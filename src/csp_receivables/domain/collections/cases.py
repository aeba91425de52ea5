"""What is known of one customer on one day: everything a decision may look at, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from csp_receivables.domain.collections.policy import nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """One invoice with something open. Amounts in minor units of `currency`."""

    receivable_id: str
    number: str
    issued_on: date
    due_on: date
    currency: str
    amount: int
    open_amount: int
    part_paid_on: date | None = None  # the last day money or a credit was applied to it
    reopened_on: date | None = None  # the last day a return took such an application back


class HoldKind(StrEnum):
    """Why somebody is left alone."""

    DISPUTE = "dispute"
    PROMISE = "promise"
    PLAN = "plan"  # a payment plan
    MANUAL = "manual"
    LEGAL = "legal"
    INSOLVENCY = "insolvency"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instalment:
    """What was promised for a day, in minor units of its hold's currency, and what had come by the day asked about."""

    due_on: date
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Leave this customer, or this receivable, alone. A hold outranks automation until a person ends it (I9).

    A promise has one instalment, a plan several; both are kept, broken or partly kept by what was received from the
    customer since `placed_on`. A broken one holds nothing back any more, and says so.
    """

    hold_id: str
    kind: HoldKind
    customer_id: str
    receivable_id: str = ""  # "": the whole customer
    reason: str
    placed_by: str
    placed_on: date
    holds_from: date | None = None  # None: the day it was placed
    until: date | None = None  # the last day it holds; None: until somebody ends it
    ended_on: date | None = None  # from this day on it does not hold
    currency: str = ""
    instalments: tuple[Instalment, ...] = ()


class Delivery(StrEnum):
    """What became of a notice."""

    ACCEPTED = "accepted"  # by the mail server, and not bounced: only this counts
    BOUNCED = "bounced"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A notice that was handed over, and what became of it by the day asked about."""

    stage: str
    round_id: str
    on: date  # the day it was handed over, in the partner's time zone
    delivery: Delivery
    receivable_ids: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """Receivables that are chased together. `round_id` is "<episode>.<round>", or "due-<day>" before anything is due.

    `receivable_ids` are those it named when it opened; a receivable that becomes overdue later opens the next one.
    """

    round_id: str
    opened_on: date
    policy_version: str
    receivable_ids: frozenset[str]
    closed_on: date | None = None  # the day everything it named was seen settled


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspension:
    """Access that we took (or gave back), when, by which round and for which receivables.

    `subscriptions`: those of which a reading showed it, by the names customers know; () while none did.
    """

    round_id: str
    on: date
    receivable_ids: frozenset[str]
    subscriptions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One customer on one day. Of amounts by currency, a currency that is not named has 0."""

    customer_id: str
    name: str
    country: str  # ISO 3166 alpha-2
    party_kind: str  # "company", "public_body", "consumer" or "unknown"
    tags: frozenset[str] = frozenset()
    debts: tuple[Debt, ...] = ()  # oldest due first, then id
    unapplied: Mapping[str, int] = field(default_factory=nothing)  # received and not allocated
    credit_left: Mapping[str, int] = field(default_factory=nothing)  # credit notes that cover nothing yet
    received: tuple[tuple[date, str, int], ...] = ()  # day, currency, amount: what promises and plans are judged by
    holds: tuple[Hold, ...] = ()
    notices: tuple[Notice, ...] = ()  # oldest first
    rounds: tuple[Round, ...] = ()  # oldest first
    suspension: Suspension | None = None
    given_back: Suspension | None = None  # the last one, if access was not taken again since
    has_address: bool = True  # is there an address that has not bounced?
    doubts: tuple[
        str, ...
    ] = ()  # why nothing hard may happen: an open suggestion, unidentified money, accounting differs
    feed_stale: str = ""  # why the bank feed can't be trusted on this day; "" when it can
    feed_until: date | None = None  # the last day that every receiving account's statements cover; None: not known
    feed_hours: int = 0  # banking hours from the end of the oldest of these statements to the end of this day
