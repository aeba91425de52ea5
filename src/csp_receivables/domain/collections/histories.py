"""Customers' histories out of a day's positions: what was owed, applied and waiting, day by day."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import duckdb

from csp_receivables.domain.collections.backtest import Applied, History, Waiting
from csp_receivables.domain.collections.cases import Debt
from csp_receivables.domain.collections.facts import CollectionsFacts

_DEBTS = """
SELECT customer_id, receivable_id, number, issued_on, due_on, currency, amount FROM receivables
 WHERE kind = 'invoice' ORDER BY customer_id, due_on, receivable_id
"""
_APPLIED = """
SELECT r.customer_id, a.effective_on, a.receivable_id, a.source_kind = 'credit_note',
       sum(a.amount + a.difference)::BIGINT
  FROM allocations a JOIN receivables r USING (receivable_id)
 GROUP BY ALL HAVING sum(a.amount + a.difference) <> 0 ORDER BY ALL
"""
# What came from a customer, less what was applied of it: by the customer that its allocations name.
_WAITING = """
SELECT customer_id, day, currency, is_credit, sum(amount)::BIGINT
  FROM (SELECT customer_id, booked_on AS day, currency, false AS is_credit, amount FROM payment_positions
         WHERE kind = 'payment' AND customer_id <> ''
        UNION ALL
        SELECT p.customer_id, a.effective_on, a.currency, false, -a.amount FROM allocations a
          JOIN payment_positions p ON p.payment_id = a.source_id AND p.kind = 'payment' AND p.customer_id <> ''
         WHERE a.source_kind = 'payment'
        UNION ALL
        SELECT customer_id, issued_on, currency, true, amount FROM receivables WHERE kind = 'credit_note'
        UNION ALL
        SELECT n.customer_id, a.effective_on, a.currency, true, -a.amount FROM allocations a
          JOIN receivables n ON n.receivable_id = a.source_id WHERE a.source_kind = 'credit_note')
 GROUP BY ALL ORDER BY ALL
"""
_WHO = """
SELECT k.customer_id, coalesce(c.name, ''), coalesce(c.country, ''), coalesce(c.party_kind, 'unknown')
  FROM (SELECT DISTINCT customer_id FROM receivables) k LEFT JOIN customers c USING (customer_id) ORDER BY 1
"""


def histories(connection: duckdb.DuckDBPyConnection, known: CollectionsFacts) -> list[History]:
    """Every customer's history, by id; needs facts and positions. Tags are those of now."""
    debts, applied, waiting = (_grouped(connection, sql) for sql in (_DEBTS, _APPLIED, _WAITING))
    return [
        History(
            customer_id=who,
            name=name,
            country=country,
            party_kind=party_kind,
            tags=known.tags.get(who, frozenset()),
            holds=known.holds.get(who, ()),
            debts=tuple(_debt(row) for row in debts.get(who, ())),
            applied=tuple(
                Applied(on=on, receivable_id=each, amount=amount, is_credit=is_credit)
                for on, each, is_credit, amount in applied.get(who, ())
            ),
            waiting=tuple(
                Waiting(on=on, currency=currency, amount=amount, is_credit=is_credit)
                for on, currency, is_credit, amount in waiting.get(who, ())
            ),
        )
        for who, name, country, party_kind in connection.execute(_WHO).fetchall()
    ]


def _debt(row: tuple[Any, ...]) -> Debt:
    receivable_id, number, issued_on, due_on, currency, amount = row
    return Debt(
        receivable_id=receivable_id,
        number=number,
        issued_on=issued_on,
        due_on=due_on,
        currency=currency,
        amount=amount,
        open_amount=amount,
    )


def _grouped(connection: duckdb.DuckDBPyConnection, sql: str) -> dict[str, list[tuple[Any, ...]]]:
    """Rows by their first column, without it."""
    grouped: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for customer_id, *row in connection.execute(sql).fetchall():
        grouped[customer_id].append(tuple(row))
    return grouped
