"""What a person asks for, who they are, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field

import pyarrow as pa

from csp_receivables.domain.records import ALLOCATION, DECLINED

NAME_LENGTH_MAX = 100  # a name, not a letter
WHY_LENGTH_MAX = 500  # shown in one cell of the workbook beside the allocation


class ByHandRefused(ValueError):
    """Nothing was changed; the message says what stands in the way and what to do."""


class AlreadyDone(ByHandRefused):
    """What is asked for is so already: a repeat of a command changes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who decides and why; both are kept for ever. Make it with `person`."""

    name: str
    why: str

    @property
    def run_id(self) -> str:
        """What the ledger keeps in the place of a run's id."""
        return f"person:{self.name}"


def person(by: str, why: str) -> Person:
    """The person, their words on one line. Raises ByHandRefused where one is missing or too long."""
    name, reason = " ".join(by.split()), " ".join(why.split())
    if not name or not reason:
        raise ByHandRefused("a decision needs the name of the person who takes it (--by) and a reason (--why)")
    for option, said, most in (("--by", name, NAME_LENGTH_MAX), ("--why", reason, WHY_LENGTH_MAX)):
        if len(said) > most:
            raise ByHandRefused(f"{option} has {len(said)} characters, and {most} are the most; say it in fewer")
    return Person(name=name, why=reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    """Allocate a payment to a receivable, or as an option suggests; `amount`: decimal text, "" for all that fits."""

    payment: str
    receivable: str = ""
    option: int | None = None
    amount: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Allocate a payment to several receivables: (receivable, amount as decimal text)."""

    payment: str
    parts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """Say no to what is suggested for a payment: all of it, one receivable, or one option."""

    payment: str
    receivable: str = ""
    option: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBack:
    """Undo an allocation, named by itself or by its payment (or credit note) and receivable."""

    allocation: str = ""
    payment: str = ""
    receivable: str = ""


Request = Confirm | Split | Reject | TakeBack


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHand:
    """What a decision adds to the ledger, and the payment (or credit note) it is about.

    `left` is what is unapplied of it afterwards, in minor units of `currency`.
    """

    payment_id: str
    currency: str
    left: int
    allocations: pa.Table = field(default_factory=ALLOCATION.empty_table)
    declined: pa.Table = field(default_factory=DECLINED.empty_table)
