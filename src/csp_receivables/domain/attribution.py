"""Which vendor invoice each part of a receivable bills: by its lines, else by customer and billing month, else none.

Amounts of a receivable (paid, open, …) are spread over its parts by their gross, exactly: each part gets the
difference of two rounded running totals, so the parts always add up to the whole, whatever the signs.
"""

from __future__ import annotations

import duckdb

from csp_receivables.domain.relations import keep

BY_LINE, ASSUMED, NONE, BY_CREDITED = (
    "by line",
    "assumed by billing month",
    "not attributed",
    "as the invoice it credits",
)

# A line says its service period, or else the receivable bills the month before it was issued.
_LINES = """
    SELECT r.receivable_id, r.customer_id, r.currency, l.vendor_invoice,
           coalesce(l.service_from, r.issued_on - INTERVAL 1 MONTH)::DATE AS served_on,
           l.net, l.tax
      FROM receivables r JOIN receivable_lines l USING (receivable_id)
    UNION ALL
    SELECT r.receivable_id, r.customer_id, r.currency, '', (r.issued_on - INTERVAL 1 MONTH)::DATE,
           r.net - coalesce(s.net, 0), r.tax - coalesce(s.tax, 0)
      FROM receivables r
      LEFT JOIN (SELECT receivable_id, sum(net)::BIGINT AS net, sum(tax)::BIGINT AS tax
                   FROM receivable_lines GROUP BY receivable_id) s USING (receivable_id)
     WHERE r.net <> coalesce(s.net, 0) OR r.tax <> coalesce(s.tax, 0)
"""
# One vendor invoice, and one only, that charged this customer in that month and currency.
_CANDIDATES = """
    SELECT customer_id, v.currency, v.period_from, v.period_until,
           min(v.invoice_id) AS invoice_id, count(DISTINCT v.invoice_id) AS candidates
      FROM customer_costs c JOIN vendor_invoices v USING (invoice_id) JOIN mapped_tenants USING (tenant_id)
     GROUP BY ALL
"""
_PARTS = f"""
    SELECT line.receivable_id,
           CASE WHEN line.vendor_invoice <> '' THEN line.vendor_invoice
                WHEN c.candidates = 1 THEN c.invoice_id ELSE '' END AS vendor_invoice,
           CASE WHEN line.vendor_invoice <> '' THEN '{BY_LINE}'
                WHEN c.candidates = 1 THEN '{ASSUMED}' ELSE '{NONE}' END AS how,
           sum(line.net)::BIGINT AS net, sum(line.tax)::BIGINT AS tax, sum(line.net + line.tax)::BIGINT AS gross
      FROM ({_LINES}) line
      LEFT JOIN ({_CANDIDATES}) c
        ON c.customer_id = line.customer_id AND c.currency = line.currency
       AND line.served_on BETWEEN c.period_from AND c.period_until
     GROUP BY ALL
"""
# A credit note that attributes nothing itself follows the invoice it names.
_CREDIT_PARTS = f"""
    SELECT n.receivable_id, p.vendor_invoice, '{BY_CREDITED}' AS how, n.net, n.tax, n.amount AS gross
      FROM receivables n
      JOIN receivables i ON i.seller = n.seller AND i.number = n.credits_number AND i.customer_id = n.customer_id
      JOIN (SELECT receivable_id, min(vendor_invoice) AS vendor_invoice FROM own_parts
             GROUP BY receivable_id HAVING count(*) = 1) p ON p.receivable_id = i.receivable_id
     WHERE n.kind = 'credit_note'
       AND n.receivable_id NOT IN (SELECT receivable_id FROM own_parts WHERE how = '{BY_LINE}')
"""
_MAPPED = """
    SELECT tenant_id, min(customer_id) AS customer_id
      FROM tenants GROUP BY tenant_id HAVING count(DISTINCT customer_id) = 1
"""


def keep_parts(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `mapped_tenants` (tenants of exactly one customer) and `parts`: receivable_id, vendor_invoice, how, net,
    tax, gross. Every receivable has parts, and they add up to it."""
    keep(connection, "mapped_tenants", _MAPPED)
    keep(connection, "own_parts", _PARTS)
    keep(connection, "credit_parts", _CREDIT_PARTS)
    own = "SELECT * FROM own_parts WHERE receivable_id NOT IN (SELECT receivable_id FROM credit_parts)"
    keep(connection, "parts", f"{own} UNION ALL SELECT * FROM credit_parts")


def spread(amount: str, whole: str = "r.amount") -> str:
    """SQL: this part's share of the receivable's `amount`, by gross. Uses p (parts) and r (the receivable)."""
    upto = "sum(p.gross) OVER (PARTITION BY p.receivable_id ORDER BY p.vendor_invoice, p.how)"
    return (
        f"CASE WHEN {whole} = 0 THEN 0 ELSE "
        f"round_half_up({amount}, {upto}, {whole}) - round_half_up({amount}, {upto} - p.gross, {whole}) END::BIGINT"
    )


def make_rounding(connection: duckdb.DuckDBPyConnection) -> None:
    """The macro `round_half_up(amount, part, whole)`: amount × part ÷ whole, exact, halves away from zero."""
    connection.execute("""
        CREATE OR REPLACE TEMP MACRO round_half_up(amount, part, whole) AS
            (sign(amount::HUGEINT * part) * ((2 * abs(amount::HUGEINT * part) + whole) // (2 * whole)))::BIGINT
    """)
