"""One account's month as the files of its bank: which formats, one page after another, balances that chain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path

from csp_receivables.made_up import camt
from csp_receivables.made_up.accounts import Receiving
from csp_receivables.made_up.bookings import FEE, PAYMENT_IN, RETURN, TRANSFER_OUT, Booking, Detail, StatementPage
from csp_receivables.made_up.payments import Payment
from csp_receivables.made_up.receivables import next_month

_CODES = {"payment": PAYMENT_IN, "return": RETURN, "fee": FEE, "transfer": TRANSFER_OUT, "payout": PAYMENT_IN}
_LEAST_IN_A_BATCH = 2


@dataclass(slots=True)
class Book:
    """What an account carries from month to month: its balance, its page number, the bank's last reference."""

    receiving: Receiving
    balance: int = field(init=False)
    pages: int = 0
    references: int = 0

    def __post_init__(self) -> None:
        self.balance = self.receiving.opening

    def reference(self) -> str:
        """The bank's next own reference; fits the narrowest format, MT940's 16 characters."""
        self.references += 1
        return f"{self.receiving.prefix}{self.references:010d}"

    def page(self, month: date, bookings: Sequence[Booking]) -> StatementPage:
        """The statement of the month, which opens where the last closed."""
        self.pages += 1
        ends_on = next_month(month) - timedelta(days=1)
        page = StatementPage(
            number=self.pages, starts_on=month, ends_on=ends_on, bookings=tuple(bookings), opening=self.balance
        )
        self.balance = page.closing
        return page


def write_month(folder: Path, book: Book, month: date, payments: Sequence[Payment]) -> None:
    """Write the account's files of the month; `payments` in the order of their days get the bank's references."""
    FORMATS[book.receiving.format](folder, book, month, payments)


def booking_of(payment: Payment) -> Booking:
    """A payment that is booked by itself."""
    return Booking(
        booked_on=payment.booked_on,
        details=(detail_of(payment),),
        bank_ref=payment.bank_ref,
        code=_CODES[payment.kind],
        is_return=payment.kind == "return",
    )


def detail_of(payment: Payment) -> Detail:
    """What the payer gave."""
    return Detail(
        amount=payment.amount,
        payer=payment.payer,
        payer_account=payment.payer_account,
        references=payment.references,
        text=payment.text,
        end_to_end=payment.end_to_end,
    )


def _camt(folder: Path, book: Book, month: date, payments: Sequence[Payment]) -> None:
    """camt.053; a day's payments with references in one entry, told one by one in a camt.054, where the bank does so."""
    bookings: list[Booking] = []
    for _, of_day in groupby(payments, key=lambda each: each.booked_on):
        day = list(of_day)
        batch = [each for each in day if _goes_in_a_batch(each)] if book.receiving.batches else []
        batch = batch if len(batch) >= _LEAST_IN_A_BATCH else []
        if batch:
            bookings.append(_batch(book, batch))
        for payment in day:
            if not payment.bank_ref:
                payment.bank_ref = book.reference()
                bookings.append(booking_of(payment))
    page = book.page(month, bookings)
    name = f"{book.receiving.key}-{month:%Y-%m}.xml"
    write_text(folder / f"camt.053-{name}", camt.document(book.receiving.account, page, "053"))
    if book.receiving.batches:
        write_text(folder / f"camt.054-{name}", camt.document(book.receiving.account, page.as_notification(), "054"))


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


def write_text(path: Path, parts: Sequence[str] | object, encoding: str = "utf-8") -> None:
    """Write the parts one after another, line ends as they are."""
    with path.open("w", encoding=encoding, newline="") as stream:
        stream.writelines(parts)  # type: ignore[arg-type]


Writer = Callable[[Path, Book, date, Sequence[Payment]], None]
FORMATS: dict[str, Writer] = {
    "camt": _camt,
    "bgmax": _camt,
    "nets_ocr": _camt,
    "bank_csv": _camt,
    "mt940": _camt,
    "bai2": _camt,
    "stripe": _camt,
}
