"""A person's no outranks the rules: what was declined is not booked by any, nor suggested again by the same rule."""

from __future__ import annotations

import duckdb

from csp_receivables.domain.matching.rule import Rule
from csp_receivables.domain.matching.stock import count
from csp_receivables.domain.relations import keep

_DECLINED = """
    SELECT p, r, rule FROM {declined} JOIN (SELECT p, payment_id FROM matching.payment) USING (payment_id)
    JOIN (SELECT r, receivable_id FROM matching.receivable) USING (receivable_id)
"""
# A set of receivables stands or falls together: all that is booked for a payment and the credit notes that it is net
# of, or one option of what is suggested. What is left is numbered anew.
_MINDFUL = """
    WITH headed AS (
        SELECT proposal.*, coalesce(net_of.p, proposal.p) AS head
        FROM matching.proposal proposal LEFT JOIN ({net_of}) net_of ON net_of.c = proposal.p
    )
    SELECT headed.* EXCLUDE (head) REPLACE (books AND refused IS NULL AS books,
        CASE WHEN refused IS NULL THEN outcome ELSE '' END AS outcome,
        CASE WHEN books AND refused IS NOT NULL
            THEN 'a person has declined this before: ' || coalesce(headed.because, {sentence})
            ELSE headed.because END AS because,
        dense_rank() OVER (PARTITION BY headed.p ORDER BY option) AS option)
    FROM headed JOIN matching.payment USING (p)
    JOIN (SELECT r, receivable_id FROM matching.receivable) USING (r)
    LEFT JOIN (
        SELECT head, option, bool_or(declined.rule = $rule) AS refused
        FROM headed JOIN matching.declined declined USING (p, r) GROUP BY ALL
    ) declined USING (head, option)
    WHERE refused IS NOT TRUE
"""
_NET_OF_NOTHING = "SELECT NULL::BIGINT AS p, NULL::BIGINT AS c WHERE false"


def know_declined(connection: duckdb.DuckDBPyConnection, declined: str) -> None:
    """Make `matching.declined (p, r, rule)` of the relation `declined` (schema DECLINED; "" for none)."""
    nothing = "SELECT NULL::BIGINT AS p, NULL::BIGINT AS r, '' AS rule WHERE false"
    keep(connection, "matching.declined", _DECLINED.format(declined=declined) if declined else nothing)


def heed_declined(connection: duckdb.DuckDBPyConnection, rule: Rule) -> None:
    """Take out of the proposal what a person declined of this rule; what they declined of another only suggests."""
    if not count(connection, "matching.declined") or not count(connection, "matching.proposal"):
        return
    mindful = _MINDFUL.format(sentence=rule.sentence, net_of=rule.net_of or _NET_OF_NOTHING)
    keep(connection, "matching.proposal", mindful, rule=rule.name)
