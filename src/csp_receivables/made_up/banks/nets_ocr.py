"""Nets OCR giro of a month: payments with exactly one right KID; the statement (camt.053) shows each day's settlement.

Layout: Nets, OCR giro system specification. The bank refuses a wrong KID at the counter, so all others are entries of
their own on the statement.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from csp_receivables.made_up.banks.book import Book, booking_of, by_day, lump_of, write_text
from csp_receivables.made_up.banks.camt import write_statement
from csp_receivables.made_up.bookings import Booking
from csp_receivables.made_up.payments import Payment

WIDTH = 80


def write_nets_ocr(
    folder: Path, book: Book, month: date, payments: Sequence[Payment]
) -> tuple[list[Payment], list[Payment]]:
    """See `book.Writer`."""
    bookings: list[Booking] = []
    settled: list[Payment] = []
    for day, of_day in by_day(payments):
        with_kid = [each for each in of_day if _has_one_kid(each)]
        bookings += [booking_of(each, book.reference()) for each in of_day if not _has_one_kid(each)]
        if with_kid:
            total = sum(each.amount for each in with_kid)
            bookings.append(lump_of(book, day, total, f"OCR giro, {len(with_kid)} innbetalinger"))
            settled += with_kid
    write_statement(folder, book, month, bookings)
    if settled:
        lines = _file(book, settled)
        write_text(book.path(folder, "ocr-giro", month, "txt"), (f"{line:0<{WIDTH}}\n" for line in lines), "iso-8859-1")
    return [], []


def _has_one_kid(payment: Payment) -> bool:
    return payment.kind == "payment" and payment.says == "reference" and len(payment.references) == 1


def _file(book: Book, payments: Sequence[Payment]) -> Iterator[str]:
    days = [each.booked_on for each in payments]
    total, number = sum(each.amount for each in payments), len(payments)
    records = 2 * number + 2  # of the assignment: its start, two for each payment, its end
    yield f"NY00001000008080{book.pages:07d}99999999"
    yield f"NY090020999123456{book.pages:07d}{book.receiving.other_name}"
    for place, payment in enumerate(payments, start=1):
        yield from _payment(place, payment, book)
    yield (f"NY090088{number:08d}{records:08d}{total:017d}{max(days):%d%m%y}{min(days):%d%m%y}{max(days):%d%m%y}")
    yield f"NY000089{number:08d}{records + 2:08d}{total:017d}{max(days):%d%m%y}"


def _payment(place: int, payment: Payment, book: Book) -> Iterator[str]:
    day = payment.booked_on
    archive = f"{book.serial():09d}"
    payment.bank_ref, payment.end_to_end = f"0000000000{archive}", ""
    payer, payment.payer = payment.payer_account, ""
    yield (
        f"NY091030{place:07d}{day:%d%m%y}01{day:%d}1{day.toordinal() % 100_000:05d}0{payment.amount:017d}"
        f"{payment.references[0]:>25}00"
    )
    yield f"NY091031{place:07d}{payment.bank_ref}{'':0<7}{day:%d%m%y}{payer[-11:]:0>11}"
