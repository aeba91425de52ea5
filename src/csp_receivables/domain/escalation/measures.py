"""The measures of collecting, each a fraction of whole numbers; docs/GLOSSARY.md has the formulas and what they say.

A measure keeps what it was computed from. Where the divisor is nothing there is no value: no promise was judged, say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb

from csp_receivables.domain.access.restorations import Restoration
from csp_receivables.domain.collections.case_tables import received_of
from csp_receivables.domain.collections.cases import Case, Hold, HoldKind
from csp_receivables.domain.collections.holds import JUDGED, HoldState, standing_of
from csp_receivables.domain.facts import Facts
from csp_receivables.domain.matching.payers import CONFIRMED_BY_A_PERSON

SALES_DAYS = 90  # over which sales are counted for DSO; over which promises and restored access are looked at
CYCLE_DAYS = 30  # over which collection effectiveness and automatic matching are looked at

DSO, CEI, KEPT, MATCHED, RESTORED, BOOKED = (
    "days_of_sales_outstanding",
    "collection_effectiveness",
    "promise_kept_rate",
    "automatic_match_rate",
    "payment_to_restored_access",
    "booking_to_restored_access",
)
TENTHS_OF_DAYS, PER_MILLE, MINUTES, DAYS = "tenths of a day", "per mille", "minutes", "days"

_BALANCES = """
WITH billed AS (
    SELECT currency, coalesce(sum(amount), 0)::BIGINT AS billed,
           coalesce(sum(amount) FILTER (issued_on > $sales_from), 0)::BIGINT AS sales,
           coalesce(sum(amount) FILTER (issued_on > $cycle_from), 0)::BIGINT AS cycle_sales
      FROM receivables WHERE kind = 'invoice' GROUP BY currency
),
taken AS (
    SELECT r.currency, sum(a.amount + a.difference)::BIGINT AS before
      FROM allocations a JOIN receivables r USING (receivable_id)
     WHERE a.effective_on <= $cycle_from AND r.kind = 'invoice' AND r.issued_on <= $cycle_from GROUP BY r.currency
),
now AS (
    SELECT currency, sum(open_amount)::BIGINT AS open,
           coalesce(sum(open_amount) FILTER (due_on >= $as_of), 0)::BIGINT AS not_due
      FROM invoice_positions GROUP BY currency
)
SELECT b.currency, b.sales, b.cycle_sales, (b.billed - b.cycle_sales - coalesce(t.before, 0))::BIGINT AS open_before,
       n.open, n.not_due
  FROM billed b JOIN now n USING (currency) LEFT JOIN taken t USING (currency) ORDER BY b.currency
"""
_MATCHED = """
WITH applied AS (
    SELECT source_id, sum(amount)::BIGINT AS amount, bool_or(rule = $by_hand) AS by_hand
      FROM allocations WHERE source_kind = 'payment' GROUP BY source_id
)
SELECT count(*) FILTER (a.amount = p.amount AND NOT a.by_hand), count(*)
  FROM payment_positions p LEFT JOIN applied a ON a.source_id = p.payment_id
 WHERE p.kind = 'payment' AND p.amount > 0 AND p.booked_on > $cycle_from
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One figure: `value` in `unit`; of money per currency, else `currency` is "". `because`: the figures it is of."""

    name: str
    currency: str = ""
    value: int | None
    unit: str
    because: str


def measures_of(
    connection: duckdb.DuckDBPyConnection, facts: Facts, restored: Sequence[Restoration]
) -> tuple[Measure, ...]:
    """Every measure of the day. Needs the positions of `decide_booking`."""
    balances = _balances(connection, facts.as_of)
    return (
        *(days_of_sales_outstanding(code, opened, sales) for code, sales, _, _, opened, _ in balances),
        *(
            collection_effectiveness(code, before, cycle, opened, not_due)
            for code, _, cycle, before, opened, not_due in balances
        ),
        promise_kept_rate(_judged(connection, facts)),
        automatic_match_rate(*_matched(connection, facts.as_of)),
        payment_to_restored_access(restored, facts.as_of),
        booking_to_restored_access(restored, facts.as_of),
    )


def days_of_sales_outstanding(currency: str, opened: int, sales: int) -> Measure:
    """Open ÷ billed in the last 90 days × 90, in tenths of a day."""
    return Measure(
        name=DSO,
        currency=currency,
        value=_rounded(opened * SALES_DAYS * 10, sales),
        unit=TENTHS_OF_DAYS,
        because=f"{opened} open, {sales} billed in {SALES_DAYS} days (minor units)",
    )


def collection_effectiveness(currency: str, before: int, billed: int, opened: int, not_due: int) -> Measure:
    """(open before + billed − open) ÷ (open before + billed − not due), per mille, over 30 days."""
    return Measure(
        name=CEI,
        currency=currency,
        value=_rounded((before + billed - opened) * 1000, before + billed - not_due),
        unit=PER_MILLE,
        because=f"{before} open before, {billed} billed, {opened} open, {not_due} of it not due (minor units)",
    )


def promise_kept_rate(judged: Iterable[HoldState]) -> Measure:
    """Kept ÷ judged promises and plans, per mille, of those made in the last 90 days."""
    states = list(judged)
    kept = states.count(HoldState.KEPT)
    because = f"{kept} of {len(states)} promises made in the last {SALES_DAYS} days and judged by now were kept"
    return Measure(name=KEPT, value=_rounded(kept * 1000, len(states)), unit=PER_MILLE, because=because)


def automatic_match_rate(matched: int, payments: int) -> Measure:
    """Payments wholly applied by rules ÷ payments, per mille, of those booked in the last 30 days."""
    because = f"{matched} of {payments} payments of the last {CYCLE_DAYS} days were applied whole and by rules alone"
    return Measure(name=MATCHED, value=_rounded(matched * 1000, payments), unit=PER_MILLE, because=because)


def payment_to_restored_access(restored: Sequence[Restoration], as_of: date) -> Measure:
    """The median of the minutes from learning of a payment to access being back, of the last 90 days."""
    recent = _recent(restored, as_of)
    because = f"the median of {len(recent)} in the last {SALES_DAYS} days"
    if recent:
        slowest = max(recent, key=lambda each: (each.minutes, each.action_id))
        because += f"; the longest {slowest.minutes} {MINUTES}, {slowest.customer_id} on {slowest.back_on}"
    return Measure(name=RESTORED, value=_median([each.minutes for each in recent]), unit=MINUTES, because=because)


def booking_to_restored_access(restored: Sequence[Restoration], as_of: date) -> Measure:
    """The median of the days from the bank's booking of a payment to access being back, of the last 90 days."""
    recent = _recent(restored, as_of)
    because = f"the median of {len(recent)} in the last {SALES_DAYS} days"
    if recent:
        slowest = max(recent, key=lambda each: (each.days, each.action_id))
        because += f"; the longest {slowest.days} {DAYS}, {slowest.customer_id} on {slowest.back_on}"
    return Measure(name=BOOKED, value=_median([each.days for each in recent]), unit=DAYS, because=because)


