"""Payments that would each close several receivables: whoever was booked first is served, whole or not at all."""

from __future__ import annotations

import duckdb

from csp_receivables.domain.relations import keep

_CONTESTED = """
    SELECT DISTINCT p FROM matching.claim
    WHERE r IN (SELECT r FROM matching.claim GROUP BY r HAVING count(*) > 1)
"""
_IN_ORDER = """
    SELECT p, list(r) FROM matching.claim SEMI JOIN matching.contested USING (p) JOIN matching.payment payment USING (p)
    GROUP BY p, booked_on, payment_id ORDER BY booked_on, payment_id
"""


def grant_claims(connection: duckdb.DuckDBPyConnection) -> None:
    """From `matching.claim (p, r)` make `matching.granted (p, r)`: no receivable twice, a payment whole or not at all.

    Hardly any claim is contested; those that are go one by one, because each depends on the ones before.
    """
    if not keep(connection, "matching.contested", _CONTESTED):
        keep(connection, "matching.granted", "FROM matching.claim")
        return
    keep(connection, "matching.granted", "SELECT p, r FROM matching.claim ANTI JOIN matching.contested USING (p)")
    given: set[int] = set()
    winners: list[int] = []
    for payment, receivables in connection.execute(_IN_ORDER).fetchall():
        if given.isdisjoint(receivables):
            given.update(receivables)
            winners.append(payment)
    if winners:
        connection.execute(
            "INSERT INTO matching.granted SELECT p, r FROM matching.claim WHERE p IN (SELECT unnest($winners))",
            {"winners": winners},
        )
