"""What holds for any payments and receivables: money is conserved, order does not matter, and the plain twin agrees."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import date, timedelta
from types import MappingProxyType

from hypothesis import given, settings
from hypothesis import strategies as st

from csp_receivables.domain.currencies import exponents
from csp_receivables.domain.matching.ladder import MatchingPolicy, Tolerance
from tests.domain.matching.twins import twin
from tests.domain.matching.worlds import Row, booked, left, payment, receivable, run, suggested

KEYS = ["1001", "1002", "10021003", "INV-1003", "A1004", "0001001", "55 12", "RF18 5390", "2026"]
REFERENCES = [
    "",
    "1001",
    "1 001",
    "1002 1003",
    "1001 1002",
    "1002 1001 9999",
    "inv1003",
    "A1004 1002",
    "00 1001",
    "5512",
]
TEXTS = [
    "",
    "inv 1OO1 thanks",
    "1002/1003",
    "pays 10 02",
    "INV-1003 and A1004",
    "NR1001 2026",
    "RF18-5390",
    "1 1 1 1 1",
]
TOLERANT, STRICT = Tolerance(fixed=2, per_mille=100), Tolerance()
CURRENCIES = sorted(exponents())
POLICY = MatchingPolicy(
    tolerances=MappingProxyType({code: TOLERANT if place % 2 else STRICT for place, code in enumerate(CURRENCIES)})
)
World = tuple[list[Row], list[Row]]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Little worlds side by side, each in a currency of its own: few amounts, keys and texts, so that they collide in
    every way within a currency and tempt the rules across currencies. One run of the ladder tries them all."""
    chance = random.Random(draw(st.integers(0, 2**32)))
    currencies = CURRENCIES[: draw(st.integers(1, 60))]
    receivables = [a_receivable(chance, code, place) for code in currencies for place in range(chance.randint(0, 6))]
    payments = [a_payment(chance, code, place) for code in currencies for place in range(chance.randint(0, 6))]
    return receivables, payments


def a_receivable(chance: random.Random, currency: str, place: int) -> Row:
    return receivable(
        f"R/{currency}{place}",
        chance.choice([0, 10, 20, 30, 50]),
        number=chance.choice(KEYS),
        reference=chance.choice(["", "", *KEYS]),
        currency=currency,
        customer_id=chance.choice(["C1", "C1", "C2"]),
        kind=chance.choice(["invoice"] * 5 + ["credit_note"]),
    )


def a_payment(chance: random.Random, currency: str, place: int) -> Row:
    return payment(
        f"P{currency}{place}",
        chance.choice([0, 9, 10, 20, 30, 40, 70]),
        booked_on=date(2026, 10, 1) + timedelta(days=chance.randint(0, 2)),
        currency=currency,
        reference=chance.choice(REFERENCES),
        text=chance.choice(TEXTS),
        customer_id=chance.choice(["", "", "C1", "C2"]),
    )


@settings(max_examples=6, deadline=None)
@given(worlds())
def test_every_minor_unit_of_every_payment_is_allocated_or_unapplied(world: World) -> None:
    receivables, payments = world
    matched = run(receivables, payments, POLICY)

    spent: dict[str, int] = defaultdict(int, left(matched))
    for payment_id, _, amount, difference, _, _ in booked(matched):
        assert amount > 0
        assert difference >= 0
        spent[payment_id] += amount
    assert dict(spent) == {row["payment_id"]: row["amount"] for row in payments}


@settings(max_examples=6, deadline=None)
@given(worlds())
def test_no_receivable_is_over_allocated_and_none_across_currencies_or_customers(
    world: World,
) -> None:
    receivables, payments = world
    by_id = {row["receivable_id"]: row for row in receivables}
    payers = {row["payment_id"]: row for row in payments}
    taken: dict[str, int] = defaultdict(int)
    for payment_id, receivable_id, amount, difference, _, _ in booked(run(receivables, payments, POLICY)):
        taken[receivable_id] += amount + difference
        assert by_id[receivable_id]["currency"] == payers[payment_id]["currency"]
        assert payers[payment_id]["customer_id"] in ("", by_id[receivable_id]["customer_id"])
        assert by_id[receivable_id]["kind"] == "invoice"

    assert all(amount <= by_id[key]["open_amount"] for key, amount in taken.items())


@settings(max_examples=6, deadline=None)
@given(worlds(), st.integers(0, 1000))
def test_the_order_of_the_rows_changes_nothing(world: World, seed: int) -> None:
    receivables, payments = world
    one = run(receivables, payments, POLICY)
    shuffler = random.Random(seed)
    shuffler.shuffle(receivables)
    shuffler.shuffle(payments)
    other = run(receivables, payments, POLICY)

    assert one.allocations.equals(other.allocations)
    assert one.suggestions.equals(other.suggestions)
    assert one.unapplied.equals(other.unapplied)
    assert one.findings.equals(other.findings)


@settings(max_examples=6, deadline=None)
@given(worlds())
def test_the_set_rules_agree_with_their_plain_twins(world: World) -> None:
    receivables, payments = world
    matched, expected = run(receivables, payments, POLICY), twin(receivables, payments, POLICY)

    assert booked(matched) == sorted(expected.booked)
    assert {(one, other) for one, other, _, _ in suggested(matched)} <= {
        (one, other) for one, others in expected.doubts.items() for other in others
    }
    assert {one for one, *_ in suggested(matched)} == {one for one, others in expected.doubts.items() if others}


@settings(max_examples=6, deadline=None)
@given(worlds())
def test_matching_what_is_left_books_nothing_more(world: World) -> None:
    receivables, payments = world
    first = run(receivables, payments, POLICY)
    for _, receivable_id, amount, difference, _, _ in booked(first):
        row = next(row for row in receivables if row["receivable_id"] == receivable_id)
        row["open_amount"] -= amount + difference
    rest = left(first)
    again = run(
        receivables,
        [{**row, "amount": rest[row["payment_id"]]} for row in payments if row["payment_id"] in rest],
        POLICY,
    )

    assert booked(again) == []
    assert again.suggestions.equals(first.suggestions)
