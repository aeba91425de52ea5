"""Sentences for what a reference names but no rule may book: several receivables fit, or it is another customer's."""

from __future__ import annotations

COMPETITORS_NAMED_MAX = 5  # a person reads them; the sentence says how many more there are

_DOUBTS = """
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
            JOIN matching_payment payment USING (p)
            JOIN matching_receivable receivable USING (r)
        )
        WHERE place <= {most}
    )
"""


def doubts(pairs: str) -> str:
    """SQL for the suggestions (columns of a proposal) from `pairs`: SQL for the rows of `matching_named` in doubt."""
    return _DOUBTS.format(pairs=pairs, most=COMPETITORS_NAMED_MAX)
