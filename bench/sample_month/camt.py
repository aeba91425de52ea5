"""ISO 20022 files of the sample's bank, by the writer of made-up banks: camt.053 that prove and chain, .054, .052."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bench.sample_month.payments import Booking
from csp_receivables.made_up import camt
from csp_receivables.made_up.bookings import BankAccount, StatementPage

BIC = "FJBKSE00"  # no bank has it


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account of the partner; `opening` in minor units at the start of the month."""

    iban: str
    currency: str
    owner: str
    opening: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One file: the days it speaks for, what was booked and what is pending."""

    family: str  # "053", "054" or "052"
    number: int
    starts_on: date
    ends_on: date
    bookings: tuple[Booking, ...]
    opening: int | None = None
    pending: tuple[Booking, ...] = ()

    @property
    def closing(self) -> int:
        return (self.opening or 0) + sum(booking.amount for booking in self.bookings)


def document(account: Account, report: Report) -> bytes:
    """The report as XML, version 08 of its message."""
    bank = BankAccount(number=account.iban, currency=account.currency, owner=account.owner, bic=BIC)
    page = StatementPage(
        number=report.number,
        starts_on=report.starts_on,
        ends_on=report.ends_on,
        bookings=report.bookings,
        opening=report.opening,
    )
    return "".join(camt.document(bank, page, report.family, report.pending)).encode()
