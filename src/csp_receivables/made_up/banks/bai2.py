"""BAI2 of a month: a group for each day with entries, remittance in continuations, control totals on all levels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from csp_receivables.made_up.banks.book import Book, booking_of, by_day, write_text
from csp_receivables.made_up.bookings import BankAccount
from csp_receivables.made_up.payments import Payment

# Type codes: incoming wire, deposited item returned, bank fee, outgoing wire.
_CODES = {"payment": "195", "return": "555", "fee": "698", "transfer": "495"}


@dataclass(slots=True)
class _Part:
    """Records of one level, with what its control record states."""

    lines: list[str] = field(default_factory=list)
    total: int = 0

    def add(self, line: str, amount: int = 0) -> None:
        self.lines.append(f"{line}/\n")
        self.total += amount


def write_bai2(
    folder: Path, book: Book, month: date, payments: Sequence[Payment]
) -> tuple[list[Payment], list[Payment]]:
    """See `book.Writer`."""
    opening = book.balance
    book.page(month, [booking_of(each, book.reference()) for each in payments])
    write_text(book.path(folder, "bai2", month, "bai"), _file(book, opening, payments), "iso-8859-1")
    return [], []


def _file(book: Book, opening: int, payments: Sequence[Payment]) -> Iterator[str]:
    account = book.receiving.account
    made_on = payments[-1].booked_on
    yield f"01,{account.bic},FJARDHOLM,{made_on:%y%m%d},1930,{book.pages},,,2/\n"
    groups = total = records = 0
    for day, of_day in by_day(payments):
        group = _group(account, day, opening, of_day)
        opening += sum(each.amount for each in of_day)
        groups, total, records = groups + 1, total + group.total, records + len(group.lines)
        yield from group.lines
    yield f"99,{total},{groups},{records + 2}/\n"


def _group(account_of: BankAccount, day: date, opening: int, payments: Sequence[Payment]) -> _Part:
    closing = opening + sum(each.amount for each in payments)
    account = _Part()
    account.add(f"03,{account_of.number},{account_of.currency},010,{opening},,,015,{closing},,", opening + closing)
    for payment in payments:
        _entry(account, payment)
    account.add(f"49,{account.total},{len(account.lines) + 1}")
    group = _Part(total=account.total)
    group.add(f"02,FJARDHOLM,{account_of.bic},1,{day:%y%m%d},1900,{account_of.currency},2")
    group.lines += account.lines
    group.add(f"98,{group.total},1,{len(group.lines) + 1}")
    return group


def _entry(account: _Part, payment: Payment) -> None:
    amount = abs(payment.amount)
    account.add(f"16,{_CODES[payment.kind]},{amount},Z,{payment.bank_ref},,{payment.kind.upper()}", amount)
    said = {
        "EREF": payment.end_to_end,
        "REMI": " ".join(filter(None, [*payment.references, payment.text])),
        "DBNM": payment.payer,
        "DACT": payment.payer_account,
    }
    for tag, value in said.items():
        if value:
            account.add(f"88,{tag}: {value.replace('/', '-')}")
