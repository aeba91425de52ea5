"""Payments to Microsoft out of files, as the ledger keeps them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from csp_receivables.adapters.ledger.accounting_imports import Stored, import_once, refuse_file
from csp_receivables.adapters.ledger.bulk import insert_new
from csp_receivables.adapters.ledger.connection import Ledger, Writing
from csp_receivables.adapters.ledger.microsoft_tables import vendor_payment
from csp_receivables.domain.accounting import AccountingFile, VendorPaymentBatch
from csp_receivables.domain.findings import Finding
from csp_receivables.domain.imports import FileReport


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
