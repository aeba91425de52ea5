"""BgMax of a month, a section for each day's deposit; the statement (camt.053) shows the deposits alone.

Layout: Bankgiro Inbetalningar, technical manual (November 2019), as in payments.md 1.1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

from csp_receivables.made_up.banks.book import Book, booking_of, by_day, cut, lump_of, write_text
from csp_receivables.made_up.banks.camt import write_statement
from csp_receivables.made_up.bookings import Booking
from csp_receivables.made_up.payments import Payment
from csp_receivables.made_up.receivables import next_month

WIDTH, TEXT_WIDTH, NAME_WIDTH = 80, 50, 35
RIGHT, WRONG, NONE = "2", "5", "0"  # reference codes


def write_bgmax(
    folder: Path, book: Book, month: date, payments: Sequence[Payment]
) -> tuple[list[Payment], list[Payment]]:
    """See `book.Writer`."""
    bookings: list[Booking] = []
    records: list[str] = []
    for day, of_day in by_day(payments):
        deposited = _deposited(of_day)
        bookings += [booking_of(each, book.reference()) for each in of_day if each not in deposited]
        if deposited:
            total = sum(each.amount for each in deposited)
            bookings.append(lump_of(book, day, total, f"Bankgiro 991-2346, {len(deposited)} inbetalningar"))
            records += _section(book, day, deposited, total)
    write_statement(folder, book, month, bookings)
    if records:
        lines = [_start(next_month(month) - timedelta(days=1)), *records, _trailer(records)]
        path = book.path(folder, "bgmax", month, "txt")
        write_text(path, (f"{line:<{WIDTH}}\r\n" for line in lines), "iso-8859-1")
    return [], []


def _deposited(day: Sequence[Payment]) -> list[Payment]:
    """Payments, and returns as deductions where the deposit stays one."""
    incoming = [each for each in day if each.kind == "payment"]
    both = [each for each in day if each.kind in ("payment", "return")]
    return both if incoming and sum(each.amount for each in both) > 0 else incoming


def _start(made_on: date) -> str:
    return f"01{'BGMAX':<20}01{made_on:%Y%m%d}193000000000P"


def _section(book: Book, day: date, payments: Sequence[Payment], total: int) -> Iterator[str]:
    receiving = book.receiving
    yield f"05{receiving.other_name:0>10}{'':10}SEK"
    for payment in payments:
        payment.bank_ref, payment.end_to_end = f"{book.serial():012d}", ""
        yield from _payment(payment)
    account = receiving.account.number[-20:]
    yield f"15{account:0>35}{day:%Y%m%d}{day:%m%d}1{total:018d}SEK{len(payments):08d}"


def _payment(payment: Payment) -> Iterator[str]:
    code = WRONG if payment.says == "wrong_digit" else RIGHT if payment.references else NONE
    first, *others = payment.references or ("",)
    kind = "20" if payment.amount >= 0 else "21"
    yield (
        f"{kind}{payment.payer_account:0>10}{first:>25}{abs(payment.amount):018d}{code}2{payment.bank_ref}0"
        f"{'1' if kind == '21' else ''}"
    )
    for other in others:
        yield f"22{payment.payer_account:0>10}{other:>25}{0:018d}{RIGHT}2{payment.bank_ref}0"
    for part in cut(payment.text, TEXT_WIDTH):
        yield f"25{part}"
    if payment.payer:
        yield f"26{payment.payer[:NAME_WIDTH]}"


def _trailer(records: Sequence[str]) -> str:
    seen = Counter(record[:2] for record in records)
    return f"70{seen['20']:08d}{seen['21']:08d}{seen['22']:08d}{seen['15']:08d}"
