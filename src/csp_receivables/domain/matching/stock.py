"""What the ladder works on: payments and receivables as numbered rows, and what of them is left after each rule.

Rules join on row ids (`p`, `r`) and carry integers. Their tables and views are in a schema of their own, `matching`,
that is dropped at the end:
    matching.payment, matching.receivable            what the rules see at all (all but what is settled at once)
    matching.payment_left, matching.receivable_left  what is left of it
    matching.taken, matching.suggested               what the rules took, and what they leave to a person
    matching.met                                     what unsettled payments named
"""

from __future__ import annotations

import duckdb

from csp_receivables.domain.matching.rule import Rule
from csp_receivables.domain.relations import keep

_TAKEN = """
CREATE OR REPLACE TABLE matching.taken (
    p BIGINT, r BIGINT, amount BIGINT, difference BIGINT, rule VARCHAR, outcome VARCHAR, because VARCHAR)
"""
_SUGGESTED = """
CREATE OR REPLACE TABLE matching.suggested (p BIGINT, r BIGINT, amount BIGINT, option BIGINT, rule VARCHAR,
    because VARCHAR)
"""
_FOUND = "CREATE OR REPLACE TABLE matching.found (p BIGINT, r BIGINT)"
_MET_TABLE = "CREATE OR REPLACE TABLE matching.met (p BIGINT, r BIGINT)"
_INSERT_TAKEN = """
INSERT INTO matching.taken
    SELECT p, r, amount, difference, $rule, outcome, because FROM matching.proposal WHERE books
"""
_INSERT_SUGGESTED = """
INSERT INTO matching.suggested SELECT p, r, amount, option, $rule, because FROM matching.proposal WHERE NOT books
"""
# What is left is a column beside the whole amount: marking what is taken costs a fifth of copying what is not.
_PAYMENT_LEFT = """
    SELECT * EXCLUDE (amount_left) REPLACE (amount_left AS amount) FROM matching.payment WHERE amount_left > 0
"""
_RECEIVABLE_LEFT = """
    SELECT * EXCLUDE (open_left) REPLACE (open_left AS open_amount) FROM matching.receivable WHERE open_left > 0
"""
# A rule that leaves no rests takes a payment or a receivable whole; what is in doubt no later rule may take.
_LEAVE_PAYMENTS = """
UPDATE matching.payment SET amount_left = {rest}
FROM (SELECT p, sum(amount) FILTER (books) AS used FROM matching.proposal GROUP BY p) proposed
WHERE proposed.p = matching.payment.p
"""
_LEAVE_RECEIVABLES = """
UPDATE matching.receivable SET open_left = {rest}
FROM (SELECT r, sum(amount + difference) AS used FROM matching.proposal WHERE books GROUP BY r) taken
WHERE taken.r = matching.receivable.r
"""
_LEAVE_AGAIN = """
UPDATE matching.payment SET amount_left = again.amount
FROM (
    SELECT p, CASE WHEN {asks} THEN amount - coalesce(used, 0) ELSE 0 END AS amount
    FROM (SELECT p, amount FROM matching.payment)
    LEFT JOIN (SELECT p, sum(amount) AS used FROM matching.taken GROUP BY p) USING (p)
) again
WHERE again.p = matching.payment.p
"""
_NAMED_LEFT = """
    SELECT named.* REPLACE (payment.amount AS amount, coalesce(receivable.open_amount, 0) AS open_amount)
    FROM matching.named named
    JOIN matching.payment_left payment USING (p) LEFT JOIN matching.receivable_left receivable USING (r)
"""
_UNSETTLED = """
    SELECT p FROM matching.suggested
    UNION
    SELECT p FROM matching.payment_left SEMI JOIN (SELECT p FROM matching.named UNION ALL SELECT p FROM matching.found)
        USING (p)
"""
_MET = """
    SELECT DISTINCT p, r FROM (SELECT p, r FROM matching.named UNION ALL SELECT p, r FROM matching.found)
    SEMI JOIN matching.unsettled USING (p)
"""
# What payments in doubt met is noted at once: what they named is not kept for the rules after.
_MET_IN_DOUBT = """
INSERT INTO matching.met
    SELECT DISTINCT p, r FROM (SELECT p, r FROM matching.named UNION ALL SELECT p, r FROM matching.found
        UNION ALL SELECT p, r FROM matching.proposal)
    SEMI JOIN (SELECT p FROM matching.proposal WHERE NOT books) USING (p)
    ANTI JOIN matching.met USING (p, r)
"""
# The widest tables that only rules read.
_SPENT = ("receivable_stored", "said", "borne", "found", "judged")
# What the last pass took stands at the end.
_JUST_TAKEN = "FROM matching.taken WHERE rowid >= (SELECT count(*) FROM matching.taken) - $booked"
_GAIN_BY_NAMES = f"""
    SELECT 1 FROM (SELECT r FROM matching.met SEMI JOIN matching.unsettled USING (p))
    SEMI JOIN ({_JUST_TAKEN}) USING (r)
    UNION ALL SELECT 1 {_JUST_TAKEN} AND p < 0
    LIMIT 1
"""
_GAIN_BY_PAYERS = f"""
    SELECT 1 FROM matching.payer ANTI JOIN matching.taken USING (p)
    SEMI JOIN (SELECT customer_id FROM ({_JUST_TAKEN}) JOIN matching.receivable USING (r)) USING (customer_id)
    LIMIT 1
"""


