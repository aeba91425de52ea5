"""A made-up timeline: what happens to a few customers, in order, and the days on which it is asked what follows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Verb(StrEnum):
    """What can happen."""

    INVOICE = "invoice"
    PAYMENT = "payment"
    CREDIT = "credit"
    WRITE_OFF = "write_off"
    HOLD = "hold"
    RELEASE = "release"
    NOTICE_ACCEPTED = "notice_accepted"
    NOTICE_BOUNCED = "notice_bounced"
    TAG = "tag"
    UNTAG = "untag"
    CHARGEBACK = "chargeback"
    BANK_FEED = "bank_feed"
    ASK = "ask"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One instalment as a timeline has it."""

    due_on: date
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of a timeline. Which fields a verb has is written down in docs/COLLECTIONS.md; others are empty."""

    line: int
    on: date
    do: Verb
    customer: str = ""
    number: str = ""
    numbers: tuple[str, ...] = ()
    amount: Decimal | None = None
    currency: str = ""
    issued_on: date | None = None
    due_on: date | None = None
    until: date | None = None
    stage: str = ""
    kind: str = ""
    tag: str = ""
    account: str = ""
    country: str = ""
    party_kind: str = ""
    name: str = ""
    reason: str = ""
    by: str = ""
    stale: bool = False
    instalments: tuple[Part, ...] = field(default=())


class TimelineRefused(ValueError):
    """A line of a timeline can't have happened, or can't be read; the message names it and what to do."""

    def __init__(self, line: int, found: str, remedy: str) -> None:
        super().__init__(f"{line}: {found}. {remedy}")
        self.line, self.found, self.remedy = line, found, remedy
