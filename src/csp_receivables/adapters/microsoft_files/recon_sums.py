"""Charges of one file summed per invoice and tenant: exact decimals, not yet rounded."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb

from csp_receivables.adapters.microsoft_files.staging_sql import quoted
from csp_receivables.domain.charge_data import ChargedInvoice
from csp_receivables.domain.vendor_totals import TenantSum

READABLE = "subtotal IS NOT NULL AND tax IS NOT NULL AND total IS NOT NULL AND currency <> '' AND invoice_id <> ''"

_SUMS = """
SELECT invoice_id, currency, tenant_id, arg_max(customer_name, line_no), count(*)::BIGINT,
       sum(subtotal), sum(tax), sum(total)
  FROM '{staged}' WHERE {readable} GROUP BY ALL ORDER BY invoice_id, currency, tenant_id
"""
_MONTHS = """
SELECT invoice_id, date_trunc('month', charge_from)::DATE, count(*)::BIGINT
  FROM '{staged}' WHERE {readable} AND charge_from IS NOT NULL GROUP BY ALL ORDER BY ALL
"""


def sum_charges(
    connection: duckdb.DuckDBPyConnection, staged: Path, unreadable: Mapping[str, int]
) -> tuple[ChargedInvoice, ...]:
    """The invoices in `staged`, in the order of their ids. Amounts stay exact; the tenant's newest name is kept."""
    sums = connection.execute(_SUMS.format(staged=quoted(staged), readable=READABLE)).fetchall()
    months = connection.execute(_MONTHS.format(staged=quoted(staged), readable=READABLE)).fetchall()
    starts: dict[str, dict[Any, int]] = {}
    for invoice_id, month, lines in months:
        starts.setdefault(invoice_id, {})[month] = lines
    return tuple(
        _invoice(invoice_id, list(rows), starts.get(invoice_id, {}), unreadable.get(invoice_id, 0))
        for invoice_id, rows in groupby(sums, key=lambda row: row[0])
    )


def _invoice(invoice_id: str, rows: list[tuple[Any, ...]], starts: dict[Any, int], unreadable: int) -> ChargedInvoice:
    return ChargedInvoice(
        invoice_id=invoice_id,
        currencies=tuple(sorted({row[1] for row in rows})),
        tenants=tuple(
            TenantSum(tenant_id=row[2], tenant_name=row[3], lines=row[4], pre_tax=row[5], tax=row[6], total=row[7])
            for row in rows
        ),
        starts_by_month=starts,
        unreadable=unreadable,
    )
