"""A person's no outranks the rules: what was declined is not booked by any, nor suggested again by the same rule."""

from __future__ import annotations

import duckdb

from csp_receivables.domain.matching.rule import Rule
from csp_receivables.domain.matching.stock import count
from csp_receivables.domain.relations import keep

_DECLINED = """
    SELECT p, r, rule FROM {declined} JOIN (SELECT p, payment_id FROM matching_payment) USING (payment_id)
    JOIN (SELECT r, receivable_id FROM matching_receivable) USING (receivable_id)
"""
# A set of receivables stands or falls together: all that is booked for a payment, or one option of what is suggested.
_MINDFUL = """
    SELECT proposal.* REPLACE (books AND refused IS NULL AS books, CASE WHEN refused IS NULL THEN outcome ELSE '' END
        AS outcome, CASE WHEN books AND refused IS NOT NULL
            THEN 'a person has declined this before: ' || coalesce(proposal.because, {sentence})
            ELSE proposal.because END AS because)
    FROM matching_proposal proposal JOIN matching_payment USING (p)
    JOIN (SELECT r, receivable_id FROM matching_receivable) USING (r)
    LEFT JOIN (
        SELECT p, option, bool_or(declined.rule = $rule) AS refused
        FROM matching_proposal JOIN matching_declined declined USING (p, r) GROUP BY ALL
    ) declined USING (p, option)
    WHERE refused IS NOT TRUE
"""


def know_declined(connection: duckdb.DuckDBPyConnection, declined: str) -> None:
    """Make `matching_declined (p, r, rule)` of the relation `declined` (schema DECLINED; "" for none)."""
    nothing = "SELECT NULL::BIGINT AS p, NULL::BIGINT AS r, '' AS rule WHERE false"
    keep(connection, "matching_declined", _DECLINED.format(declined=declined) if declined else nothing)


def heed_declined(connection: duckdb.DuckDBPyConnection, rule: Rule) -> None:
    """Take out of the proposal what a person declined of this rule; what they declined of another only suggests."""
    if not count(connection, "matching_declined"):
        return
    columns = [name for name, *_ in connection.execute("DESCRIBE matching_proposal").fetchall()]
    keep(connection, "matching_mindful", _MINDFUL.format(sentence=rule.sentence), rule=rule.name)
    keep(connection, "matching_proposal", f"SELECT {', '.join(columns)} FROM matching_mindful")
