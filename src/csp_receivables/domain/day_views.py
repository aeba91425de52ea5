"""Allocations and unapplied money with what a person needs beside them."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import pyarrow as pa

from csp_receivables.domain.records import ALLOCATION_VIEW, SUGGESTION_VIEW, UNAPPLIED_VIEW
from csp_receivables.domain.relations import ask, load

ALLOCATIONS_SHOWN_DAYS = 31  # a day's report shows a month of allocations; the ledger keeps every one

_ALLOCATIONS = """
SELECT a.allocation_id, coalesce(p.booked_on, n.issued_on, a.effective_on) AS booked_on, a.source_kind, a.source_id,
       coalesce(p.payer_name, '') AS payer_name, coalesce(r.customer_id, '') AS customer_id,
       coalesce(c.name, '') AS customer_name, coalesce(r.number, '') AS number,
       a.receivable_id, a.amount, a.difference, a.currency, a.rule, a.outcome, a.because
  FROM allocations a
  LEFT JOIN receivables r USING (receivable_id)
  LEFT JOIN (SELECT payment_id, booked_on, payer_name FROM payments WHERE status = 'booked') p
    ON a.source_kind IN ('payment', 'exchange') AND p.payment_id = a.source_id
  LEFT JOIN receivables n ON a.source_kind = 'credit_note' AND n.receivable_id = a.source_id
  LEFT JOIN customers c ON c.customer_id = r.customer_id
 WHERE a.effective_on > $since
 ORDER BY booked_on, customer_id, number, a.allocation_id
"""
_UNAPPLIED = """
SELECT payment_id, booked_on, account, currency, left_amount AS amount, payer_name, payer_account, reference, text,
       p.customer_id, coalesce(c.name, '') AS customer_name, 'booked' AS status,
       CASE WHEN p.kind = 'return'
            THEN 'the bank returned this money; ' || coalesce(b.because, 'no payment of ours fits it')
            ELSE coalesce(u.because, 'left over by every rule') END AS because
  FROM payment_positions p LEFT JOIN customers c USING (customer_id)
  LEFT JOIN unapplied_because u USING (payment_id) LEFT JOIN returns_because b USING (payment_id)
 WHERE p.kind IN ('payment', 'return') AND left_amount <> 0
UNION ALL BY NAME
SELECT payment_id, booked_on, account, currency, amount, payer_name, payer_account, reference, text, '' AS customer_id,
       '' AS customer_name, 'pending' AS status, 'the bank has not booked it: shown, never allocated' AS because
  FROM pending_payments WHERE lapsed_on IS NULL
ORDER BY status, booked_on, payment_id
"""
_SUGGESTIONS = """
SELECT s.payment_id, p.booked_on, p.payer_name, s.option, s.receivable_id, r.number, r.customer_id,
       coalesce(c.name, '') AS customer_name, s.amount, s.currency, s.rule, s.because
  FROM suggestions s JOIN payment_positions p USING (payment_id) JOIN receivables r USING (receivable_id)
  LEFT JOIN customers c ON c.customer_id = r.customer_id
 ORDER BY p.booked_on, s.payment_id, s.option, s.receivable_id
"""


def allocation_view(connection: duckdb.DuckDBPyConnection, as_of: date) -> pa.Table:
    """Allocations of the last ALLOCATIONS_SHOWN_DAYS (schema ALLOCATION_VIEW), the oldest first."""
    return ask(connection, _ALLOCATIONS, ALLOCATION_VIEW, since=as_of - timedelta(days=ALLOCATIONS_SHOWN_DAYS))


def suggestion_view(connection: duckdb.DuckDBPyConnection, suggestions: pa.Table) -> pa.Table:
    """What the rules would allocate if a person agrees (schema SUGGESTION_VIEW)."""
    load(connection, "suggestions", suggestions)
    return ask(connection, _SUGGESTIONS, SUGGESTION_VIEW)


def unapplied_view(connection: duckdb.DuckDBPyConnection, unapplied: pa.Table) -> pa.Table:
    """Money received and not allocated (schema UNAPPLIED_VIEW); `unapplied` (UNAPPLIED) says why, per payment.

    Needs `pending_payments`.
    """
    load(connection, "unapplied_because", unapplied.select(["payment_id", "because"]))
    return ask(connection, _UNAPPLIED, UNAPPLIED_VIEW)
