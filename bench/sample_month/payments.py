"""What the bank booked in October: every kind of payment that cash application has to tell apart."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from bench.sample_month.books import Receivable
from bench.sample_month.calendar_days import october
from bench.sample_month.people import Customer
from csp_receivables.made_up import bookings
from csp_receivables.made_up.bookings import FEE, RETURN, TRANSFER_OUT

__all__ = ["FEE", "RETURN", "TRANSFER_OUT", "Booking", "Detail", "Payer", "number_them", "one"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail(bookings.Detail):
    """One payment inside a booking. `pays` and `rule` say what the day should make of it: the sample's truth."""

    pays: tuple[tuple[str, int], ...] = ()
    rule: str = ""  # "1", "2", "3", "4": the rule of cash application that should take it; "" for none
    shows: str = ""  # what the payment is in the sample for


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking(bookings.Booking):
    """One entry on the account: one detail, or a batch of several."""

    details: tuple[Detail, ...]


@dataclass(frozen=True, slots=True)
class Payer:
    """Makes payments of the customers in the sample."""

    customers: dict[str, Customer]

    def detail(self, receivable: Receivable, amount: int | None = None, **changes: Any) -> Detail:
        """A payment of `receivable` with its OCR reference: of the whole amount unless another is given."""
        customer, paid = self.customers[receivable.customer_id], receivable.amount if amount is None else amount
        exact = paid == receivable.amount
        made = Detail(
            amount=paid,
            payer=customer.name,
            payer_account=customer.iban,
            references=(receivable.reference,),
            end_to_end=f"E2E{receivable.number}",
            pays=((receivable.number, min(paid, receivable.amount)),),
            rule="1" if exact else "2",
            shows="exact OCR reference and amount" if exact else "",
        )
        return replace(made, **changes)

    def stranger(self, amount: int, name: str, iban: str, text: str, shows: str) -> Detail:
        """Money without any reference that could say what it is for."""
        return Detail(amount=amount, payer=name, payer_account=iban, text=text, end_to_end="NOTPROVIDED", shows=shows)


def one(day: int, detail: Detail, **changes: Any) -> Booking:
    """A booking of one payment on a day of October."""
    return replace(Booking(booked_on=october(day), details=(detail,)), **changes)


def number_them(bookings: list[Booking], prefix: str) -> list[Booking]:
    """Bookings by day, each with the bank's own reference."""
    ordered = sorted(bookings, key=lambda booking: booking.booked_on)  # stable: equal days keep their order
    return [
        replace(booking, bank_ref=f"{prefix}{booking.booked_on:%y%m%d}{place:05d}")
        for place, booking in enumerate(ordered, start=1)
    ]
