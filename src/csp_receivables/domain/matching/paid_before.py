"""Payments that name a receivable which is closed already: often paid twice. What they name beats what they amount to.

Makes `matching.paid_before (p, receivable_id, customer_id, payers)`. Such a payment books nothing by payer and amount:
licence prices repeat, and the next month's receivable would take what has to go back, or wait.
"""

from __future__ import annotations

import duckdb

from csp_receivables.domain.matching.knowledge import Knowledge
from csp_receivables.domain.matching.number_in_text import read_numbers
from csp_receivables.domain.matching.stock import view
from csp_receivables.domain.relations import keep

KEY_LENGTH_MIN = 4  # as for numbers in text

_SAID = f"""
    SELECT DISTINCT p, currency, key FROM (
        SELECT p, currency, reference_key AS key FROM matching.asking_payment
        UNION ALL
        SELECT p, currency, matching_key(unnest(string_split(reference, ' '))) FROM matching.asking_payment
        WHERE contains(reference, ' ')
        UNION ALL
        SELECT p, currency, key FROM matching.said JOIN (SELECT p, currency FROM matching.asking_payment) USING (p)
    )
    WHERE len(key) >= {KEY_LENGTH_MIN}
"""
_MEANT = """
    SELECT key, currency, r, receivable_id, customer_id
    FROM (
        SELECT rowid AS r, receivable_id, customer_id, currency, unnest([reference_key, matching_key(number)]) AS key
        FROM matching.receivable_stored
    )
    SEMI JOIN matching.said_asking USING (key, currency)
"""
# What this run has closed, and with what; what a payment closed itself, now or before, says nothing of its rest.
_CLOSED_NOW = """
    SELECT receivable_id, customer_id, currency, key, closer, payers, false AS earlier
    FROM matching.meant_receivable JOIN (
        SELECT r, NULL AS closer, 'payment ' || payment_id AS payers FROM matching.at_once
        UNION ALL
        SELECT r, p, CASE WHEN p < 0 THEN 'credit note ' ELSE 'payment ' END || payment_id
        FROM matching.taken JOIN matching.payment USING (p)
    ) USING (r)
    ANTI JOIN matching.receivable_left USING (r)
"""
_CLOSED_BEFORE = """
    SELECT receivable_id, customer_id, currency, key, NULL AS closer, payers, true AS earlier
    FROM (SELECT receivable_id, customer_id, currency, payers, matching_key(unnest([reference, number])) AS key
          FROM {closed})
    SEMI JOIN matching.said_asking USING (key, currency)
"""
_NOTHING_CLOSED = """
    SELECT '' AS receivable_id, '' AS customer_id, '' AS currency, '' AS key, NULL AS closer, '' AS payers,
        true AS earlier
    WHERE false
"""
_PAID_BEFORE = """
    SELECT p, min(receivable_id) AS receivable_id, arg_min(customer_id, receivable_id) AS customer_id,
        arg_min(payers, receivable_id) AS payers
    FROM (
        SELECT p, receivable_id, customer_id, string_agg(DISTINCT payers, ', ' ORDER BY payers) AS payers
        FROM (FROM matching.said_asking SEMI JOIN matching.payment_left USING (p)) JOIN ({closed}) USING (key, currency)
        WHERE closer IS DISTINCT FROM p AND NOT (earlier AND p IN ({rests})) GROUP BY ALL
    )
    GROUP BY p
"""
_NOTHING = """
CREATE OR REPLACE TABLE matching.paid_before (
    p BIGINT, receivable_id VARCHAR, customer_id VARCHAR, payers VARCHAR)
"""


def begin_looking_back(connection: duckdb.DuckDBPyConnection, knowledge: Knowledge) -> None:
    """Look up once which receivables the payments of `matching.account` mean, open or not."""
    view(connection, "matching.asking_payment", "FROM matching.payment SEMI JOIN matching.account USING (p)")
    read_numbers(connection, "matching.asking_payment")
    keep(connection, "matching.said_asking", _SAID)
    keep(connection, "matching.meant_receivable", _MEANT)
    closed = _CLOSED_BEFORE.format(closed=knowledge.closed) if knowledge.closed else _NOTHING_CLOSED
    keep(connection, "matching.closed_before", closed)


def know_paid_before(connection: duckdb.DuckDBPyConnection, knowledge: Knowledge) -> None:
    """Look what is left up among what was closed by this run or, for payments that are whole yet, before it."""
    closed = f"{_CLOSED_NOW} UNION ALL FROM matching.closed_before"
    rests = f"SEMI JOIN {knowledge.rests} USING (payment_id)" if knowledge.rests else "WHERE false"
    paid_before = _PAID_BEFORE.format(closed=closed, rests=f"SELECT p FROM matching.payment {rests}")
    keep(connection, "matching.paid_before", paid_before)


def know_nothing_paid_before(connection: duckdb.DuckDBPyConnection) -> None:
    """The empty `matching.paid_before`."""
    connection.execute(_NOTHING)
