"""A returned payment undoes exactly the allocations of the payment it returns, and reopens what they had closed."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from csp_receivables.domain.records import NEW_ALLOCATION
from csp_receivables.domain.relations import ask

# The return and its payment agree on account, currency and amount, and on at least one thing the payer gave. Only a
# payment that is wholly allocated and not undone yet is a candidate, and only a return with one candidate is certain.
_RETURNS = """
WITH undone AS (SELECT DISTINCT reverses FROM allocations WHERE reverses <> ''),
candidate AS (
    SELECT back.payment_id AS return_id, back.booked_on AS returned_on, paid.payment_id,
           count(*) OVER (PARTITION BY back.payment_id) AS candidates,
           count(*) OVER (PARTITION BY paid.payment_id) AS claims
      FROM payment_positions back
      JOIN payment_positions paid
        ON paid.kind = 'payment' AND paid.account = back.account AND paid.currency = back.currency
       AND paid.amount = -back.amount AND paid.booked_on <= back.booked_on AND paid.left_amount = 0
       AND ((back.end_to_end NOT IN ('', 'NOTPROVIDED') AND paid.end_to_end = back.end_to_end)
         OR (back.reference <> '' AND paid.reference = back.reference)
         OR (back.payer_account <> '' AND paid.payer_account = back.payer_account))
     WHERE back.kind = 'return' AND back.left_amount = back.amount
)
SELECT 'payment' AS source_kind, c.return_id AS source_id, a.receivable_id,
       -a.amount AS amount, -a.difference AS difference, a.currency, 'returned_payment' AS rule, 'reversed' AS outcome,
       'the bank returned the payment on ' || c.returned_on || '; its allocation is undone' AS because,
       greatest(a.effective_on, c.returned_on) AS effective_on, a.allocation_id AS reverses
  FROM candidate c JOIN allocations a ON a.source_kind = 'payment' AND a.source_id = c.payment_id
 WHERE c.candidates = 1 AND c.claims = 1 AND a.reverses = ''
   AND a.allocation_id NOT IN (SELECT reverses FROM undone)
 ORDER BY source_id, receivable_id, reverses
"""


def undo_returned(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """Allocations (NEW_ALLOCATION, negative amounts) that undo what returned payments had paid."""
    return ask(connection, _RETURNS, NEW_ALLOCATION)
