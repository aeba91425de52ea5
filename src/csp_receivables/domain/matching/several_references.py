"""Rule 3: several references in one payment name several receivables of one customer, and the amounts add up."""

from __future__ import annotations

import duckdb

from csp_receivables.domain.matching.claims import grant_claims
from csp_receivables.domain.matching.policy import MatchingPolicy
from csp_receivables.domain.matching.rule import Rule
from csp_receivables.domain.relations import keep

_NAMED = """
    SELECT pair.*, count(*) OVER of_payment AS named, sum(pair.open_amount) OVER of_payment AS open_together,
        max(rivals) OVER of_payment > 1 AS ambiguous, bool_or(elsewhere) OVER of_payment AS another_customers,
        min(receivable.customer_id) OVER of_payment <> max(receivable.customer_id) OVER of_payment AS mixed
    FROM matching.named pair JOIN matching.receivable receivable USING (r)
    WHERE together > 1 AND pair.open_amount > 0
    WINDOW of_payment AS (PARTITION BY p)
"""
_CLAIM = """
    SELECT p, r FROM matching.several
    WHERE named > 1 AND open_together = amount AND NOT ambiguous AND NOT another_customers AND NOT mixed
"""
_PROPOSAL = """
    SELECT p, r, receivable.open_amount AS amount, 0::BIGINT AS difference, 'full' AS outcome, true AS books,
        1::BIGINT AS option,
        'references ' || payment.reference || ' name ' || count(*) OVER (PARTITION BY p) || ' receivables whose open '
            || 'amounts add up to ' || amount_text(payment.amount, payment.currency) || ' ' || payment.currency
                AS because
    FROM matching.granted JOIN matching.payment_left payment USING (p)
        JOIN matching.receivable_left receivable USING (r)
    UNION ALL BY NAME
    SELECT p, r, least(several.amount, several.open_amount) AS amount, 0::BIGINT AS difference, '' AS outcome,
        false AS books, 1::BIGINT AS option,
        'references ' || payment.reference || ' name receivable ' || receivable.receivable_id || ' among ' || named
            || ' open ones, ' || CASE
            WHEN ambiguous THEN 'but one of the references fits several receivables'
            WHEN another_customers THEN 'but the payment is known to be customer ' || payment.customer_id || '''s'
            WHEN mixed THEN 'but they belong to different customers'
            ELSE 'but ' || amount_text(open_together, payment.currency) || ' ' || payment.currency
                || ' is open on them together' END AS because
    FROM (FROM matching.several ANTI JOIN matching.claim USING (p)) several
    JOIN matching.payment payment USING (p) JOIN matching.receivable receivable USING (r)
"""


def _propose(connection: duckdb.DuckDBPyConnection, _policy: MatchingPolicy) -> None:
    keep(connection, "matching.several", _NAMED)
    keep(connection, "matching.claim", _CLAIM)
    grant_claims(connection)
    keep(connection, "matching.proposal", _PROPOSAL)


SEVERAL_REFERENCES = Rule(
    name="several_references",
    propose=_propose,
    concerned="matching.named WHERE together > 1 AND open_amount > 0",
)
