"""Rule 5: the payer is known, and of their open receivables exactly one has the amount, and no other payment wants it.

Credit notes look for their receivable the same way. Licence prices repeat: where several receivables or payments fit,
where the account is shared, and where only a part of a payment is left, a person decides.
"""

from __future__ import annotations

import duckdb

from csp_receivables.domain.matching.policy import MatchingPolicy
from csp_receivables.domain.matching.rule import Rule, propose_nothing
from csp_receivables.domain.matching.stock import count
from csp_receivables.domain.relations import keep

SUGGESTED_MAX = 5

_CANDIDATES = """
    SELECT payer.p, r, payer.customer_id, standing, evidence, is_rest, payment.amount, payment.currency,
        payment.booked_on, payment.payment_id, due_on, issued_on, receivable_id
    FROM matching_payer payer JOIN matching_payment_left payment USING (p)
    JOIN matching_receivable_left receivable ON receivable.customer_id = payer.customer_id
        AND receivable.currency = payment.currency AND receivable.open_amount = payment.amount
"""
# Of several payments for several receivables the first in line is shown the oldest first, the second the next.
_JUDGED = """
    SELECT *, standing = 'known' AND fits = 1 AND wanted = 1 AND NOT is_rest AND issued_on <= booked_on AS sure,
        (place - 1 - (turn - 1) % fits + fits) % fits + 1 AS option
    FROM (
        SELECT *, count(*) OVER (PARTITION BY p) AS fits, count(*) OVER (PARTITION BY r) AS wanted,
            row_number() OVER (PARTITION BY p ORDER BY due_on, issued_on, receivable_id) AS place,
            row_number() OVER (PARTITION BY r ORDER BY booked_on, payment_id) AS turn
        FROM matching_candidate
    )
"""
_PROPOSAL = f"""
    SELECT p, r, amount, 0::BIGINT AS difference, CASE WHEN sure THEN 'full' ELSE '' END AS outcome, sure AS books,
        option, evidence || ', and receivable ' || receivable_id || ' is ' || CASE
            WHEN sure THEN 'their only open one of '
            WHEN fits > 1 THEN 'one of ' || fits || ' open ones of '
            ELSE 'open with ' END || amount_text(amount, currency) || ' ' || currency
        || CASE WHEN wanted > 1 THEN ', which ' || wanted || ' payments fit' ELSE '' END
        || CASE WHEN is_rest THEN '; the rest of the payment went elsewhere' ELSE '' END
        || CASE WHEN issued_on > booked_on THEN '; it was issued on ' || issued_on || ', after the payment'
            ELSE '' END AS because
    FROM matching_judged WHERE option <= {SUGGESTED_MAX}
"""


def _propose(connection: duckdb.DuckDBPyConnection, _policy: MatchingPolicy) -> None:
    keep(connection, "matching_candidate", _CANDIDATES)
    if not count(connection, "matching_candidate"):
        propose_nothing(connection)
        return
    keep(connection, "matching_judged", _JUDGED)
    keep(connection, "matching_proposal", _PROPOSAL)


KNOWN_PAYER = Rule(name="known_payer", propose=_propose, concerned="matching_payer")
