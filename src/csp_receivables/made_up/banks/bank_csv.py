"""A bank's own CSV of a month: newest entry first, a running balance, decimal commas; and the profile that reads it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from csp_receivables.made_up.banks.book import Book, booking_of, write_text
from csp_receivables.made_up.payments import Payment

COLUMNS = ("Bogført", "Rentedato", "Bilag", "Afsender", "Tekst", "Reference", "Beløb", "Saldo")


def profile(account: str, currency: str) -> str:
    """The YAML that tells the product how this bank writes."""
    return f"""# The export of a made-up Danish bank: newest entry first, a running balance.
profile: made_up_bank
about: Kontoudskrift of a bank that does not exist
encoding: cp1252
separator: ";"
decimal_mark: ","
thousands_mark: "."
date_format: "%d-%m-%Y"
constants: {{account: {account}, currency: {currency}}}
header: [{", ".join(COLUMNS)}]
columns:
  booked_on: Bogført
  value_on: Rentedato
  bank_ref: Bilag
  payer_name: Afsender
  text: Tekst
  reference: Reference
  amount: Beløb
  balance: Saldo
"""


def write_bank_csv(
    folder: Path, book: Book, month: date, payments: Sequence[Payment]
) -> tuple[list[Payment], list[Payment]]:
    """See `book.Writer`. The export has no place for the payer's account or its own id."""
    balance = book.balance
    book.page(month, [booking_of(each, book.reference()) for each in payments])
    rows: list[str] = []
    for payment in payments:
        balance += payment.amount
        payment.end_to_end = payment.payer_account = ""
        rows.append(_row(payment, balance))
    write_text(book.path(folder, "kontoudskrift", month, "csv"), _file(rows), "cp1252")
    return [], []


def _file(rows: Sequence[str]) -> Iterator[str]:
    yield ";".join(COLUMNS) + "\r\n"
    yield from reversed(rows)


def _row(payment: Payment, balance: int) -> str:
    day = f"{payment.booked_on:%d-%m-%Y}"
    text = (payment.text if payment.kind == "payment" else f"Retur {payment.text}").strip()
    cells = (
        day, day, payment.bank_ref, payment.payer, payment.text if payment.kind != "return" else text,
        " ".join(payment.references), _amount(payment.amount), _amount(balance),
    )  # fmt: skip
    return ";".join(f'"{cell}"' if ";" in cell or '"' in cell else cell for cell in cells) + "\r\n"


def _amount(minor: int) -> str:
    whole = f"{abs(minor) // 100:,}".replace(",", ".")
    return f"{'-' if minor < 0 else ''}{whole},{abs(minor) % 100:02d}"
