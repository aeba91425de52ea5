"""What holds for any payments and receivables: money is conserved, order does not matter, the twins agree."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from types import MappingProxyType

from hypothesis import given
from hypothesis import strategies as st

from csp_receivables.domain.currencies import exponents
from csp_receivables.domain.matching.ladder import RULES, Matched, MatchingPolicy, Mode, Tolerance
from csp_receivables.domain.matching.payers import TEACHING_RULES
from tests.domain.matching.pandas_twins import by_names
from tests.domain.matching.worlds import (
    Row,
    booked,
    credited,
    left,
    made_up,
    payer,
    payment,
    receivable,
    run,
    suggested,
)
from tests.examples import examples

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
TWINS = ("exact_reference", "reference_with_difference", "several_references", "number_in_text")
TOLERANCES = MappingProxyType({code: TOLERANT if place % 2 else STRICT for place, code in enumerate(CURRENCIES)})
POLICY = MatchingPolicy(tolerances=TOLERANCES)
NAMES = {"C1": "Alpha Handel AB", "C2": "Beta GmbH"}
World = tuple[list[Row], list[Row]]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Little worlds side by side, each in a currency of its own: few amounts, keys and texts, so that they collide in
    every way within a currency and tempt the rules across currencies. One run of the ladder tries them all."""
    chance = random.Random(draw(st.integers(0, 2**32)))
    currencies = CURRENCIES[: draw(st.integers(1, 60))]
    keys = {code: chance.sample(KEYS, chance.choice([2, 3, len(KEYS)])) for code in currencies}
    receivables = [
        a_receivable(chance, code, place, keys[code]) for code in currencies for place in range(chance.randint(0, 6))
    ]
    payments = [a_payment(chance, code, place) for code in currencies for place in range(chance.randint(0, 6))]
    return receivables, payments


def a_receivable(chance: random.Random, currency: str, place: int, keys: list[str]) -> Row:
    return receivable(
        f"R/{currency}{place}",
        chance.choice([0, 10, 20, 30, 50]),
        number=chance.choice(keys),
        reference=chance.choice(["", "", *keys]),
        currency=currency,
        customer_id=chance.choice(["C1", "C1", "C2"]),
        kind=chance.choice(["invoice"] * 5 + ["credit_note"]),
    )


def a_payment(chance: random.Random, currency: str, place: int) -> Row:
    return payment(
        f"P{currency}{place}",
        chance.choice([0, 8, 10, 20, 30, 40, 45, 70]),
        booked_on=date(2026, 10, 1) + timedelta(days=chance.randint(0, 2)),
        currency=currency,
        reference=chance.choice(REFERENCES),
        text=chance.choice(TEXTS),
        customer_id=chance.choice(["", "", "C1", "C2"]),
        payer_account=chance.choice(["", f"{currency}1", f"{currency}1", f"{currency}2"]),
        payer_name=chance.choice(["", "ALPHA HANDEL", "Beta GmbH"]),
    )


@examples(3)
@given(worlds())
def test_no_money_is_made_or_lost_and_none_goes_across_currencies_or_customers(world: World) -> None:
    receivables, payments = world
    by_id = {row["receivable_id"]: row for row in receivables}
    payers = {row["payment_id"]: row for row in payments}
    matched = run(receivables, payments, POLICY, names=NAMES)
    spent: dict[str, int] = defaultdict(int, left(matched))
    taken: dict[str, int] = defaultdict(int)
    for payment_id, receivable_id, amount, difference, _, _ in booked(matched):
        assert amount > 0
        assert difference >= 0
        spent[payment_id] += amount
        taken[receivable_id] += amount + difference
        assert by_id[receivable_id]["currency"] == payers[payment_id]["currency"]
        assert payers[payment_id]["customer_id"] in ("", by_id[receivable_id]["customer_id"])
        assert by_id[receivable_id]["kind"] == "invoice"
    for credit_id, receivable_id, amount, _, _ in credited(matched):
        taken[credit_id] += amount
        taken[receivable_id] += amount
        assert amount > 0
        for same in ("currency", "customer_id"):
            assert by_id[credit_id][same] == by_id[receivable_id][same]
        assert (by_id[credit_id]["kind"], by_id[receivable_id]["kind"]) == ("credit_note", "invoice")

    assert dict(spent) == {row["payment_id"]: row["amount"] for row in payments}
    assert all(amount <= by_id[key]["open_amount"] for key, amount in taken.items())


