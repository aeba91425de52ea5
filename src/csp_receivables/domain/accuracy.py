"""How right cash application was in a world whose truth is known: invoice level, by count and by value.

Precision of automatic bookings is kept apart from how much was booked: a wrong booking costs far more than a manual
one. A booking is one payment's amount on one receivable; it is right when the truth has that pair with that amount.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from csp_receivables.domain.records import COUNT, DAY, MONEY, TEXT
from csp_receivables.domain.relations import keep, load

TRUTH = pa.schema(
    [
        pa.field(name, kind, nullable=False)
        for name, kind in (
            ("account", TEXT), ("booked_on", DAY), ("bank_ref", TEXT), ("end_to_end", TEXT),  # the key of a line
            ("currency", TEXT), ("amount", MONEY),  # of the line, signed, on each of its rows
            ("part", COUNT),  # 1, 2 …: a row for each receivable
            ("kind", TEXT),  # "payment" and "return" are customers' money
            ("habit", TEXT), ("says", TEXT), ("customer_id", TEXT),
            ("receivable_id", TEXT), ("pays", MONEY),  # "" and 0: it pays nothing
        )
    ]
)  # fmt: skip
GAVE_A_REFERENCE = ("reference", "wrong_digit")  # of `says`

# A line of the bank is found by what the bank and the payer call it; equal ones differ in the bank's reference.
_KNOWN = """
    SELECT t.*, p.payment_id FROM truth t
    LEFT JOIN payments p ON p.account = t.account AND p.booked_on = t.booked_on AND p.bank_ref = t.bank_ref
        AND p.end_to_end = t.end_to_end AND p.currency = t.currency AND p.amount = t.amount AND p.status = 'booked'
"""
_TRUE_PAIR = """
    SELECT payment_id, receivable_id, sum(pays)::BIGINT AS pays FROM known WHERE receivable_id <> ''
    GROUP BY payment_id, receivable_id
"""
_BOOKED_PAIR = """
    SELECT source_id AS payment_id, receivable_id, currency, sum(amount)::BIGINT AS amount, min(rule) AS rule,
        min(because) AS because
    FROM allocations WHERE source_kind = 'payment' AND receivable_id <> ''
    GROUP BY source_id, receivable_id, currency HAVING sum(amount) <> 0
"""
_JUDGED = """
    SELECT b.*, coalesce(t.pays = b.amount, false) AS is_right
    FROM booked_pair b LEFT JOIN true_pair t USING (payment_id, receivable_id)
"""
_FIRST_PLACE = """
    SELECT s.payment_id, bool_and(coalesce(t.pays = s.amount, false))
        AND sum(s.amount) = coalesce(any_value(whole.pays), 0) AS is_right, min(s.rule) AS rule
    FROM suggested s LEFT JOIN true_pair t USING (payment_id, receivable_id)
    LEFT JOIN (SELECT payment_id, sum(pays) AS pays FROM true_pair GROUP BY payment_id) whole USING (payment_id)
    WHERE s.option = 1 GROUP BY s.payment_id
"""
_PAYMENT = """
    SELECT k.payment_id, k.habit, k.says, k.says IN ('reference', 'wrong_digit') AS gave_reference,
        b.payment_id IS NOT NULL AS is_booked, coalesce(b.is_right, true) AS is_right,
        f.payment_id IS NOT NULL AND b.payment_id IS NULL AS is_suggested, coalesce(f.is_right, false) AS first_is_right
    FROM known k
    LEFT JOIN (SELECT payment_id, bool_and(is_right) AS is_right FROM judged GROUP BY payment_id) b USING (payment_id)
    LEFT JOIN first_place f USING (payment_id)
    WHERE k.part = 1 AND k.kind = 'payment'
"""
_BY_RULE = """
    SELECT rule, count(*) AS booked, count(*) FILTER (is_right) AS right_ FROM judged GROUP BY rule ORDER BY rule
"""
_SUGGESTED_BY_RULE = """
    SELECT f.rule, count(*), count(*) FILTER (f.is_right) FROM first_place f
    JOIN payment_result p USING (payment_id) WHERE p.is_suggested GROUP BY f.rule ORDER BY f.rule
"""
_BY_VALUE = """
    SELECT currency, sum(abs(amount))::BIGINT, coalesce(sum(abs(amount)) FILTER (is_right), 0)::BIGINT
    FROM judged GROUP BY currency ORDER BY currency
