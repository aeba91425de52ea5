"""MT940 of a month as German banks write it: `:86:` in sub-fields, SEPA tags, entries in the order of their days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

from csp_receivables.made_up.banks.book import Book, booking_of, cut, write_text
from csp_receivables.made_up.bookings import StatementPage
from csp_receivables.made_up.payments import Payment

_WIDTH, _PURPOSE_WIDTH, _NAME_WIDTH = 65, 27, 27
_PURPOSES = 10  # sub-fields ?20 to ?29
# Mark of the entry, business code, posting text, SWIFT's type.
_KINDS = {
    "payment": ("C", "166", "GUTSCHRIFT", "NTRF"),
    "return": ("RC", "109", "RUECKGABE", "NRTI"),
    "fee": ("D", "805", "ABSCHLUSS", "NCHG"),
    "transfer": ("D", "177", "UEBERWEISUNG", "NTRF"),
}


def write_mt940(
    folder: Path, book: Book, month: date, payments: Sequence[Payment]
) -> tuple[list[Payment], list[Payment]]:
    """See `book.Writer`."""
    page = book.page(month, [booking_of(each, book.reference()) for each in payments])
    write_text(book.path(folder, "mt940", month, "sta"), _statement(book, page, payments), "iso-8859-1")
    return [], []


def _statement(book: Book, page: StatementPage, payments: Sequence[Payment]) -> Iterator[str]:
    account = book.receiving.account
    before = page.starts_on - timedelta(days=1)
    yield f":20:STARTUMS\r\n:25:{account.number}\r\n:28C:{page.number:05d}/001\r\n"
    yield f":60F:{_balance(page.opening or 0, before, account.currency)}\r\n"
    for payment in payments:
        yield _entry(payment)
    yield f":62F:{_balance(page.closing, page.ends_on, account.currency)}\r\n-\r\n"


def _balance(minor: int, day: date, currency: str) -> str:
    return f"{'D' if minor < 0 else 'C'}{day:%y%m%d}{currency}{_amount(minor)}"


def _amount(minor: int) -> str:
    return f"{abs(minor) // 100},{abs(minor) % 100:02d}"


def _entry(payment: Payment) -> str:
    mark, code, posting, kind = _KINDS[payment.kind]
    day = payment.booked_on
    said = [f"EREF+{payment.end_to_end}"] if payment.end_to_end else []
    purpose = " ".join(filter(None, [*payment.references, payment.text]))
    said += cut(f"SVWZ+{purpose}", _PURPOSE_WIDTH) if purpose else []
    text = f"{code}?00{posting}?10{payment.bank_ref[-6:]}"
    text += "".join(f"?{20 + place}{part}" for place, part in enumerate(said[:_PURPOSES]))
    if payment.payer_account:
        text += f"?30MADEDEFFXXX?31{payment.payer_account}"
    text += "".join(f"?{32 + place}{part}" for place, part in enumerate(cut(payment.payer, _NAME_WIDTH)[:2]))
    lines = "\r\n".join(cut(text, _WIDTH))
    return f":61:{day:%y%m%d%m%d}{mark}{_amount(payment.amount)}{kind}NONREF//{payment.bank_ref}\r\n:86:{lines}\r\n"