def _recent(restored: Sequence[Restoration], as_of: date) -> list[Restoration]:
    since = as_of - timedelta(days=SALES_DAYS)
    return [each for each in restored if each.back_on > since]


def _median(numbers: list[int]) -> int | None:
    """The middle one; of an even number the lower of the two, which was really measured."""
    return sorted(numbers)[(len(numbers) - 1) // 2] if numbers else None


def _rounded(numerator: int, denominator: int) -> int | None:
    """The quotient to the nearest whole number, halves up; None where there is nothing to divide by."""
    return (2 * numerator + denominator) // (2 * denominator) if denominator > 0 else None


def _balances(connection: duckdb.DuckDBPyConnection, as_of: date) -> list[tuple[str, int, int, int, int, int]]:
    values = {"sales_from": as_of - timedelta(days=SALES_DAYS), "cycle_from": as_of - timedelta(days=CYCLE_DAYS)}
    return connection.execute(_BALANCES, values | {"as_of": as_of}).fetchall()


def _matched(connection: duckdb.DuckDBPyConnection, as_of: date) -> tuple[int, int]:
    values = {"cycle_from": as_of - timedelta(days=CYCLE_DAYS), "by_hand": CONFIRMED_BY_A_PERSON}
    matched, payments = connection.execute(_MATCHED, values).fetchall()[0]
    return matched, payments


def _judged(connection: duckdb.DuckDBPyConnection, facts: Facts) -> list[HoldState]:
    since = facts.as_of - timedelta(days=SALES_DAYS)
    promised = {
        customer_id: made
        for customer_id, holds in sorted(facts.collections.holds.items())
        if (made := [each for each in holds if _is_promise(each) and each.placed_on > since])
    }
    return [state for case, holds in _cases(connection, promised) for state in _states(case, holds, facts.as_of)]


def _is_promise(hold: Hold) -> bool:
    return hold.kind in (HoldKind.PROMISE, HoldKind.PLAN) and bool(hold.instalments)


def _states(case: Case, holds: Sequence[Hold], on: date) -> list[HoldState]:
    states = [standing_of(hold, case, on).state for hold in holds]
    return [state for state in states if state in JUDGED]


def _cases(connection: duckdb.DuckDBPyConnection, promised: Mapping[str, list[Hold]]) -> list[tuple[Case, list[Hold]]]:
    """Those who promised, with what came from them; also who owes nothing any more, or a kept promise were not seen."""
    if not promised:
        return []
    came: dict[str, list[tuple[date, str, int]]] = {}
    for row in received_of(connection, list(promised)).to_pylist():
        came.setdefault(row["customer_id"], []).append((row["day"], row["currency"], row["amount"]))
    known = connection.execute(
        "SELECT customer_id, country FROM customers WHERE list_contains($ids, customer_id)", {"ids": list(promised)}
    ).fetchall()
    countries = dict(known)
    return [
        (
            Case(
                customer_id=customer_id,
                name="",
                country=countries.get(customer_id, ""),
                party_kind="unknown",
                received=tuple(came.get(customer_id, ())),
            ),
            holds,
        )
        for customer_id, holds in promised.items()
    ]