def stock_up(connection: duckdb.DuckDBPyConnection) -> None:
    """Nothing is taken yet."""
    connection.execute("; ".join(("CREATE SCHEMA IF NOT EXISTS matching", _TAKEN, _SUGGESTED, _FOUND, _MET_TABLE)))


def leave_all(connection: duckdb.DuckDBPyConnection) -> None:
    """Nothing of `matching.payment` and `matching.receivable` is taken: all that is worth anything is left."""
    view(connection, "matching.payment_left", _PAYMENT_LEFT)
    view(connection, "matching.receivable_left", _RECEIVABLE_LEFT)


def take(connection: duckdb.DuckDBPyConnection, rule: Rule, *, by_names: bool) -> int:
    """Count in what the rule proposes: later rules see neither it nor the payments in doubt. How many booked.

    What goes `by_names` and leaves payments in doubt may settle them in a later pass: what they met is noted.
    """
    ((booked, doubted),) = connection.execute(
        "SELECT count(*) FILTER (books), count(*) FILTER (NOT books) FROM matching.proposal"
    ).fetchall()
    if not booked + doubted:
        return 0
    if booked:
        connection.execute(_INSERT_TAKEN, {"rule": rule.name})
        rest = "open_left - used" if rule.leaves_rests else "0"
        connection.execute(_LEAVE_RECEIVABLES.format(rest=rest))
    if doubted:
        if by_names:
            connection.execute(_MET_IN_DOUBT)
        connection.execute(_INSERT_SUGGESTED, {"rule": rule.name})
    rest = "coalesce(amount_left - used, 0)" if rule.leaves_rests else "0"
    connection.execute(_LEAVE_PAYMENTS.format(rest=rest))
    if count(connection, "(SELECT 1 FROM matching.named LIMIT 1)"):
        keep(connection, "matching.named", _NAMED_LEFT)
    return int(booked)


def remember_unsettled(connection: duckdb.DuckDBPyConnection) -> int:
    """Note the payments that something was found for but are not settled, and what they met. How many there are."""
    keep(connection, "matching.unsettled", _UNSETTLED)
    connection.execute(f"INSERT INTO matching.met FROM ({_MET}) ANTI JOIN matching.met USING (p, r)")
    return count(connection, "matching.unsettled")


def can_gain_by_names(connection: duckdb.DuckDBPyConnection, booked: int) -> bool:
    """Can any of the unsettled be settled by names, now that the last pass took `booked` rows?

    Only where something that it met was taken; or a credit note, for of two that fitted alike one may be left.
    """
    return bool(connection.execute(_GAIN_BY_NAMES, {"booked": booked}).fetchall())


def can_gain_by_payers(connection: duckdb.DuckDBPyConnection, booked: int) -> bool:
    """Does any payment that is left have a payer of whose receivables the last `booked` rows took one?"""
    return bool(connection.execute(_GAIN_BY_PAYERS, {"booked": booked}).fetchall())


def forget_suggested(connection: duckdb.DuckDBPyConnection, rules: tuple[Rule, ...]) -> None:
    """Take back what `rules` suggested, so that they can be tried again."""
    names = [rule.name for rule in rules]
    connection.execute("DELETE FROM matching.suggested WHERE list_contains($rules, rule)", {"rules": names})


def begin_again(connection: duckdb.DuckDBPyConnection) -> None:
    """Let the unsettled payments climb the ladder again; all others can gain nothing from fewer open receivables."""
    connection.execute(_LEAVE_AGAIN.format(asks="p IN (FROM matching.unsettled)"))
    view(connection, "matching.asking", "FROM matching.payment_left WHERE reference_key <> ''")
    connection.execute("DELETE FROM matching.suggested")


def gather_left(connection: duckdb.DuckDBPyConnection) -> None:
    """After the passes over the unsettled: all that is left and not in doubt is in `matching.payment_left` again."""
    connection.execute(_LEAVE_AGAIN.format(asks="p NOT IN (SELECT p FROM matching.suggested)"))


def drop_spent(connection: duckdb.DuckDBPyConnection) -> None:
    """Give back what only rules read: a million answers are sorted in its memory, and the peak is a sixth lower."""
    connection.execute("; ".join(f"DROP TABLE IF EXISTS matching.{name}" for name in _SPENT))


def clear_up(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop every view and table of the ladder: at once, for asking the catalog for them costs more than a rule."""
    connection.execute(
        "DROP SCHEMA matching CASCADE; DROP TABLE IF EXISTS payer_lesson; DROP TABLE IF EXISTS payer_standing"
    )


def count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    """How many rows `table` has."""
    ((rows,),) = connection.execute(f"SELECT count(*) FROM {table}").fetchall()
    return int(rows)


def view(connection: duckdb.DuckDBPyConnection, name: str, sql: str) -> None:
    """Let `name` stand for the answer to `sql`."""
    connection.execute(f"CREATE OR REPLACE VIEW {name} AS {sql}")