@examples(3)
@given(worlds(), st.integers(0, 1000))
def test_the_order_of_the_rows_changes_nothing(world: World, seed: int) -> None:
    receivables, payments = world
    one = run(receivables, payments, POLICY, names=NAMES)
    shuffler = random.Random(seed)
    shuffler.shuffle(receivables)
    shuffler.shuffle(payments)
    other = run(receivables, payments, POLICY, names=NAMES)

    assert one.allocations.equals(other.allocations)
    assert one.credited.equals(other.credited)
    assert one.suggestions.equals(other.suggestions)
    assert one.unapplied.equals(other.unapplied)
    assert one.findings.equals(other.findings)


def only_by_names(policy: MatchingPolicy) -> MatchingPolicy:
    """`policy`, with every rule off that has no twin in `pandas_twins.by_names`."""
    others = {rule.name: Mode.OFF for rule in RULES if rule.name not in TWINS}
    return replace(policy, modes=MappingProxyType(others))


BY_NAMES = only_by_names(POLICY)


def agree(receivables: list[Row], payments: list[Row], policy: MatchingPolicy = BY_NAMES) -> int:
    """Do the rules that go by names decide what their twins decide? How much they book."""
    matched, (expected, in_doubt) = run(receivables, payments, policy), by_names(receivables, payments, policy)

    assert booked(matched) == sorted(expected.itertuples(index=False, name=None))
    assert {row[:2] for row in suggested(matched)} <= set(in_doubt.iloc[:, :2].itertuples(index=False, name=None))
    rules = in_doubt[["payment_id", "rule"]].itertuples(index=False, name=None)
    assert {(row[0], row[3]) for row in suggested(matched)} == set(rules)
    return len(expected)


@examples(3)
@given(worlds())
def test_the_rules_that_go_by_names_agree_with_their_pandas_twins(world: World) -> None:
    agree(*world)


def test_they_agree_on_a_made_up_partner() -> None:
    assert agree(*made_up(5, people=60, months=3)) > 150


def what_is_taught(payments: list[Row], matched: Matched, receivables: list[Row]) -> list[Row]:
    """What the allocations of a run tell the next one about accounts, as the ledger would."""
    accounts = {row["payment_id"]: row["payer_account"] for row in payments}
    customers = {row["receivable_id"]: row["customer_id"] for row in receivables}
    taught: dict[tuple[str, str], set[str]] = defaultdict(set)
    for payment_id, receivable_id, _, _, rule, _ in booked(matched):
        if rule in TEACHING_RULES and accounts[payment_id]:
            taught[accounts[payment_id], customers[receivable_id]].add(payment_id)
    return [payer(customer, account, confirmed=len(by)) for (account, customer), by in taught.items()]


def what_is_closed(matched: Matched, receivables: list[Row]) -> list[Row]:
    """What a run closed, and what it closed it with; `receivables` as they are after it."""
    by: dict[str, set[str]] = defaultdict(set)
    for source, receivable_id, *_ in booked(matched):
        by[receivable_id].add(f"payment {source}")
    for source, receivable_id, *_ in credited(matched):
        by[receivable_id].add(f"credit note {source}")
    fields = ("receivable_id", "customer_id", "number", "currency", "reference")
    return [
        {name: row[name] for name in fields} | {"payers": ", ".join(sorted(by[row["receivable_id"]]))}
        for row in receivables
        if row["open_amount"] == 0 and by[row["receivable_id"]]
    ]


@examples(3)
@given(worlds())
def test_matching_what_is_left_books_nothing_more(world: World) -> None:
    receivables, payments = world
    first = run(receivables, payments, POLICY, names=NAMES)
    by_id, rest = {row["receivable_id"]: row for row in receivables}, left(first)
    for _, receivable_id, amount, difference, _, _ in booked(first):
        by_id[receivable_id]["open_amount"] -= amount + difference
    for credit_id, receivable_id, amount, _, _ in credited(first):
        by_id[credit_id]["open_amount"] -= amount
        by_id[receivable_id]["open_amount"] -= amount
    again = run(
        receivables,
        [{**row, "amount": rest[row["payment_id"]]} for row in payments if row["payment_id"] in rest],
        POLICY,
        names=NAMES,
        payers=what_is_taught(payments, first, receivables),
        rests={row[0] for row in booked(first)} & set(rest),
        closed=what_is_closed(first, receivables),
    )

    assert booked(again) == credited(again) == []
    assert again.suggestions.drop_columns(["because"]).equals(first.suggestions.drop_columns(["because"]))
