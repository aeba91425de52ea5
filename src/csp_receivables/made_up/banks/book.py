"""What an account carries from month to month, and what all formats share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path

from csp_receivables.made_up.accounts import Receiving
from csp_receivables.made_up.bookings import FEE, PAYMENT_IN, RETURN, TRANSFER_OUT, Booking, Detail, StatementPage
from csp_receivables.made_up.payments import Payment
from csp_receivables.made_up.receivables import next_month

_CODES = {"payment": PAYMENT_IN, "return": RETURN, "fee": FEE, "transfer": TRANSFER_OUT, "payout": PAYMENT_IN}


@dataclass(slots=True)
class Book:
    """One account: its balance, its page number, the last of its references and of its clearing house's."""

    receiving: Receiving
    balance: int = field(init=False)
    pages: int = 0
    references: int = 0
    serials: int = 0

    def __post_init__(self) -> None:
        self.balance = self.receiving.opening

    def reference(self) -> str:
        """The bank's next own reference; fits the narrowest format, MT940's 16 characters."""
        self.references += 1
        return f"{self.receiving.prefix}{self.references:010d}"

    def serial(self) -> int:
        """The clearing house's next number."""
        self.serials += 1
        return self.serials

    def page(self, month: date, bookings: Sequence[Booking]) -> StatementPage:
        """The statement of the month, which opens where the last closed."""
        self.pages += 1
        ends_on = next_month(month) - timedelta(days=1)
        page = StatementPage(
            number=self.pages, starts_on=month, ends_on=ends_on, bookings=tuple(bookings), opening=self.balance
        )
        self.balance = page.closing
        return page

    def path(self, folder: Path, what: str, month: date, suffix: str) -> Path:
        """`folder/camt.053-sek-2025-02.xml`."""
        return folder / f"{what}-{self.receiving.key}-{month:%Y-%m}.{suffix}"


# Writes the files of an account's month: (folder, book, month, payments in the order of their days). The payments get
# the bank's references, and lose what the format has no place for. Gives lines that come up besides: (to keep in the
# truth of this account, to be booked on others).
Writer = Callable[[Path, Book, date, Sequence[Payment]], tuple[list[Payment], list[Payment]]]


def by_day(payments: Iterable[Payment]) -> Iterator[tuple[date, list[Payment]]]:
    """Payments of each day, in order."""
    for day, of_day in groupby(payments, key=lambda each: each.booked_on):
        yield day, list(of_day)


def booking_of(payment: Payment, reference: str) -> Booking:
    """A payment that is booked by itself, under the bank's `reference`."""
    payment.bank_ref = reference
    return Booking(
        booked_on=payment.booked_on,
        details=(detail_of(payment),),
        bank_ref=reference,
        code=_CODES[payment.kind],
        is_return=payment.kind == "return",
    )


def lump_of(book: Book, day: date, total: int, info: str) -> Booking:
    """What a statement shows of payments that a clearing house tells one by one."""
    return Booking(booked_on=day, details=(Detail(amount=total),), bank_ref=book.reference(), is_batch=True, info=info)


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


def cut(text: str, width: int) -> list[str]:
    """The text in pieces of `width`."""
    return [text[start : start + width] for start in range(0, len(text), width)]


def write_text(path: Path, parts: Iterable[str], encoding: str = "utf-8") -> None:
    """Write the parts one after another, line ends as they are; what the encoding has no letter for becomes `?`."""
    with path.open("w", encoding=encoding, errors="replace", newline="") as stream:
        stream.writelines(parts)
