"""camt.053 of a month; payments with references in one entry a day, told one by one in a camt.054, where so agreed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from csp_receivables.made_up import camt
from csp_receivables.made_up.banks.book import Book, booking_of, by_day, detail_of, write_text
from csp_receivables.made_up.bookings import Booking
from csp_receivables.made_up.payments import Payment

_LEAST_IN_A_BATCH = 2


def write_camt(
    folder: Path, book: Book, month: date, payments: Sequence[Payment]
) -> tuple[list[Payment], list[Payment]]:
    """See `book.Writer`."""
    bookings: list[Booking] = []
    for _, day in by_day(payments):
        batch = [each for each in day if _goes_in_a_batch(each)] if book.receiving.batches else []
        if len(batch) >= _LEAST_IN_A_BATCH:
            bookings.append(_batch(book, batch))
        bookings += [booking_of(each, book.reference()) for each in day if not each.bank_ref]
    write_statement(folder, book, month, bookings)
    return [], []


def write_statement(folder: Path, book: Book, month: date, bookings: Sequence[Booking]) -> None:
    """The camt.053, and the camt.054 of its batches where the account has them."""
    account, page = book.receiving.account, book.page(month, bookings)
    write_text(book.path(folder, "camt.053", month, "xml"), camt.document(account, page, "053"))
    if book.receiving.batches:
        write_text(book.path(folder, "camt.054", month, "xml"), camt.document(account, page.as_notification(), "054"))


def _goes_in_a_batch(payment: Payment) -> bool:
    return payment.kind == "payment" and payment.says == "reference"


def _batch(book: Book, payments: Sequence[Payment]) -> Booking:
    reference = book.reference()
    for payment in payments:
        payment.bank_ref = reference
    return Booking(
        booked_on=payments[0].booked_on,
        details=tuple(map(detail_of, payments)),
        bank_ref=reference,
        is_batch=True,
        info=f"{len(payments)} payments",
    )
