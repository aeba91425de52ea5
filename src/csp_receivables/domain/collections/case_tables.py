"""The books of a day as tables of cases: what is open, what waits, what came, what is in doubt. SQL over positions."""

from __future__ import annotations

from datetime import date

import duckdb
import pyarrow as pa

from csp_receivables.domain.day_findings import ACCOUNTING_DISAGREES
from csp_receivables.domain.relations import ask, keep, load

TEXT, MONEY, DAY = pa.string(), pa.int64(), pa.date32()


def _schema(*fields: tuple[str, pa.DataType]) -> pa.Schema:
    return pa.schema([pa.field(name, kind) for name, kind in fields])


DEBT = _schema(
    ("customer_id", TEXT), ("receivable_id", TEXT), ("number", TEXT), ("issued_on", DAY), ("due_on", DAY),
    ("currency", TEXT), ("amount", MONEY), ("open_amount", MONEY), ("part_paid_on", DAY), ("reopened_on", DAY),
)  # fmt: skip
WAITING = _schema(("customer_id", TEXT), ("currency", TEXT), ("unapplied", MONEY), ("credit_left", MONEY))
RECEIVED = _schema(("customer_id", TEXT), ("day", DAY), ("currency", TEXT), ("amount", MONEY))
DOUBT = _schema(("customer_id", TEXT), ("doubt", TEXT))
WHO = _schema(("customer_id", TEXT), ("name", TEXT), ("country", TEXT), ("party_kind", TEXT))

_OPEN = """
SELECT i.customer_id, i.receivable_id, i.number, i.issued_on, i.due_on, i.currency, i.amount, i.open_amount,
       a.part_paid_on, a.reopened_on
  FROM invoice_positions i
  LEFT JOIN (SELECT receivable_id, max(effective_on) FILTER (amount > 0 AND reverses = '') AS part_paid_on,
                    max(effective_on) FILTER (amount < 0 AND reverses <> '') AS reopened_on
               FROM allocations GROUP BY receivable_id) a USING (receivable_id)
 WHERE i.open_amount > 0
"""
_WAITING = """
SELECT customer_id, currency, sum(cash)::BIGINT AS unapplied, sum(credit)::BIGINT AS credit_left
  FROM (SELECT customer_id, currency, left_amount AS cash, 0 AS credit FROM payment_positions
         WHERE kind = 'payment' AND customer_id <> '' AND left_amount <> 0
        UNION ALL
        SELECT customer_id, currency, 0, left_amount FROM credit_positions WHERE left_amount <> 0)
 GROUP BY ALL
"""
# A payment that paid several customers counts for each with its part; what was taken back again counts less.
_RECEIVED = """
SELECT customer_id, day, currency, sum(amount)::BIGINT AS amount
  FROM (SELECT r.customer_id, p.booked_on AS day, a.currency, a.amount
          FROM allocations a JOIN receivables r USING (receivable_id)
          JOIN payment_positions p ON p.payment_id = a.source_id
         WHERE a.source_kind IN ('payment', 'exchange')
        UNION ALL
        SELECT customer_id, booked_on, currency, left_amount FROM payment_positions
         WHERE kind = 'payment' AND customer_id <> '' AND left_amount > 0)
 WHERE customer_id IN (SELECT customer_id FROM judged)
 GROUP BY customer_id, day, currency ORDER BY customer_id, day, currency
"""
_DOUBTS = f"""
WITH overdue AS (
    SELECT customer_id, currency, open_amount, sum(open_amount) OVER (PARTITION BY customer_id, currency) AS whole
      FROM open_debts WHERE due_on < $as_of
),
unidentified AS (
    SELECT payment_id, booked_on, currency, left_amount FROM payment_positions
     WHERE kind = 'payment' AND left_amount > 0 AND customer_id = ''
)
SELECT DISTINCT customer_id, doubt FROM (
    SELECT r.customer_id, 'payment ' || amount_text(p.amount, p.currency) || ' ' || p.currency || ' of ' || p.booked_on
           || ' is suggested for ' || r.number AS doubt
      FROM suggestions s JOIN payment_positions p USING (payment_id) JOIN receivables r USING (receivable_id)
    UNION ALL
    SELECT o.customer_id, 'payment ' || amount_text(u.left_amount, u.currency) || ' ' || u.currency || ' of '
           || u.booked_on || ' is nobody''s and equals '
           || CASE WHEN u.left_amount = o.open_amount THEN 'one overdue receivable' ELSE 'all that is overdue' END
      FROM unidentified u JOIN overdue o
        ON o.currency = u.currency AND (u.left_amount = o.open_amount OR u.left_amount = o.whole)
    UNION ALL
    SELECT customer_id, found FROM ({ACCOUNTING_DISAGREES})
) ORDER BY customer_id, doubt
"""
_WHO = """
SELECT k.customer_id, coalesce(c.name, '') AS name, coalesce(c.country, '') AS country,
       coalesce(c.party_kind, 'unknown') AS party_kind
  FROM (SELECT customer_id FROM customers UNION SELECT customer_id FROM receivables) k
  LEFT JOIN customers c USING (customer_id)
 ORDER BY customer_id
"""


def keep_case_tables(connection: duckdb.DuckDBPyConnection, suggestions: pa.Table, as_of: date) -> None:
    """Make `open_debts`, `waiting_money`, `doubtful` and `known_customers`; needs positions and facts."""
    load(connection, "suggestions", suggestions)
    keep(connection, "open_debts", _OPEN)
    keep(connection, "waiting_money", _WAITING)
    keep(connection, "doubtful", _DOUBTS, as_of=as_of)
    keep(connection, "known_customers", _WHO)


def received_of(connection: duckdb.DuckDBPyConnection, judged: list[str]) -> pa.Table:
    """What came from the customers whose promises are judged (schema RECEIVED)."""
    load(connection, "judged", pa.table({"customer_id": pa.array(sorted(judged), TEXT)}))
    return ask(connection, _RECEIVED, RECEIVED)


def asked_for(connection: duckdb.DuckDBPyConnection, concerned: str) -> dict[str, pa.Table]:
    """The tables of the customers in the relation `concerned`, each in a full order, by name."""
    these = f"WHERE customer_id IN (SELECT customer_id FROM {concerned})"
    return {
        "who": ask(connection, f"SELECT * FROM known_customers {these} ORDER BY customer_id", WHO),
        "debts": ask(connection, f"SELECT * FROM open_debts {these} ORDER BY customer_id, due_on, receivable_id", DEBT),
        "waiting": ask(connection, f"SELECT * FROM waiting_money {these} ORDER BY customer_id, currency", WAITING),
        "doubts": ask(connection, f"SELECT * FROM doubtful {these} ORDER BY customer_id, doubt", DOUBT),
    }
