"""Payments to Microsoft out of files, and Microsoft's words on its invoices, as the ledger keeps them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
from sqlalchemy import select

from csp_receivables.adapters.ledger.accounting_imports import Stored, import_once, refuse_file
from csp_receivables.adapters.ledger.bulk import insert_new, read_table
from csp_receivables.adapters.ledger.connection import Ledger, Writing
from csp_receivables.adapters.ledger.microsoft_tables import vendor_payment
from csp_receivables.adapters.ledger.vendor_words import latest_words
from csp_receivables.domain.accounting import AccountingFile, VendorPaymentBatch
from csp_receivables.domain.findings import Finding
from csp_receivables.domain.imports import FileReport
from csp_receivables.domain.money_records import VENDOR_PAYMENT
from csp_receivables.domain.payables.words import VendorWords


@dataclass(frozen=True, slots=True)
class LedgerPayableBook:
    """Implements `money_ports.PayableBook`."""

    ledger: Ledger

    def import_file(self, file: AccountingFile, batches: Iterable[VendorPaymentBatch]) -> FileReport:
        """Store what is new, in one transaction."""

        def store(writing: Writing, batch: VendorPaymentBatch) -> Stored:
            same = {"file_digest": file.digest, "recorded_at": writing.recorded_at}
            new = insert_new(writing.connection, vendor_payment, batch.payments, **same)
            return Stored(facts=batch.payments.num_rows, new_facts=new)

        return import_once(self.ledger, file, batches, store, lambda _: ())

    def refuse_file(self, file: AccountingFile, findings: Sequence[Finding]) -> FileReport:
        """Keep why nothing of the file counts."""
        return refuse_file(self.ledger, file, findings)

    def told(self, as_of: date, known_at: str) -> tuple[pa.Table, tuple[VendorWords, ...]]:
        """Payments of files (VENDOR_PAYMENT) made by the day, and Microsoft's latest words on each invoice."""
        paid = vendor_payment.c
        query = select(*(paid[name] for name in VENDOR_PAYMENT.names)).order_by(paid.payment_id)
        with self.ledger.reading() as connection:
            rows = read_table(
                connection, query.where(paid.paid_on <= as_of, paid.recorded_at <= known_at), VENDOR_PAYMENT
            )
            return rows, latest_words(connection, known_at)
