"""A credit note that names an invoice of the same customer and currency is applied to it, up to what is open.

One that a person took back from its invoice is left to the ladder, which heeds what they declined.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

from csp_receivables.domain.records import NEW_ALLOCATION
from csp_receivables.domain.relations import ask

_NAMED = """
WITH named AS (
    SELECT c.receivable_id AS credit_id, c.number AS credit_number, c.issued_on AS credited_on, c.left_amount,
           i.receivable_id, i.number, i.issued_on, i.currency, i.open_amount,
           coalesce(sum(c.left_amount) OVER (PARTITION BY i.receivable_id ORDER BY c.issued_on, c.receivable_id
                    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)::BIGINT AS taken_before
      FROM credit_positions c
      ANTI JOIN declined ON declined.payment_id = c.receivable_id  -- a person took it back: the rules may suggest
      JOIN invoice_positions i ON i.seller = c.seller AND i.number = c.credits_number
       AND i.customer_id = c.customer_id AND i.currency = c.currency
     WHERE c.left_amount > 0 AND c.credits_number <> '' AND i.open_amount > 0
),
applied AS (SELECT *, least(left_amount, open_amount - taken_before)::BIGINT AS amount FROM named)
SELECT 'credit_note' AS source_kind, credit_id AS source_id, receivable_id, amount, 0::BIGINT AS difference, currency,
       'named_credit_note' AS rule,
       CASE WHEN taken_before + amount = open_amount THEN 'full' ELSE 'partial' END AS outcome,
       'credit note ' || credit_number || ' names invoice ' || number AS because,
       greatest(credited_on, issued_on) AS effective_on, '' AS reverses
  FROM applied WHERE amount > 0
 ORDER BY source_id, receivable_id
"""


def apply_named_credits(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """Allocations (NEW_ALLOCATION) of credit notes to the invoices they name; needs the positions."""
    return ask(connection, _NAMED, NEW_ALLOCATION)
