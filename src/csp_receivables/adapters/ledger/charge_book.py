"""Which versions of which charges there are, and where they lie in the lake."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Table, select

from csp_receivables.adapters.ledger.connection import Ledger
from csp_receivables.adapters.ledger.microsoft_tables import usage_detail
from csp_receivables.adapters.ledger.tables import vendor_invoice
from csp_receivables.domain.charge_data import KeptVersion


@dataclass(frozen=True, slots=True)
class LedgerChargeBook:
    """Implements `money_ports.ChargeBook`."""

    ledger: Ledger

    def versions(self, invoice_id: str) -> tuple[KeptVersion, ...]:
        """The versions of an invoice's charges, the newest first; that one counts."""
        return self._of(vendor_invoice, invoice_id)

    def usage_versions(self, invoice_id: str) -> tuple[KeptVersion, ...]:
        """The versions of an invoice's daily usage, the newest first."""
        return self._of(usage_detail, invoice_id)

    def _of(self, table: Table, invoice_id: str) -> tuple[KeptVersion, ...]:
        newest = select(table).where(table.c.invoice_id == invoice_id)
        with self.ledger.reading() as connection:
            rows = connection.execute(newest.order_by(table.c.recorded_at.desc(), table.c.version.desc())).mappings()
            return tuple(
                KeptVersion(
                    invoice_id=row["invoice_id"],
                    version=row["version"],
                    currency=row["currency"],
                    lines=row["lines"],
                    pre_tax=row["pre_tax"],
                    charges_path=row["charges_path"],
                    recorded_at=row["recorded_at"],
                )
                for row in rows
            )
