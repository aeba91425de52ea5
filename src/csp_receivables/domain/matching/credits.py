"""Credit notes beside the payments: they are rows of the same kind, applied like cash, with negative row ids.

A payment and the credit notes it is net of can be spread over the receivables that they close together.
"""

from __future__ import annotations

import duckdb

_CREDITS = """
INSERT INTO matching.payment BY NAME
    SELECT -row_number() OVER (ORDER BY receivable_id) AS p, receivable_id AS payment_id, issued_on AS booked_on,
        currency, open_amount AS amount, '' AS reference, '' AS reference_key, '' AS text, customer_id,
        open_amount AS amount_left
    FROM {receivables} WHERE kind = 'credit_note' AND open_amount > 0 AND customer_id <> ''
"""
# Both sides laid end to end on one line, the oldest first and the credit notes before the payment: where a stretch of
# money lies over a stretch of debt, that much of the one goes to the other.
_SPREAD = """
    WITH money AS (
        SELECT chosen.p, source, amount,
            sum(amount) OVER (PARTITION BY chosen.p ORDER BY source >= 0, booked_on, payment_id) AS until
        FROM (
            SELECT DISTINCT p, p AS source FROM {chosen}
            UNION ALL
            SELECT p, c AS source FROM {credits}
        ) chosen JOIN (SELECT p AS source, amount, booked_on, payment_id FROM matching.payment_left) USING (source)
    ),
    debt AS (
        SELECT chosen.p, r, open_amount AS amount,
            sum(open_amount) OVER (PARTITION BY chosen.p ORDER BY due_on, issued_on, receivable_id) AS until
        FROM {chosen} chosen JOIN matching.receivable_left USING (r)
    )
    SELECT p, source, r, (least(money.until, debt.until)
            - greatest(money.until - money.amount, debt.until - debt.amount))::BIGINT AS amount,
        CASE WHEN money.until >= debt.until THEN 'full' ELSE 'partial' END AS outcome
    FROM money JOIN debt USING (p)
    WHERE least(money.until, debt.until) > greatest(money.until - money.amount, debt.until - debt.amount)
"""


def number_credits(connection: duckdb.DuckDBPyConnection, receivables: str) -> None:
    """Put the open credit notes of known customers beside the payments in `matching.payment`."""
    connection.execute(_CREDITS.format(receivables=receivables))


def spread(chosen: str, credits: str) -> str:
    """SQL for (p, source, r, amount, outcome): what the payment or credit note `source` gives to each receivable.

    `chosen (p, r)`: what payment p closes; `credits (p, c)`: the credit notes it is net of. Both sides add up.
    """
    return _SPREAD.format(chosen=chosen, credits=credits)
