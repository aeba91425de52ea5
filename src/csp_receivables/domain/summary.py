"""The day's headline: a dozen figures per currency, each with how many things it counts."""

from __future__ import annotations

from datetime import date

import duckdb
import pyarrow as pa

from csp_receivables.domain.records import SUMMARY
from csp_receivables.domain.relations import ask, load

LINES = (
    "received",
    "received this month",
    "returned",
    "refunded",
    "allocated",
    "unapplied",
    "credit left",
    "not customer money",
    "pending",
    "billed",
    "open",
    "not due",
    "overdue 1-30",
    "overdue 31-60",
    "overdue 61-90",
    "overdue over 90",
    "overdue",
    "vendor invoices not yet due",
    "vendor invoices past due",
    "collected for vendor invoices",
    "missing for vendor invoices",
    "findings",
)
_PLACES = ", ".join(f"('{line}', {place})" for place, line in enumerate(LINES))
_SUMMARY = f"""
WITH entry AS (
    SELECT 'received' AS line, currency, amount FROM payments WHERE status = 'booked' AND amount > 0
    UNION ALL SELECT 'received this month', currency, amount FROM payments
      WHERE status = 'booked' AND amount > 0 AND booked_on >= date_trunc('month', $as_of::DATE)
    UNION ALL SELECT 'returned', currency, -amount FROM payments WHERE status = 'booked' AND kind = 'return'
    UNION ALL SELECT 'refunded', currency, -amount FROM payment_positions
      WHERE kind = 'other' AND amount < 0 AND allocated <> 0
    UNION ALL SELECT 'allocated', currency, amount FROM allocations
      WHERE source_kind = 'payment' AND (receivable_id <> '' OR rule = 'foreign_currency')
    UNION ALL SELECT 'unapplied', currency, amount FROM unapplied_view WHERE status = 'booked'
    UNION ALL SELECT 'credit left', currency, left_amount FROM credit_positions WHERE left_amount <> 0
    UNION ALL SELECT 'not customer money', currency, amount FROM payments
      WHERE status = 'booked' AND kind = 'other' AND amount > 0
    UNION ALL SELECT 'pending', currency, amount FROM unapplied_view WHERE status = 'pending'
    UNION ALL SELECT 'billed', currency, amount FROM receivables WHERE kind = 'invoice'
    UNION ALL SELECT 'open', currency, open FROM standings WHERE open <> 0
    UNION ALL SELECT 'not due', currency, not_due FROM standings WHERE not_due <> 0
    UNION ALL SELECT 'overdue 1-30', currency, days_1_30 FROM standings WHERE days_1_30 <> 0
    UNION ALL SELECT 'overdue 31-60', currency, days_31_60 FROM standings WHERE days_31_60 <> 0
    UNION ALL SELECT 'overdue 61-90', currency, days_61_90 FROM standings WHERE days_61_90 <> 0
    UNION ALL SELECT 'overdue over 90', currency, days_over_90 FROM standings WHERE days_over_90 <> 0
    UNION ALL SELECT 'overdue', currency, overdue FROM standings WHERE overdue <> 0
    UNION ALL SELECT 'vendor invoices not yet due', currency, total FROM coverage WHERE days_to_due >= 0
    UNION ALL SELECT 'vendor invoices past due', currency, total FROM coverage WHERE days_to_due < 0
    UNION ALL SELECT 'collected for vendor invoices', currency, collected_net FROM coverage
    UNION ALL SELECT 'missing for vendor invoices', currency, missing FROM coverage WHERE missing > 0
),
counted AS (
    SELECT line, currency, sum(amount)::BIGINT AS amount, count(*) AS count FROM entry GROUP BY ALL
    UNION ALL SELECT 'findings', '', NULL, count(*) FROM findings_of_the_day
)
SELECT line, currency, amount, count FROM counted JOIN (VALUES {_PLACES}) AS place(line, place) USING (line)
 ORDER BY currency = '', currency, place
"""


def summary_table(connection: duckdb.DuckDBPyConnection, as_of: date, findings: pa.Table) -> pa.Table:
    """The headline (schema SUMMARY) per currency; lines in the order of LINES, those without anything left out."""
    load(connection, "findings_of_the_day", findings)
    return ask(connection, _SUMMARY, SUMMARY, as_of=as_of)
