"""What of each vendor invoice is paid, by what, and what is due: named invoices first, then the oldest due.

An invoice that Microsoft voided is not owed; what was paid on it goes on to the invoice that replaces it. A credit note
pays like money: what it corrects first. Microsoft's own word of a payment (`paidAmount`) is evidence, never a payment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

PAYMENT_TERM_DAYS = 60  # Microsoft's invoices to partners are due net 60 days from the invoice's date


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """One vendor invoice as it stands in the ledger; amounts in minor units. A negative total is a credit note."""

    invoice_id: str
    currency: str
    invoiced_on: date
    due_on: date
    total: int  # tax included
    is_void: bool = False
    amends: str = ""  # the invoice that this one replaces or corrects


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorPayment:
    """Money that went to Microsoft, or a credit note of its. `names`: invoices it says it pays."""

    payment_id: str
    paid_on: date
    currency: str
    amount: int  # positive
    names: tuple[str, ...] = ()
    because: str = ""  # where it is known from
    is_credit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidOn:
    """What one payment pays of one invoice."""

    payment_id: str
    invoice_id: str
    currency: str
    amount: int
    because: str
    is_credit: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Which payment paid what, and what is left of payments that pay nothing known."""

    paid_on: tuple[PaidOn, ...]
    left: Mapping[str, int]  # of each payment with a rest, by its id

    def paid(self, invoice_id: str, *, credit: bool) -> int:
        """What money (or credit notes) paid of an invoice."""
        return sum(one.amount for one in self.paid_on if one.invoice_id == invoice_id and one.is_credit is credit)


@dataclass(slots=True)
class _Books:
    """What is still due and still left while payments are laid on invoices."""

    owed: Sequence[Owed]
    due: dict[str, int]
    paid_on: list[PaidOn] = field(default_factory=list)

    def lay(self, payment: VendorPayment, left: int, invoice: Owed, because: str) -> int:
        """Lay what is left of the payment on the invoice, no more than is due; returns what is left then."""
        amount = min(left, self.due[invoice.invoice_id])
        if invoice.currency != payment.currency or amount <= 0:
            return left
        self.due[invoice.invoice_id] -= amount
        self.paid_on.append(
            PaidOn(
                payment_id=payment.payment_id,
                invoice_id=invoice.invoice_id,
                currency=payment.currency,
                amount=amount,
                because=because,
                is_credit=payment.is_credit,
            )
        )
        return left - amount


def settle(owed: Iterable[Owed], payments: Iterable[VendorPayment]) -> Settled:
    """Lay payments on invoices. The same facts give the same answer, in whatever order they come."""
    ordered = sorted(owed, key=lambda one: (one.due_on, one.invoice_id))
    money = sorted([*_credit_notes(ordered), *payments], key=lambda one: (one.paid_on, one.payment_id))
    books = _Books(ordered, {one.invoice_id: 0 if one.is_void else max(one.total, 0) for one in ordered})
    left = {payment.payment_id: payment.amount for payment in money}
    for payment in money:
        for invoice in _named(payment, ordered):
            because = f"it names {invoice.invoice_id}" if invoice.invoice_id in payment.names else "it replaces"
            left[payment.payment_id] = books.lay(payment, left[payment.payment_id], invoice, because)
    for payment in money:
        for invoice in ordered:
            if invoice.invoiced_on <= payment.paid_on:  # nobody pays an invoice that is not there yet
                left[payment.payment_id] = books.lay(payment, left[payment.payment_id], invoice, "the oldest due")
    return Settled(paid_on=tuple(books.paid_on), left={name: rest for name, rest in left.items() if rest})


def standing_for(invoice_id: str, owed: Sequence[Owed]) -> str:
    """The invoice that stands for `invoice_id`: itself, or what replaced it, however often; "" for one not known."""
    seen = set()
    by_id = {one.invoice_id: one for one in owed}
    while invoice_id in by_id and by_id[invoice_id].is_void and invoice_id not in seen:
        seen.add(invoice_id)
        replaced = [one.invoice_id for one in owed if one.amends == invoice_id]
        invoice_id = replaced[-1] if replaced else ""
    return invoice_id if invoice_id in by_id else ""


def _named(payment: VendorPayment, owed: Sequence[Owed]) -> list[Owed]:
    """The invoices that a payment names, or what stands for them, the oldest due first."""
    names = {standing_for(name, owed) for name in payment.names}
    return [one for one in owed if one.invoice_id in names]


def _credit_notes(owed: Sequence[Owed]) -> list[VendorPayment]:
    return [
        VendorPayment(
            payment_id=one.invoice_id,
            paid_on=one.invoiced_on,
            currency=one.currency,
            amount=-one.total,
            names=(one.amends,) if one.amends else (),
            because="a credit note of Microsoft's",
            is_credit=True,
        )
        for one in owed
        if one.total < 0 and not one.is_void
    ]
