"""What rule 1 settles at once: a payment and a receivable that name only each other, amount equal.

Four payments in five are like that. Nothing else can want such a payment or such a receivable, so both leave before the
rules are tried one by one, and come back when the allocations are written out. Whatever is shared, contested, of
another amount or of another customer stays, and meets every rule in its order.
"""

from __future__ import annotations

from functools import partial

import duckdb

from csp_receivables.domain.matching.stock import count, leave_all, view
from csp_receivables.domain.relations import keep

_RECEIVABLES = """
    SELECT receivable_id, customer_id, number, issued_on, due_on, currency, open_amount,
        matching_key(reference) AS reference_key
    FROM {receivables} WHERE kind = 'invoice' AND open_amount > 0
"""
_SHARED = """
    SELECT reference_key, currency FROM matching.receivable_stored
    WHERE reference_key <> '' GROUP BY ALL HAVING count(*) > 1
"""
# `sole_…`: the only receivable with the payment's reference; null where there is none, or more than one. `sure`: it is
# open with just the amount, and of no other customer than the payment's. What else a rule wants to know of the few that
# are not sure is looked up for them alone: each column that a million rows carry here costs a thirtieth of the join.
_PAYMENTS = """
    SELECT payment.* EXCLUDE (reference_key), sole_r, sole_id, coalesce({sure}, false) AS sure
    FROM (SELECT payment_id, booked_on, currency, amount, reference, matching_key(reference) AS reference_key, text,
              customer_id FROM {payments}) payment
    LEFT JOIN (SELECT rowid AS sole_r, reference_key, currency, receivable_id AS sole_id, open_amount AS sole_open,
                   customer_id AS sole_customer_id
               FROM matching.receivable_stored {sole} WHERE reference_key <> '') USING (reference_key, currency)
"""
_AMOUNT_EQUAL = "sole_open = amount"
_AND_NOT_ELSEWHERE = " AND (payment.customer_id = '' OR payment.customer_id = sole_customer_id)"
_NOT_SHARED = "ANTI JOIN matching.shared_reference USING (reference_key, currency)"
_PAYMENT = """
    SELECT rowid AS p, payment_id, booked_on, currency, amount, reference, matching_key(reference) AS reference_key,
        text, customer_id, sole_r, amount AS amount_left
    FROM matching.payment_stored
"""
_ASKING = "FROM matching.payment WHERE reference_key <> '' AND sole_r IS NULL AND amount > 0"
# A payment without a sole receivable whose reference is not shared either: no receivable bears its reference.
_BORNE_BY_SEVERAL = "FROM matching.receivable_left SEMI JOIN matching.shared_reference USING (reference_key, currency)"
_BORNE_BY_NONE = "FROM matching.receivable_left WHERE false"

# A bitmap of the receivables that payments name is a hundred times cheaper than counting them one by one.
_NAMED_ONCE = """
    SELECT count(sole_r) = coalesce(bit_count(bitstring_agg(sole_r, 0, {receivables}::BIGINT)), 0)
    FROM matching.payment_stored
"""
_CONTESTED = """
    SELECT sole_r FROM matching.payment_stored WHERE sole_r IS NOT NULL GROUP BY sole_r HAVING count(*) > 1
    UNION
    SELECT r FROM matching.named
"""
_SETTLED_BITS = """
    SET VARIABLE matching_settled = (
        SELECT coalesce(bitstring_agg(r, 0, {receivables}::BIGINT), bitstring('0', {receivables} + 1))
        FROM matching.at_once
    )
"""
_RECEIVABLE = """
    SELECT rowid AS r, *, open_amount AS open_left FROM matching.receivable_stored
    WHERE get_bit(getvariable('matching_settled'), rowid::INTEGER) = 0
"""
_NAMED = """
INSERT INTO matching.named BY NAME
    SELECT p, sole_r AS r, amount, open_amount, customer_id <> '' AND customer_id <> owner AS elsewhere, 1 AS rivals,
        1 AS together
    FROM (SELECT p, sole_r, amount, customer_id FROM matching.payment WHERE sole_r IS NOT NULL AND amount > 0)
    JOIN (SELECT rowid AS sole_r, open_amount, customer_id AS owner FROM matching.receivable_stored) USING (sole_r)
"""


def number_rows(connection: duckdb.DuckDBPyConnection, receivables: str, payments: str) -> None:
    """Store both relations, each payment with the only receivable of its reference.

    Only where a payment comes out twice is a reference shared that somebody used; that is rare, and looked for then.
    """
    keep(connection, "matching.receivable_stored", _RECEIVABLES.format(receivables=receivables))
    # Comparing the customers of a million pairs costs a tenth of the join; where nobody's is known it says nothing.
    ((came, anybodys),) = connection.execute(
        f"SELECT (SELECT count(*) FROM {payments}), EXISTS (SELECT 1 FROM {payments} WHERE customer_id <> '')"
    ).fetchall()
    stored = partial(_PAYMENTS.format, payments=payments, sure=_AMOUNT_EQUAL + (_AND_NOT_ELSEWHERE if anybodys else ""))
    borne = _BORNE_BY_NONE
    if keep(connection, "matching.payment_stored", stored(sole="")) > came:
        keep(connection, "matching.shared_reference", _SHARED)
        keep(connection, "matching.payment_stored", stored(sole=_NOT_SHARED))
        borne = _BORNE_BY_SEVERAL
    keep(connection, "matching.payment", f"{_PAYMENT} WHERE NOT sure")
    view(connection, "matching.receivable_left", "SELECT rowid AS r, * FROM matching.receivable_stored")
    view(connection, "matching.referred", borne)
    view(connection, "matching.asking", _ASKING)


def settle_at_once(connection: duckdb.DuckDBPyConnection, *, allowed: bool) -> None:
    """Part what is settled at once (`matching.at_once`) from what the rules will see; nothing is, unless `allowed`.

    Wants in `matching.named` what the payments of `matching.asking` name; adds what the other unsettled ones name.
    """
    receivables = count(connection, "matching.receivable_stored")
    settled = _settled(connection, receivables) if allowed else "false"
    view(
        connection,
        "matching.at_once",
        "SELECT sole_r AS r, payment_id, sole_id AS receivable_id, amount, currency, reference "
        f"FROM matching.payment_stored WHERE {settled}",
    )
    if settled != "sure":
        connection.execute(f"INSERT INTO matching.payment {_PAYMENT} WHERE sure AND NOT ({settled})")
    connection.execute(_NAMED)
    # A bitmap is much quicker than an anti join.
    connection.execute(_SETTLED_BITS.format(receivables=receivables))
    keep(connection, "matching.receivable", _RECEIVABLE)
    leave_all(connection)
    view(connection, "matching.referred", "FROM matching.receivable_left")


def _settled(connection: duckdb.DuckDBPyConnection, receivables: int) -> str:
    """SQL for "this payment is settled at once"."""
    ((named_once,),) = connection.execute(_NAMED_ONCE.format(receivables=receivables)).fetchall()
    if named_once and not count(connection, "matching.named"):
        return "sure"
    keep(connection, "matching.contested_receivable", _CONTESTED)
    return "sure AND sole_r NOT IN (FROM matching.contested_receivable)"
