"""Rounds that a payment settled lately, with what came for them. SQL over the positions of a day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from csp_receivables.domain.collections.account_letters import SettledRound, is_recent
from csp_receivables.domain.collections.cases import Case, Delivery, Round
from csp_receivables.domain.collections.decisions import Decision
from csp_receivables.domain.collections.notice_content import ReceivedPayment
from csp_receivables.domain.relations import load

Closed = Mapping[tuple[str, str], date]  # customer and round → the day it closed
_ROUND = pa.schema([(name, pa.string()) for name in ("customer_id", "round_id", "receivable_id")])
# Of each round the payments of the day that settled it, and all of this customer's that each of them paid. What is open
# again is not settled; what a credit note settled nobody is thanked for, nor money of another currency.
_SETTLING = """
WITH applied AS (
    SELECT s.customer_id, s.round_id, a.source_kind, a.source_id, max(a.effective_on) AS day
      FROM settled s JOIN allocations a USING (receivable_id)
     GROUP BY s.customer_id, s.round_id, a.receivable_id, a.source_kind, a.source_id HAVING sum(a.amount) > 0
),
last AS (
    SELECT customer_id, round_id, max(day) AS day FROM applied
     WHERE (customer_id, round_id) NOT IN (
           SELECT (s.customer_id, s.round_id) FROM settled s JOIN invoice_positions i USING (receivable_id)
            WHERE i.open_amount > 0)
     GROUP BY customer_id, round_id
),
settling AS (
    SELECT DISTINCT l.customer_id, l.round_id, a.source_id AS payment_id FROM last l
      JOIN applied a ON a.customer_id = l.customer_id AND a.round_id = l.round_id AND a.day = l.day
     WHERE a.source_kind = 'payment'
),
paid AS (
    SELECT r.customer_id, a.source_id AS payment_id, r.number, a.currency, sum(a.amount)::BIGINT AS amount
      FROM allocations a JOIN receivables r USING (receivable_id)
     WHERE a.source_kind = 'payment' AND a.source_id IN (SELECT payment_id FROM settling)
     GROUP BY r.customer_id, a.source_id, r.number, a.currency HAVING sum(a.amount) > 0
)
SELECT s.customer_id, s.round_id, s.payment_id, p.booked_on, p.currency, d.number, d.amount AS applied,
       CASE WHEN p.customer_id = s.customer_id THEN p.amount ELSE 0 END AS whole
  FROM settling s JOIN payment_positions p USING (payment_id)
  JOIN paid d ON d.payment_id = s.payment_id AND d.customer_id = s.customer_id AND d.currency = p.currency
 WHERE p.kind = 'payment'
 ORDER BY s.customer_id, s.round_id, s.payment_id, d.number
"""


def settled_rounds(
    connection: duckdb.DuckDBPyConnection, cases: Mapping[str, Case], decisions: Mapping[str, Decision], on: date
) -> dict[str, tuple[SettledRound, ...]]:
    """By customer the rounds that had an accepted notice, closed lately, and were settled by a payment."""
    closed, rows = dict[tuple[str, str], date](), list[dict[str, str]]()
    for customer_id, case in cases.items():
        heard = {n.round_id for n in case.notices if n.delivery is Delivery.ACCEPTED}
        for each in case.rounds if heard else ():
            day = _closed_on(each, decisions[customer_id])
            if each.round_id in heard and day and is_recent(day, on):
                closed[customer_id, each.round_id] = day
                named = {"customer_id": customer_id, "round_id": each.round_id}
                rows += [named | {"receivable_id": receivable} for receivable in sorted(each.receivable_ids)]
    if not rows:
        return {}
    load(connection, "settled", pa.Table.from_pylist(rows, _ROUND))
    found: dict[str, list[SettledRound]] = {}
    for each_round in _read(connection, closed):
        found.setdefault(each_round.customer_id, []).append(each_round)
    return {customer_id: tuple(rounds) for customer_id, rounds in found.items()}


def _closed_on(each: Round, decision: Decision) -> date | None:
    return each.closed_on or (decision.on if each.round_id in decision.closes else None)


def _read(connection: duckdb.DuckDBPyConnection, closed: Closed) -> Iterator[SettledRound]:
    answer = connection.execute(_SETTLING)
    names = [column[0] for column in answer.description or ()]
    rounds: dict[tuple[str, str], dict[str, list[dict[str, Any]]]] = {}
    for row in (dict(zip(names, values, strict=True)) for values in answer.fetchall()):
        payments = rounds.setdefault((row["customer_id"], row["round_id"]), {})
        payments.setdefault(row["payment_id"], []).append(row)
    for (customer_id, round_id), payments in rounds.items():
        yield SettledRound(
            customer_id=customer_id,
            round_id=round_id,
            closed_on=closed[customer_id, round_id],
            payments={payment_id: _payment(rows) for payment_id, rows in payments.items()},
        )


def _payment(rows: list[dict[str, Any]]) -> ReceivedPayment:
    """A payment as this customer knows it: of one that paid for others too only its own part."""
    first = rows[0]
    applied = tuple((row["number"], row["applied"]) for row in rows)
    amount = first["whole"] or sum(part for _, part in applied)
    return ReceivedPayment(received_on=first["booked_on"], currency=first["currency"], amount=amount, applied=applied)
