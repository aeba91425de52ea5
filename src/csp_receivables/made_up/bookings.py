"""What a bank books, before it is written in any format."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

PAYMENT_IN = ("PMNT", "RCDT", "DMCT")
FEE, TRANSFER_OUT = ("PMNT", "MDOP", "CHRG"), ("PMNT", "ICDT", "XBCT")
RETURN = ("PMNT", "RCDT", "RRTN")


@dataclass(frozen=True, slots=True, kw_only=True)
class BankAccount:
    """An account of the partner at its bank. `number` is its IBAN, or what the bank calls it."""

    number: str
    currency: str
    owner: str
    bic: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """One payment inside a booking; amounts in minor units, signed."""

    amount: int
    payer: str = ""
    payer_account: str = ""
    references: tuple[str, ...] = ()
    text: str = ""
    end_to_end: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """One entry on the account: one detail, or a batch of several."""

    booked_on: date
    details: tuple[Detail, ...]
    bank_ref: str = ""
    code: tuple[str, str, str] = PAYMENT_IN  # ISO 20022 domain, family, sub-family
    is_return: bool = False
    is_batch: bool = False  # details come in a notification (camt.054) or a clearing house's file of their own
    info: str = ""

    @property
    def amount(self) -> int:
        return sum(detail.amount for detail in self.details)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementPage:
    """The days of an account that one file speaks for. Balances in minor units; None in a notification."""

    number: int
    starts_on: date
    ends_on: date
    bookings: tuple[Booking, ...]
    opening: int | None = None

    @property
    def closing(self) -> int:
        return (self.opening or 0) + sum(booking.amount for booking in self.bookings)

    def as_notification(self) -> StatementPage:
        """Only the batches, without balances: what a camt.054 tells."""
        return replace(self, bookings=tuple(each for each in self.bookings if each.is_batch), opening=None)
