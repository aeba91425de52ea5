"""Rule 1: a structured reference names one open receivable, in the same currency, and the amount is equal."""

from __future__ import annotations

import duckdb

from csp_receivables.domain.matching.doubts import propose_doubts
from csp_receivables.domain.matching.policy import MatchingPolicy
from csp_receivables.domain.matching.rule import Rule
from csp_receivables.domain.relations import keep

_EXACT = """
    SELECT p, r, amount FROM matching.named
    WHERE together = 1 AND rivals = 1 AND NOT elsewhere AND amount = open_amount
"""
_PAID_TWICE = "SELECT r FROM matching.exact GROUP BY r HAVING count(*) > 1"
# Of two payments for the same receivable the earlier one takes it.
_PROPOSAL = """
    WITH first AS (
        SELECT p, r, amount FROM matching.exact ANTI JOIN matching.paid_twice USING (r)
        UNION ALL
        SELECT p, r, exact.amount FROM matching.exact exact SEMI JOIN matching.paid_twice USING (r)
        JOIN matching.payment payment USING (p)
        QUALIFY row_number() OVER (PARTITION BY r ORDER BY payment.booked_on, payment.payment_id) = 1
    )
    SELECT p, r, amount, 0::BIGINT AS difference, 'full' AS outcome, true AS books, 1::BIGINT AS option,
        NULL::VARCHAR AS because
    FROM first
"""
_IN_DOUBT = """
    SELECT * FROM matching.named WHERE together = 1 AND (rivals > 1 OR elsewhere)
    QUALIFY bool_or(amount = open_amount) OVER (PARTITION BY p)
"""


def _propose(connection: duckdb.DuckDBPyConnection, _policy: MatchingPolicy) -> None:
    keep(connection, "matching.exact", _EXACT)
    keep(connection, "matching.paid_twice", _PAID_TWICE)
    keep(connection, "matching.proposal", _PROPOSAL)
    propose_doubts(connection, _IN_DOUBT)


EXACT_REFERENCE = Rule(
    name="exact_reference",
    propose=_propose,
    concerned="matching.named WHERE together = 1",
    # One call: `||` copies the sentence at each step, and this one is said a million times.
    sentence="concat('reference ', reference, ' names receivable ', receivable_id, ', amount equal')",
)
