"""Rule 2, first part: a reference names a receivable, and what is missing of its amount is exactly a credit note.

Of several receivables nobody can tell which of them the credit note is for; a person says.
"""

from __future__ import annotations

import duckdb

from csp_receivables.domain.matching.claims import grant_claims
from csp_receivables.domain.matching.credits import spread
from csp_receivables.domain.matching.policy import MatchingPolicy
from csp_receivables.domain.matching.rule import Rule
from csp_receivables.domain.relations import keep

_SHORT = """
    SELECT p, min(receivable.customer_id) AS customer_id, any_value(receivable.currency) AS currency,
        (sum(named.open_amount) - any_value(named.amount))::BIGINT AS missing
    FROM (FROM matching.named WHERE open_amount > 0) named JOIN matching.receivable receivable USING (r)
    GROUP BY p
    HAVING max(rivals) = 1 AND NOT bool_or(elsewhere) AND count(DISTINCT named.r) = 1 AND missing > 0
"""
_LEFT = "SELECT p AS c, customer_id, currency, amount FROM matching.payment_left WHERE p < 0"
# One credit note of that amount, or all that the customer has. Two that fit alike settle nothing.
_NET = f"""
    SELECT p, c, missing FROM (
        SELECT p, c, missing, amount, count(*) FILTER (amount = missing) OVER (PARTITION BY p) AS equal,
            sum(amount) OVER (PARTITION BY p) AS together
        FROM matching.short JOIN ({_LEFT}) USING (customer_id, currency)
    )
    WHERE (equal = 1 AND amount = missing) OR (equal = 0 AND together = missing)
"""
_CLAIM = """
    SELECT p, r FROM matching.named SEMI JOIN matching.net USING (p) WHERE open_amount > 0
    UNION ALL SELECT p, c AS r FROM matching.net
"""
_PROPOSAL = f"""
    WITH chosen AS (SELECT p, r FROM matching.granted WHERE r >= 0),
    net AS (SELECT p, r AS c FROM matching.granted WHERE r < 0)
    SELECT source AS p, r, spread.amount, 0::BIGINT AS difference, outcome, true AS books, 1 AS option,
        'reference ' || payment.reference || ' is paid net of credit note ' || numbers || ': '
            || amount_text(payment.amount, payment.currency) || ' paid and '
            || amount_text(missing, payment.currency) || ' ' || payment.currency || ' credited close ' || receivables
            AS because
    FROM ({spread("chosen", "net")}) spread JOIN matching.payment payment USING (p)
    JOIN (SELECT p, any_value(missing) AS missing, string_agg(payment_id, ', ' ORDER BY payment_id) AS numbers
          FROM matching.net JOIN (SELECT p AS c, payment_id FROM matching.payment) USING (c) GROUP BY p) USING (p)
    JOIN (SELECT p, string_agg(receivable_id, ', ' ORDER BY receivable_id) AS receivables
          FROM chosen JOIN matching.receivable USING (r) GROUP BY p) USING (p)
"""


def _propose(connection: duckdb.DuckDBPyConnection, _policy: MatchingPolicy) -> None:
    keep(connection, "matching.short", _SHORT)
    keep(connection, "matching.net", _NET)
    keep(connection, "matching.claim", _CLAIM)
    grant_claims(connection)
    keep(connection, "matching.proposal", _PROPOSAL)


NET_OF_CREDIT_NOTE = Rule(
    name="net_of_credit_note",
    propose=_propose,
    concerned="matching.named WHERE open_amount > 0 AND EXISTS (FROM matching.payment WHERE p < 0)",
    net_of="SELECT p, r AS c FROM matching.granted WHERE r < 0",
)
