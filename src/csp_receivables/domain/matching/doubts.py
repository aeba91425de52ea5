"""What a person has to decide: which receivables and payments compete, and the sentences that say so."""

from __future__ import annotations

import duckdb

from csp_receivables.domain.matching.stock import count
from csp_receivables.domain.relations import keep

COMPETITORS_NAMED_MAX = 5  # a person reads them; the sentence says how many more there are

_DOUBTS = """
INSERT INTO matching.proposal BY NAME
    SELECT p, r, least(amount, open_amount) AS amount, 0::BIGINT AS difference, '' AS outcome, false AS books,
        place AS option, CASE WHEN rivals > 1
            THEN 'reference ' || reference || ' fits ' || rivals || ' open receivables: ' || competitors
                || CASE WHEN rivals > named THEN ' and ' || (rivals - named) || ' more' ELSE '' END
            ELSE 'reference ' || reference || ' names receivable ' || receivable_id || ', which is customer ' || owner
                || '''s, but the payment is known to be customer ' || payer || '''s'
        END AS because
    FROM (
        SELECT *, count(*) OVER (PARTITION BY p) AS named,
            string_agg(receivable_id, ', ' ORDER BY place) OVER (PARTITION BY p) AS competitors
        FROM (
            SELECT pair.*, payment.reference, payment.customer_id AS payer,
                receivable.receivable_id, receivable.customer_id AS owner,
                row_number() OVER (PARTITION BY p ORDER BY pair.amount = pair.open_amount DESC, receivable_id) AS place
            FROM ({pairs}) pair
            JOIN matching.payment payment USING (p)
            JOIN matching.receivable receivable USING (r)
        )
        WHERE place <= {most}
    )
"""
# SQL for a list of names in a sentence, of which there are `all` and the first few are `named`.
NAMED_COMPETITORS = """array_to_string({named}, ', ')
    || CASE WHEN {all} > len({named}) THEN ' and ' || ({all} - len({named})) || ' more' ELSE '' END"""
# A payment in doubt that would close a receivable may be the one for it. Credit notes in doubt hold up no payment.
_WANTED_IN_DOUBT = f"""
    SELECT r, count(*) AS payments, list(payment_id ORDER BY payment_id)[:{COMPETITORS_NAMED_MAX}] AS named
    FROM (SELECT DISTINCT p, r, amount FROM matching.suggested)
    JOIN (SELECT r, open_amount, currency FROM matching.receivable_left) USING (r)
    JOIN (SELECT p, payment_id, currency FROM matching.payment) USING (p, currency)
    WHERE amount = open_amount AND p >= 0 GROUP BY r
"""


def know_wanted(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `matching.wanted_in_doubt (r, payments, named)`: what earlier rules suggest for payments in doubt."""
    keep(connection, "matching.wanted_in_doubt", _WANTED_IN_DOUBT)


def propose_doubts(connection: duckdb.DuckDBPyConnection, pairs: str) -> None:
    """Add to the proposal the suggestions from `pairs`: SQL for the rows of `matching.named` in doubt."""
    if count(connection, f"(SELECT 1 FROM ({pairs}) LIMIT 1)"):
        connection.execute(_DOUBTS.format(pairs=pairs, most=COMPETITORS_NAMED_MAX))
