"""A person allocates a payment: to one receivable, as an option suggests, or split by amounts."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from csp_receivables.domain.allocation_ids import name_allocations
from csp_receivables.domain.matching.payers import CONFIRMED_BY_A_PERSON
from csp_receivables.domain.matching_by_hand import books
from csp_receivables.domain.matching_by_hand.books import Invoice, Payment, Situation, lay_out
from csp_receivables.domain.matching_by_hand.requests import (
    AlreadyDone,
    ByHand,
    ByHandRefused,
    Confirm,
    Person,
    Split,
)
from csp_receivables.domain.matching_by_hand.suggested import option_of, refuse_old_numbers, suggested
from csp_receivables.domain.money import NotMoney, to_minor, to_text
from csp_receivables.domain.records import NEW_ALLOCATION

Part = tuple[Invoice, int]  # minor units


def confirm(
    connection: duckdb.DuckDBPyConnection,
    situation: Situation,
    request: Confirm,
    who: Person,
) -> ByHand:
    """Allocate the payment to the named receivable or as the option says. Raises ByHandRefused."""
    if request.amount and (request.option is not None or not request.receivable):
        raise ByHandRefused("--amount goes with one receivable; an option has its own amounts")
    lay_out(connection, situation)
    payment = _payment(connection, request.payment)
    if request.receivable and request.option is None:
        return _allocate(connection, who, payment, [_part(connection, payment, request.receivable, request.amount)])
    receivable_id = books.invoice(connection, request.receivable).receivable_id if request.receivable else ""
    _refuse_confirmed(connection, payment, receivable_id)
    refuse_old_numbers(connection, payment.payment_id)
    rows = suggested(connection, situation, payment.payment_id)
    lay_out(connection, situation)
    chosen = option_of(rows, payment.payment_id, request.option, receivable_id)
    parts = [(books.invoice(connection, row.receivable_id), row.amount) for row in chosen]
    return _allocate(connection, who, payment, parts)


def split(connection: duckdb.DuckDBPyConnection, situation: Situation, request: Split, who: Person) -> ByHand:
    """Allocate the payment by amounts; what they leave of it stays unapplied. Raises ByHandRefused."""
    lay_out(connection, situation)
    payment = _payment(connection, request.payment)
    parts = [_part(connection, payment, receivable, amount) for receivable, amount in request.parts]
    ids = [invoice.receivable_id for invoice, _ in parts]
    if twice := sorted({one for one in ids if ids.count(one) > 1}):
        raise ByHandRefused(f"{twice[0]} is named twice; give it one amount")
    return _allocate(connection, who, payment, parts)


def _payment(connection: duckdb.DuckDBPyConnection, given: str) -> Payment:
    return books.payment(connection, books.payment_id_of(connection, given))


def _part(connection: duckdb.DuckDBPyConnection, payment: Payment, receivable: str, amount: str) -> Part:
    """The invoice and how much: what is said, else all that fits."""
    invoice = books.invoice(connection, receivable)
    if not amount:
        return invoice, min(payment.left, invoice.open)
    try:
        minor = to_minor(amount, payment.currency)
    except NotMoney as error:
        raise ByHandRefused(f"{error}; write an amount as 1234.50") from None
    if minor <= 0:
        raise ByHandRefused(f"{amount} for {invoice.receivable_id} is nothing to allocate; an amount is positive")
    return invoice, minor


def _refuse_confirmed(connection: duckdb.DuckDBPyConnection, payment: Payment, receivable_id: str) -> None:
    """An option that was confirmed is no longer suggested; a repeat must not take the next one for it."""
    allocated = [one for one in books.standing_of(connection, payment.payment_id, receivable_id) if one.amount]
    by_hand = [one for one in allocated if one.rule == CONFIRMED_BY_A_PERSON]
    if by_hand or (allocated and payment.left <= 0):
        raise AlreadyDone(f"of {payment.payment_id} is already allocated: {', '.join(map(str, by_hand or allocated))}")


def _allocate(connection: duckdb.DuckDBPyConnection, who: Person, payment: Payment, parts: Sequence[Part]) -> ByHand:
    """The allocations, once nothing stands in their way."""
    for invoice, amount in parts:
        _refuse_part(connection, payment, invoice, amount)
    used = sum(amount for _, amount in parts)
    if used > payment.left:
        raise ByHandRefused(
            f"{to_text(used, payment.currency)} is more than the {to_text(payment.left, payment.currency)} "
            f"{payment.currency} that is left of {payment.payment_id}"
        )
    rows = [_row(who, payment, invoice, amount) for invoice, amount in parts]
    return ByHand(
        payment_id=payment.payment_id,
        currency=payment.currency,
        left=payment.left - used,
        allocations=name_allocations(connection, pa.Table.from_pylist(rows, schema=NEW_ALLOCATION)),
    )


def _refuse_part(connection: duckdb.DuckDBPyConnection, payment: Payment, invoice: Invoice, amount: int) -> None:
    pair = books.standing_of(connection, payment.payment_id, invoice.receivable_id)
    if there := [one for one in pair if one.amount]:
        raise AlreadyDone(
            f"of {payment.payment_id} is already allocated: {', '.join(map(str, there))}. "
            "For another amount unallocate it first"
        )
    if invoice.currency != payment.currency:
        raise ByHandRefused(
            f"{payment.payment_id} is in {payment.currency} and {invoice.receivable_id} in {invoice.currency}; "
            "a payment pays invoices of its own currency"
        )
    if payment.left <= 0:
        taken = [one for one in books.standing_of(connection, payment.payment_id) if one.amount]
        where = f": {', '.join(map(str, taken))}. Unallocate what is wrong first" if taken else "; it went back"
        raise ByHandRefused(f"nothing is left of {payment.payment_id}{where}")
    if invoice.open <= 0:
        raise ByHandRefused(f"nothing is open of {invoice.receivable_id}; unallocate what paid it, or name another")
    if amount > invoice.open:
        raise ByHandRefused(
            f"{to_text(amount, invoice.currency)} is more than the {to_text(invoice.open, invoice.currency)} "
            f"{invoice.currency} that is open of {invoice.receivable_id}"
        )


def _row(who: Person, payment: Payment, invoice: Invoice, amount: int) -> dict[str, object]:
    return {
        "source_kind": "payment",
        "source_id": payment.payment_id,
        "receivable_id": invoice.receivable_id,
        "amount": amount,
        "difference": 0,
        "currency": payment.currency,
        "rule": CONFIRMED_BY_A_PERSON,
        "outcome": "full" if amount == invoice.open else "partial",
        "because": f"confirmed by {who.name}: {who.why}",
        "effective_on": max(payment.booked_on, invoice.issued_on),
        "reverses": "",
    }
