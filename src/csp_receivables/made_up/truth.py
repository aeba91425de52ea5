"""The truth file: what every line on the partner's accounts really was. The product never reads it."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from csp_receivables.made_up.accounts import ACCOUNTS
from csp_receivables.made_up.payments import Payment

COLUMNS = (
    "account", "booked_on", "bank_ref", "end_to_end",  # together the key of a line, as an import shows it
    "currency", "amount",  # minor units, signed; repeated on each of the line's rows
    "part",  # 1, 2 … of the line's rows: one for each receivable, or one without any
    "kind", "habit", "says", "customer_id", "receivable_id", "pays",
)  # fmt: skip


class TruthFile:
    """Writes `truth/payments.csv` row by row."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._stream = (folder / "payments.csv").open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._stream, lineterminator="\n")
        self._writer.writerow(COLUMNS)
        self.lines = 0

    def __enter__(self) -> TruthFile:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._stream.close()

    def write(self, payments: Iterable[Payment]) -> None:
        """Lines as they were written to bank files: with the bank's reference, and what is left of the payer's."""
        for payment in payments:
            account = ACCOUNTS[payment.pays_to].account
            key = (account.number, payment.booked_on, payment.bank_ref, payment.end_to_end)
            what = (payment.kind, payment.habit, payment.says, payment.customer_id)
            for part, (receivable_id, amount) in enumerate(payment.pays or (("", 0),), start=1):
                row = (*key, account.currency, payment.amount, part, *what, receivable_id, amount)
                self._writer.writerow(row)
            self.lines += 1
