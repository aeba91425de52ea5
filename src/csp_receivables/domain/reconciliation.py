"""The reconciliation: one row per vendor invoice, customer and currency, from what Microsoft charges to what is paid.

Cost adds up to the vendor invoices, the gross columns to the receivables. What can't be attributed has a row of its
own. Per row: billed gross = paid + credited + written off + open.
"""

from __future__ import annotations

from datetime import date

import duckdb
import pyarrow as pa

from csp_receivables.domain.attribution import spread
from csp_receivables.domain.records import RECONCILIATION
from csp_receivables.domain.relations import ask, keep

_INVOICE_PARTS = f"""
    SELECT p.receivable_id, p.vendor_invoice, p.how, r.customer_id, r.currency, r.due_on, p.net, p.tax, p.gross,
           {spread("r.paid")} AS paid, {spread("r.credited")} AS credited, {spread("r.written_off")} AS written_off
      FROM parts p JOIN invoice_positions r USING (receivable_id)
"""
_CREDIT_PARTS = f"""
    SELECT p.vendor_invoice, p.how, r.customer_id, r.currency, p.net, {spread("r.left_amount")} AS unapplied_credit
      FROM parts p JOIN credit_positions r USING (receivable_id)
"""
_COSTS = """
    SELECT c.invoice_id AS vendor_invoice, coalesce(m.customer_id, '') AS customer_id, c.currency,
           CASE WHEN m.customer_id IS NULL THEN c.tenant_name ELSE '' END AS tenant_name, c.pre_tax AS cost
      FROM customer_costs c LEFT JOIN mapped_tenants m USING (tenant_id)
"""
_ROWS = """
WITH entry AS (
    SELECT vendor_invoice, customer_id, tenant_name, currency, 'charged' AS how, cost, 0 AS net, 0 AS tax, 0 AS gross,
           0 AS credited, 0 AS paid, 0 AS written_off, 0 AS overdue, 0 AS unapplied_credit, 0 AS credit_net
      FROM cost_parts
    UNION ALL BY NAME
    SELECT vendor_invoice, customer_id, '' AS tenant_name, currency, how, 0 AS cost, net, tax, gross, credited, paid,
           written_off, CASE WHEN due_on < $as_of THEN gross - credited - paid - written_off ELSE 0 END AS overdue,
           0 AS unapplied_credit, 0 AS credit_net
      FROM invoice_parts
    UNION ALL BY NAME
    SELECT vendor_invoice, customer_id, '' AS tenant_name, currency, how, 0 AS cost, 0 AS net, 0 AS tax, 0 AS gross,
           0 AS credited, 0 AS paid, 0 AS written_off, 0 AS overdue, unapplied_credit, net AS credit_net
      FROM credit_note_parts
),
row AS (
    SELECT e.vendor_invoice, e.customer_id, coalesce(c.name, e.tenant_name) AS customer_name, e.currency,
           sum(cost)::BIGINT AS cost, sum(net)::BIGINT AS billed_net, sum(tax)::BIGINT AS tax,
           sum(gross)::BIGINT AS billed_gross, sum(credited)::BIGINT AS credited, sum(paid)::BIGINT AS paid,
           sum(written_off)::BIGINT AS written_off, sum(gross - credited - paid - written_off)::BIGINT AS open,
           sum(overdue)::BIGINT AS overdue, sum(unapplied_credit)::BIGINT AS unapplied_credit,
           sum(net - credit_net - cost)::BIGINT AS margin,
           bool_or(how <> 'charged') AS is_billed,
           coalesce(string_agg(DISTINCT how, ', ' ORDER BY how) FILTER (how <> 'charged'), '') AS hows
      FROM entry e LEFT JOIN customers c USING (customer_id)
     GROUP BY ALL
),
judged AS (
    SELECT *, bool_or(is_billed) OVER (PARTITION BY vendor_invoice, customer_id) AS billed_somewhere,
           vendor_invoice <> '' AND vendor_invoice NOT IN (SELECT invoice_id FROM vendor_invoices) AS is_unknown_invoice
      FROM row
)
SELECT *, CASE WHEN cost <> 0 AND (customer_id = '' OR NOT billed_somewhere) THEN cost ELSE 0 END AS not_billed,
       CASE WHEN cost <> 0 AND customer_id = '' THEN 'tenant not mapped to one customer'
            WHEN cost <> 0 AND NOT billed_somewhere THEN 'charged by Microsoft, billed to nobody'
            WHEN cost <> 0 AND NOT is_billed THEN 'billed in another currency'
            WHEN is_unknown_invoice THEN hows || '; vendor invoice not imported'
            ELSE hows END AS because
  FROM judged
 ORDER BY vendor_invoice = '', vendor_invoice, customer_id = '', customer_id, customer_name, currency
"""


def keep_reconciliation_parts(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `invoice_parts`, `credit_note_parts` and `cost_parts`; needs the positions and `parts`."""
    keep(connection, "invoice_parts", _INVOICE_PARTS)
    keep(connection, "credit_note_parts", _CREDIT_PARTS)
    keep(connection, "cost_parts", _COSTS)


def reconciliation_table(connection: duckdb.DuckDBPyConnection, as_of: date) -> pa.Table:
    """The reconciliation (schema RECONCILIATION) as of the end of `as_of`."""
    return ask(connection, _ROWS, RECONCILIATION, as_of=as_of)
