"""Each customer's position on one date, per currency: open, overdue by age, unapplied, credit left. And who is late."""

from __future__ import annotations

from datetime import date

import duckdb
import pyarrow as pa

from csp_receivables.domain.records import LATE, STANDING
from csp_receivables.domain.relations import ask, load

# A receivable is overdue from the day after it is due. Cash and credit notes that cover nothing yet are shown beside
# what is open, never subtracted from it: what they belong to is for the matching, or a person, to say.
_STANDINGS = """
WITH aged AS (
    SELECT customer_id, currency, open_amount, due_on, date_diff('day', due_on, $as_of::DATE) AS days
      FROM invoice_positions WHERE open_amount <> 0
),
owed AS (
    SELECT customer_id, currency, sum(open_amount)::BIGINT AS open,
           coalesce(sum(open_amount) FILTER (days <= 0), 0)::BIGINT AS not_due,
           coalesce(sum(open_amount) FILTER (days BETWEEN 1 AND 30), 0)::BIGINT AS days_1_30,
           coalesce(sum(open_amount) FILTER (days BETWEEN 31 AND 60), 0)::BIGINT AS days_31_60,
           coalesce(sum(open_amount) FILTER (days BETWEEN 61 AND 90), 0)::BIGINT AS days_61_90,
           coalesce(sum(open_amount) FILTER (days > 90), 0)::BIGINT AS days_over_90,
           min(due_on) AS oldest_due_on
      FROM aged GROUP BY ALL
),
held AS (
    SELECT customer_id, currency, sum(cash)::BIGINT AS unapplied, sum(credit)::BIGINT AS credit_left
      FROM (SELECT customer_id, currency, left_amount AS cash, 0 AS credit FROM payment_positions
             WHERE kind = 'payment' AND customer_id <> '' AND left_amount <> 0
            UNION ALL
            SELECT customer_id, currency, 0, left_amount FROM credit_positions WHERE left_amount <> 0)
     GROUP BY ALL
),
known AS (
    SELECT customer_id, currency FROM receivables UNION SELECT customer_id, currency FROM held
),
standing AS (
    SELECT k.customer_id, coalesce(c.name, '') AS customer_name, k.currency, coalesce(o.open, 0) AS open,
           coalesce(o.not_due, 0) AS not_due, coalesce(o.days_1_30, 0) AS days_1_30,
           coalesce(o.days_31_60, 0) AS days_31_60, coalesce(o.days_61_90, 0) AS days_61_90,
           coalesce(o.days_over_90, 0) AS days_over_90, coalesce(h.unapplied, 0) AS unapplied,
           coalesce(h.credit_left, 0) AS credit_left, o.oldest_due_on,
           greatest(coalesce(date_diff('day', o.oldest_due_on, $as_of::DATE), 0), 0) AS days_overdue
      FROM known k LEFT JOIN owed o USING (customer_id, currency) LEFT JOIN held h USING (customer_id, currency)
      LEFT JOIN customers c USING (customer_id)
)
SELECT *, days_1_30 + days_31_60 + days_61_90 + days_over_90 AS overdue,
       CASE WHEN open = 0 THEN 'clear' WHEN days_overdue = 0 THEN 'not due' WHEN days_overdue <= 30 THEN '1-30'
            WHEN days_overdue <= 60 THEN '31-60' WHEN days_overdue <= 90 THEN '61-90' ELSE 'over 90' END AS bucket
  FROM standing ORDER BY customer_id, currency
"""
_LATE = """
WITH late AS (
    SELECT customer_id, currency, count(*) AS receivables, sum(open_amount)::BIGINT AS overdue,
           string_agg(number, ', ' ORDER BY due_on, number) AS numbers, min(due_on) AS oldest_due_on
      FROM invoice_positions WHERE open_amount > 0 AND due_on < $as_of GROUP BY ALL
)
SELECT l.*, s.customer_name, s.unapplied, s.credit_left, s.days_overdue,
       l.receivables || CASE WHEN l.receivables = 1 THEN ' receivable' ELSE ' receivables' END
       || ' past due, the oldest '
       || s.days_overdue || CASE WHEN s.days_overdue = 1 THEN ' day' ELSE ' days' END
       || CASE WHEN s.unapplied + s.credit_left <= 0 THEN ''
               ELSE CASE WHEN s.credit_left = 0 THEN '; unapplied money covers '
                         WHEN s.unapplied = 0 THEN '; credit left covers '
                         ELSE '; unapplied money and credit cover ' END
                    || CASE WHEN s.unapplied + s.credit_left >= l.overdue THEN 'it: look before chasing'
                            ELSE 'a part of it' END END AS because
  FROM late l JOIN standings s USING (customer_id, currency)
 ORDER BY s.days_overdue DESC, l.overdue DESC, customer_id, currency
"""


def standings_table(connection: duckdb.DuckDBPyConnection, as_of: date) -> pa.Table:
    """Standings (schema STANDING), one per customer and currency with any receivable, credit or unapplied money."""
    return ask(connection, _STANDINGS, STANDING, as_of=as_of)


def late_table(connection: duckdb.DuckDBPyConnection, standings: pa.Table, as_of: date) -> pa.Table:
    """Who is late (schema LATE), the longest and largest first."""
    load(connection, "standings", standings)
    return ask(connection, _LATE, LATE, as_of=as_of)