"""
_BY_HABIT = """
    SELECT habit, says, count(*), count(*) FILTER (is_booked), count(*) FILTER (is_booked AND NOT is_right),
        count(*) FILTER (is_suggested), count(*) FILTER (is_suggested AND first_is_right)
    FROM payment_result GROUP BY habit, says ORDER BY habit, says
"""
_WRONG = """
    SELECT j.payment_id, k.booked_on, k.currency, k.amount, k.habit, k.says, k.customer_id, j.receivable_id,
        r.customer_id AS booked_customer, j.amount AS booked_amount, j.rule, j.because,
        coalesce((SELECT string_agg(t.receivable_id || ' ' || t.pays, ', ' ORDER BY t.receivable_id) FROM true_pair t
            WHERE t.payment_id = j.payment_id), 'nothing') AS truth
    FROM judged j JOIN (FROM known WHERE part = 1) k ON k.payment_id = j.payment_id
    LEFT JOIN receivables r ON r.receivable_id = j.receivable_id
    WHERE NOT j.is_right ORDER BY k.booked_on, j.payment_id, j.receivable_id
"""
# What the ledger says of every customer's line: allocated by rules, or left. Money that customers did not pay is the
# rest of what came in, and both sides are taken from different tables.
_CONSERVED = """
    SELECT p.currency, sum(p.amount)::BIGINT AS received,
        coalesce(sum(a.allocated), 0)::BIGINT AS allocated,
        sum(p.amount - coalesce(a.allocated, 0))::BIGINT AS unapplied
    FROM payments p SEMI JOIN (FROM known WHERE kind IN ('payment', 'return')) k USING (payment_id)
    LEFT JOIN (SELECT source_id AS payment_id, sum(amount)::BIGINT AS allocated FROM allocations
        WHERE source_kind = 'payment' GROUP BY source_id) a USING (payment_id)
    WHERE p.status = 'booked' GROUP BY p.currency ORDER BY p.currency
"""


class TruthDiffers(ValueError):
    """The truth is not of these files: lines of one are missing in the other. The message has both figures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleResult:
    """One rule: bookings and how many were right; payments it suggested for, and right in first place."""

    rule: str
    booked: int = 0
    right: int = 0
    suggested: int = 0
    right_first: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HabitResult:
    """One habit of payers, told in one way: its payments, and what became of them."""

    habit: str
    says: str
    payments: int
    booked: int
    wrong: int
    suggested: int
    right_first: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueResult:
    """One currency, in minor units: booked and of that right; received = allocated + unapplied."""

    currency: str
    booked: int
    right: int
    received: int
    allocated: int
    unapplied: int

    @property
    def is_conserved(self) -> bool:
        """Nothing is lost, and no more was given out than came in."""
        return self.received == self.allocated + self.unapplied and self.unapplied >= 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """One wrong booking: which payment, what was booked by which rule, and what is true."""

    payment_id: str
    booked_on: str
    currency: str
    amount: int
    habit: str
    says: str
    customer_id: str
    receivable_id: str
    booked_customer: str
    booked_amount: int
    rule: str
    because: str
    truth: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """What an evaluation found. `payments` are customers' payments that came in; returns are not among them."""

    days: int
    payments: int
    booked: int
    with_reference: int
    with_reference_booked: int
    suggested: int  # of those not booked: what a person was shown first
    right_first: int
    overdrawn: int  # payments that more was allocated of than came in
    rules: Sequence[RuleResult]
    habits: Sequence[HabitResult]
    values: Sequence[ValueResult]
    wrong: Sequence[Wrong]

    @property
    def bookings(self) -> int:
        return sum(rule.booked for rule in self.rules)

    @property
    def right(self) -> int:
        return sum(rule.right for rule in self.rules)

    @property
    def is_conserved(self) -> bool:
        return self.overdrawn == 0 and all(value.is_conserved for value in self.values)


