"""Which money went to Microsoft: debits that a rule of the bank lines knows, and rows of a file that names invoices.

A row of a file that tells of a debit which the bank reports as well is the same money: it only lends it its invoice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb
import pyarrow as pa

from csp_receivables.domain.bank_line_policy import LineKind
from csp_receivables.domain.payables.payables import named_in
from csp_receivables.domain.payables.settling import VendorPayment

SAME_MONEY_DAYS = 5  # a payment is in the books some days before the bank's statement has it

_DEBITS = """
SELECT p.payment_id, p.booked_on, p.currency, -p.amount, concat_ws(' ', p.reference, p.text, p.end_to_end), s.because
  FROM set_aside AS s JOIN payments AS p USING (payment_id)
 WHERE s.kind = $kind AND p.status = 'booked' AND p.amount < 0 ORDER BY p.booked_on, p.payment_id
"""


def bank_debits(connection: duckdb.DuckDBPyConnection, invoices: Iterable[str]) -> tuple[VendorPayment, ...]:
    """Debits to the vendor, with the invoices that their texts name; needs `set_aside` and `payments` of a day."""
    known = sorted(invoices)
    rows = connection.execute(_DEBITS, {"kind": LineKind.VENDOR_PAYMENT.value}).fetchall()
    return tuple(
        VendorPayment(
            payment_id=payment_id,
            paid_on=booked_on,
            currency=currency,
            amount=amount,
            names=named_in(text, known),
            because=f"the bank: {because}",
        )
        for payment_id, booked_on, currency, amount, text, because in rows
    )


@dataclass(slots=True)
class _Debits:
    """The bank's debits while rows of files are found among them; each is found once."""

    free: list[VendorPayment]

    def take(self, row: VendorPayment) -> VendorPayment | None:
        same = [
            one
            for one in self.free
            if (one.currency, one.amount) == (row.currency, row.amount)
            and abs((one.paid_on - row.paid_on).days) <= SAME_MONEY_DAYS
            and (not one.names or not row.names or set(one.names) & set(row.names))
        ]
        if not same:
            return None
        nearest = min(same, key=lambda one: (abs((one.paid_on - row.paid_on).days), one.paid_on, one.payment_id))
        self.free.remove(nearest)
        return nearest


def with_files(debits: Sequence[VendorPayment], rows: pa.Table) -> tuple[VendorPayment, ...]:
    """All payments: the bank's debits, each with what a file's row says of it, and rows that the bank has not."""
    bank = _Debits(list(debits))
    told: list[VendorPayment] = []
    for row in map(_of_file, rows.sort_by([("paid_on", "ascending"), ("payment_id", "ascending")]).to_pylist()):
        debit = bank.take(row)
        names = row.names or (debit.names if debit else ())
        told.append(replace(debit, names=names, because=f"{debit.because}; a file names it") if debit else row)
    return tuple(sorted([*bank.free, *told], key=lambda one: (one.paid_on, one.payment_id)))


def _of_file(row: dict[str, Any]) -> VendorPayment:
    invoice = row["invoice_id"]
    return VendorPayment(
        payment_id=row["payment_id"],
        paid_on=row["paid_on"],
        currency=row["currency"],
        amount=row["amount"],
        names=(invoice,) if invoice else (),
        because="a file of vendor payments",
    )
