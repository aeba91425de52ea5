"""What is open of each invoice, left of each credit note and left of each payment, given the allocations.

Open is ours alone: amount − paid − credited − written off. Reversals are allocations with a negative amount. An
allocation across currencies is two: the payment's, which bears no receivable, and one of kind `exchange` in the
receivable's currency.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

from csp_receivables.domain.relations import keep

_APPLIED = """
    SELECT receivable_id,
           coalesce(sum(amount) FILTER (source_kind <> 'credit_note'), 0)::BIGINT AS paid,
           coalesce(sum(amount) FILTER (source_kind = 'credit_note'), 0)::BIGINT AS credited,
           coalesce(sum(difference), 0)::BIGINT AS written_off
      FROM allocations GROUP BY receivable_id
"""
_INVOICES = f"""
    SELECT r.*, coalesce(a.paid, 0) AS paid, coalesce(a.credited, 0) AS credited,
           coalesce(a.written_off, 0) AS written_off,
           (r.amount - coalesce(a.paid + a.credited + a.written_off, 0))::BIGINT AS open_amount
      FROM receivables r LEFT JOIN ({_APPLIED}) a USING (receivable_id)
     WHERE r.kind = 'invoice'
"""
_CREDIT_NOTES = """
    SELECT r.*, coalesce(a.applied, 0)::BIGINT AS applied, (r.amount - coalesce(a.applied, 0))::BIGINT AS left_amount
      FROM receivables r
      LEFT JOIN (SELECT source_id, sum(amount)::BIGINT AS applied FROM allocations
                  WHERE source_kind = 'credit_note' GROUP BY source_id) a ON a.source_id = r.receivable_id
     WHERE r.kind = 'credit_note'
"""
_ALLOCATED = """
    SELECT source_id, sum(al.amount)::BIGINT AS allocated,
           CASE WHEN count(DISTINCT r.customer_id) = 1 THEN min(r.customer_id) ELSE '' END AS customer_id
      FROM {allocations} al LEFT JOIN receivables r USING (receivable_id)
     WHERE source_kind = 'payment' GROUP BY source_id
"""
_ALLOCATIONS_OF_THESE = "(FROM allocations SEMI JOIN counted_in USING (source_kind, source_id))"
_PAYMENTS = f"""
    SELECT p.*, coalesce(a.allocated, 0)::BIGINT AS allocated,
           (p.amount - coalesce(a.allocated, 0))::BIGINT AS left_amount, coalesce(a.customer_id, '') AS customer_id
      FROM payments p
      LEFT JOIN ({_ALLOCATED.format(allocations="allocations")}) a ON a.source_id = p.payment_id
     WHERE p.status = 'booked'
"""

_COUNT_IN = (
    """
    INSERT INTO allocations BY NAME FROM counted_in
    """,
    """
    UPDATE invoice_positions SET paid = invoice_positions.paid + a.paid, credited = credited + a.of_credits,
           written_off = written_off + a.differences, open_amount = open_amount - a.paid - a.of_credits - a.differences
      FROM (SELECT receivable_id,
                   coalesce(sum(amount) FILTER (source_kind <> 'credit_note'), 0)::BIGINT AS paid,
                   coalesce(sum(amount) FILTER (source_kind = 'credit_note'), 0)::BIGINT AS of_credits,
                   sum(difference)::BIGINT AS differences
              FROM counted_in GROUP BY receivable_id) a
     WHERE a.receivable_id = invoice_positions.receivable_id
    """,
    """
    UPDATE credit_positions SET applied = credit_positions.applied + a.applied, left_amount = left_amount - a.applied
      FROM (SELECT source_id, sum(amount)::BIGINT AS applied FROM counted_in
             WHERE source_kind = 'credit_note' GROUP BY source_id) a
     WHERE a.source_id = credit_positions.receivable_id
    """,
    f"""
    UPDATE payment_positions SET allocated = a.allocated, left_amount = amount - a.allocated,
           customer_id = coalesce(a.customer_id, '')
      FROM ({_ALLOCATED.format(allocations=_ALLOCATIONS_OF_THESE)}) a WHERE a.source_id = payment_positions.payment_id
    """,
)


def keep_positions(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `invoice_positions`, `credit_positions` and `payment_positions` from the registered facts."""
    keep(connection, "invoice_positions", _INVOICES)
    keep(connection, "credit_positions", _CREDIT_NOTES)
    keep(connection, "payment_positions", _PAYMENTS)


def count_in(connection: duckdb.DuckDBPyConnection, booked: pa.Table) -> None:
    """Add `booked` (ALLOCATION) to `allocations` and the positions, which are then as `keep_positions` makes them."""
    connection.register("counted_in", booked)
    for statement in _COUNT_IN:
        connection.execute(statement)
    connection.unregister("counted_in")