def judge(
    connection: duckdb.DuckDBPyConnection,
    *,
    truth: pa.Table,
    payments: pa.Table,
    receivables: pa.Table,
    allocations: pa.Table,
    suggested: pa.Table,
    days: int,
) -> Accuracy:
    """Compare what was booked and suggested with the truth (TRUTH). Raises TruthDiffers.

    `payments` BANK_LINE, `allocations` ALLOCATION, `suggested` SUGGESTION as first shown.
    """
    tables = {"truth": truth, "payments": payments, "receivables": receivables, "allocations": allocations}
    for name, table in (tables | {"suggested": suggested}).items():
        load(connection, name, table)
    keep(connection, "known", _KNOWN)
    _check(connection)
    for name, sql in (("true_pair", _TRUE_PAIR), ("booked_pair", _BOOKED_PAIR), ("judged", _JUDGED)):
        keep(connection, name, sql)
    keep(connection, "first_place", _FIRST_PLACE)
    keep(connection, "payment_result", _PAYMENT)
    return _accuracy(connection, days)


def _check(connection: duckdb.DuckDBPyConnection) -> None:
    """Every line of the truth is exactly one line of the bank, and the other way round."""
    lost, doubled = _row(
        connection,
        """SELECT count(*) FILTER (payment_id IS NULL),
            count(payment_id) - count(DISTINCT payment_id) + count(*) - (SELECT count(*) FROM truth WHERE part = 1)
            FROM known WHERE part = 1""",
    )
    (unknown,) = _row(
        connection, "SELECT count(*) FROM payments WHERE payment_id NOT IN (SELECT payment_id FROM known)"
    )
    if lost or doubled or unknown:
        example = connection.execute(
            "SELECT account, booked_on, bank_ref, habit FROM known WHERE payment_id IS NULL ORDER BY ALL LIMIT 1"
        ).fetchone()
        raise TruthDiffers(
            f"{lost} lines of the truth are not in the bank files as read (first: {example}), {doubled} are there more "
            f"than once, and {unknown} lines that were read are not in the truth; generate the folder again"
        )


def _accuracy(connection: duckdb.DuckDBPyConnection, days: int) -> Accuracy:
    totals = _row(
        connection,
        """SELECT count(*), count(*) FILTER (is_booked), count(*) FILTER (gave_reference),
            count(*) FILTER (gave_reference AND is_booked), count(*) FILTER (is_suggested),
            count(*) FILTER (is_suggested AND first_is_right) FROM payment_result""",
    )
    (overdrawn,) = _row(
        connection,
        """SELECT count(*) FROM payments p JOIN (SELECT source_id, sum(amount) AS allocated FROM allocations
            WHERE source_kind = 'payment' GROUP BY source_id) a ON a.source_id = p.payment_id
            WHERE abs(allocated) > abs(p.amount) OR sign(allocated) * sign(p.amount) < 0""",
    )
    return Accuracy(
        days=days,
        payments=totals[0],
        booked=totals[1],
        with_reference=totals[2],
        with_reference_booked=totals[3],
        suggested=totals[4],
        right_first=totals[5],
        overdrawn=overdrawn,
        rules=_rules(connection),
        habits=[HabitResult(**_named(HabitResult, row)) for row in connection.execute(_BY_HABIT).fetchall()],
        values=_values(connection),
        wrong=[
            Wrong(**_named(Wrong, (row[0], str(row[1]), *row[2:]))) for row in connection.execute(_WRONG).fetchall()
        ],
    )


def _rules(connection: duckdb.DuckDBPyConnection) -> list[RuleResult]:
    booked = {row[0]: row[1:] for row in connection.execute(_BY_RULE).fetchall()}
    suggested = {row[0]: row[1:] for row in connection.execute(_SUGGESTED_BY_RULE).fetchall()}
    names = sorted(booked.keys() | suggested.keys())
    return [
        RuleResult(**_named(RuleResult, (name, *booked.get(name, (0, 0)), *suggested.get(name, (0, 0)))))
        for name in names
    ]


def _values(connection: duckdb.DuckDBPyConnection) -> list[ValueResult]:
    booked = {row[0]: row[1:] for row in connection.execute(_BY_VALUE).fetchall()}
    rows = connection.execute(_CONSERVED).fetchall()
    return [ValueResult(**_named(ValueResult, (row[0], *booked.get(row[0], (0, 0)), *row[1:]))) for row in rows]


def _named(kind: type, row: Sequence[Any]) -> dict[str, Any]:
    return dict(zip(kind.__slots__, row, strict=True))  # type: ignore[attr-defined]


def _row(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    row = connection.execute(sql).fetchone()
    assert row is not None
    return row
