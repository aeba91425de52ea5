"""What rule 1 settles at once: a payment and a receivable that name only each other, amount equal.

Four payments in five are like that. Nothing else can want such a payment or such a receivable, so both leave before the
rules are tried one by one, and come back when the allocations are written out. Whatever is shared, contested, of
another amount or of another customer stays, and meets every rule in its order.
"""

from __future__ import annotations

import duckdb

from csp_receivables.domain.matching.stock import count, view
from csp_receivables.domain.relations import keep

_RECEIVABLES = """
    SELECT receivable_id, customer_id, number, issued_on, due_on, currency, open_amount,
        matching_key(reference) AS reference_key
    FROM {receivables} WHERE kind = 'invoice' AND open_amount > 0
"""
_SHARED = """
    SELECT reference_key, currency FROM matching_receivable_stored
    WHERE reference_key <> '' GROUP BY ALL HAVING count(*) > 1
"""
# `sole_…`: the only receivable with the payment's reference; null where there is none, or more than one.
_PAYMENTS = """
    SELECT payment.*, sole_r, sole_id, sole_open,
        payment.customer_id <> '' AND payment.customer_id <> sole_customer_id AS sole_elsewhere
    FROM (SELECT payment_id, booked_on, currency, amount, reference, matching_key(reference) AS reference_key, text,
              customer_id FROM {payments}) payment
    LEFT JOIN (SELECT rowid AS sole_r, reference_key, currency, receivable_id AS sole_id, open_amount AS sole_open,
                   customer_id AS sole_customer_id
               FROM matching_receivable_stored {sole} WHERE reference_key <> '') USING (reference_key, currency)
"""
_NOT_SHARED = "ANTI JOIN matching_shared_reference USING (reference_key, currency)"
_PAYMENT_COLUMNS = "rowid AS p, payment_id, booked_on, currency, amount, reference, reference_key, text, customer_id"

# A bitmap of the receivables that payments name is a hundred times cheaper than counting them one by one.
_NAMED_ONCE = """
    SELECT count(sole_r) = coalesce(bit_count(bitstring_agg(sole_r, 0, {receivables}::BIGINT)), 0)
    FROM matching_payment_stored
"""
_CONTESTED = """
    SELECT sole_r FROM matching_payment_stored WHERE sole_r IS NOT NULL GROUP BY sole_r HAVING count(*) > 1
    UNION
    SELECT r FROM matching_named
"""
_SETTLED_BITS = """
    SET VARIABLE matching_settled = (SELECT coalesce(bitstring_agg(r, 0, {receivables}::BIGINT),
        repeat('0', {receivables} + 1)::BIT) FROM matching_at_once)
"""
_SURE = "sole_r IS NOT NULL AND sole_open = amount AND NOT sole_elsewhere"
_NAMED = """
INSERT INTO matching_named BY NAME
    SELECT rowid AS p, sole_r AS r, amount, sole_open AS open_amount, sole_elsewhere AS elsewhere, 1 AS rivals,
        1 AS together
    FROM matching_payment_stored WHERE sole_r IS NOT NULL AND amount > 0 AND NOT ({settled})
"""


def number_rows(connection: duckdb.DuckDBPyConnection, receivables: str, payments: str) -> None:
    """Store both relations, each payment with the only receivable of its reference.

    Only where a payment comes out twice is a reference shared that somebody used; that is rare, and looked for then.
    """
    keep(connection, "matching_receivable_stored", _RECEIVABLES.format(receivables=receivables))
    keep(connection, "matching_payment_stored", _PAYMENTS.format(payments=payments, sole=""))
    if count(connection, "matching_payment_stored") > count(connection, payments):
        keep(connection, "matching_shared_reference", _SHARED)
        keep(connection, "matching_payment_stored", _PAYMENTS.format(payments=payments, sole=_NOT_SHARED))
    view(connection, "matching_receivable_left", "SELECT rowid AS r, * FROM matching_receivable_stored")
    view(
        connection,
        "matching_asking",
        f"SELECT {_PAYMENT_COLUMNS} FROM matching_payment_stored "
        "WHERE reference_key <> '' AND sole_r IS NULL AND amount > 0",
    )


def settle_at_once(connection: duckdb.DuckDBPyConnection, *, allowed: bool) -> None:
    """Part what is settled at once (`matching_at_once`) from what the rules will see; nothing is, unless `allowed`.

    Wants in `matching_named` what the payments of `matching_asking` name; adds what the other unsettled ones name.
    """
    settled = _settled(connection) if allowed else "false"
    view(
        connection,
        "matching_at_once",
        "SELECT sole_r AS r, payment_id, sole_id AS receivable_id, amount, currency, reference "
        f"FROM matching_payment_stored WHERE {settled}",
    )
    connection.execute(_NAMED.format(settled=settled))
    keep(
        connection,
        "matching_payment",
        f"SELECT {_PAYMENT_COLUMNS} FROM matching_payment_stored WHERE NOT coalesce({settled}, false)",
    )
    keep(
        connection,
        "matching_receivable",
        f"FROM (SELECT rowid AS r, * FROM matching_receivable_stored) {_unsettled_receivables(connection)}",
    )
    view(connection, "matching_payment_left", "FROM matching_payment WHERE amount > 0")
    view(connection, "matching_receivable_left", "FROM matching_receivable")


def _unsettled_receivables(connection: duckdb.DuckDBPyConnection) -> str:
    """SQL that filters to what nothing was settled with at once; a bitmap is much quicker than an anti join."""
    receivables = count(connection, "matching_receivable_stored")
    if not receivables:
        return ""
    connection.execute(_SETTLED_BITS.format(receivables=receivables))
    return "WHERE get_bit(getvariable('matching_settled'), r::INTEGER) = 0"


def _settled(connection: duckdb.DuckDBPyConnection) -> str:
    """SQL for "this payment is settled at once"."""
    receivables = count(connection, "matching_receivable_stored")
    ((named_once,),) = connection.execute(_NAMED_ONCE.format(receivables=receivables)).fetchall()
    if named_once and not count(connection, "matching_named"):
        return _SURE
    keep(connection, "matching_contested_receivable", _CONTESTED)
    return f"{_SURE} AND sole_r NOT IN (FROM matching_contested_receivable)"
