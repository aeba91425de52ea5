"""Which versions of which charges there are, and where they lie in the lake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, Table, func, select

from csp_receivables.adapters.ledger.connection import Ledger
from csp_receivables.adapters.ledger.microsoft_tables import usage_detail
from csp_receivables.adapters.ledger.tables import customer, customer_cost, customer_tenant, vendor_invoice
from csp_receivables.domain.charge_data import KeptVersion
from csp_receivables.domain.charges.bill_lines import BillSource


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

    def bill_sources(self, customer_id: str, months: Sequence[date]) -> tuple[BillSource, ...]:
        """The vendor invoices of these months that charge the customer, each in the version that counts."""
        with self.ledger.reading() as connection:
            tenants = _tenants_of(connection, customer_id)
            cost, invoice = customer_cost.c, vendor_invoice.c
            newest = select(invoice.invoice_id, func.max(invoice.recorded_at).label("at")).group_by(invoice.invoice_id)
            counts = newest.subquery()
            query = (
                select(vendor_invoice, cost.tenant_id, cost.pre_tax.label("cost"))
                .join(counts, (counts.c.invoice_id == invoice.invoice_id) & (counts.c.at == invoice.recorded_at))
                .join(customer_cost, (cost.invoice_id == invoice.invoice_id) & (cost.version == invoice.version))
                .where(cost.tenant_id.in_(tenants), invoice.period_from >= min(months))
                .order_by(invoice.period_from, invoice.invoice_id, cost.tenant_id)
            )
            rows = list(connection.execute(query).mappings())
        found: dict[str, BillSource] = {}
        for row in rows:
            month = row["period_from"].replace(day=1)
            if month in months:
                before = found.get(row["invoice_id"])
                costs = {**(before.costs if before else {}), row["tenant_id"]: row["cost"]}
                found[row["invoice_id"]] = BillSource(
                    invoice_id=row["invoice_id"],
                    month=month,
                    currency=row["currency"],
                    charges_path=row["charges_path"],
                    released=row["released"],
                    costs=costs,
                )
        return tuple(found.values())

    def customer(self, customer_id: str) -> tuple[str, str, str] | None:
        """Name, language and country of a customer, or None for one that nobody knows."""
        known = select(customer.c.name, customer.c.language, customer.c.country)
        known = known.where(customer.c.customer_id == customer_id).order_by(customer.c.recorded_at.desc())
        with self.ledger.reading() as connection:
            row = connection.execute(known.limit(1)).first()
        return None if row is None else (row.name, row.language, row.country)

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


def _tenants_of(connection: Connection, customer_id: str) -> list[str]:
    """The tenants that are this customer's and nobody else's, by the latest words."""
    tenant = customer_tenant.c
    of_it = select(tenant.tenant_id).where(tenant.customer_id == customer_id)
    rows = connection.execute(
        select(customer_tenant).where(tenant.tenant_id.in_(of_it)).order_by(tenant.recorded_at)
    ).mappings()
    latest = {(row["tenant_id"], row["customer_id"]): bool(row["mapped"]) for row in rows}
    owners: dict[str, set[str]] = {}
    for (tenant_id, owner), mapped in latest.items():
        owners.setdefault(tenant_id, set()).update({owner} if mapped else set())
    return sorted(tenant_id for tenant_id, found in owners.items() if found == {customer_id})
