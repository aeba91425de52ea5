"""How much of each vendor invoice is covered by cash collected for it, before it falls due.

Cash counts × net ÷ gross: collected tax is the tax office's and never covers Microsoft.
"""

from __future__ import annotations

from datetime import date

import duckdb
import pyarrow as pa

from csp_receivables.domain.records import COVERAGE
from csp_receivables.domain.relations import ask

_COVERAGE = """
WITH collected AS (
    SELECT vendor_invoice, currency, sum(CASE WHEN gross = 0 THEN 0
           ELSE round_half_up(paid, net * sign(gross)::BIGINT, abs(gross)) END)::BIGINT AS net
      FROM invoice_parts WHERE vendor_invoice <> '' GROUP BY ALL
),
covered AS (
    SELECT v.*, coalesce(c.net, 0) AS collected_net, greatest(v.pre_tax - coalesce(c.net, 0), 0) AS missing
      FROM vendor_invoices v LEFT JOIN collected c ON c.vendor_invoice = v.invoice_id AND c.currency = v.currency
)
SELECT invoice_id AS vendor_invoice, currency, invoiced_on, due_on,
       date_diff('day', $as_of::DATE, due_on) AS days_to_due, pre_tax, total, collected_net, missing,
       CASE WHEN pre_tax <= 0 THEN 1000
            ELSE least(greatest(1000 * collected_net::HUGEINT // pre_tax, 0), 1000) END::BIGINT AS covered_per_mille,
       released,
       CASE WHEN NOT released THEN 'held: its lines do not tie to its total'
            WHEN missing = 0 THEN 'covered by collected cash, net of tax'
            WHEN due_on < $as_of THEN 'past due and not covered'
            ELSE 'to be collected before it is due' END AS because
  FROM covered ORDER BY due_on, invoice_id
"""


def coverage_table(connection: duckdb.DuckDBPyConnection, as_of: date) -> pa.Table:
    """Coverage (schema COVERAGE) of every vendor invoice, the first due first; needs `invoice_parts`."""
    return ask(connection, _COVERAGE, COVERAGE, as_of=as_of)
