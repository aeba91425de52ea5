"""Payments of receivables in another currency: by the bank's own exchange, or by a stored rate within the tolerance."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from csp_receivables.domain.currencies import exponents
from csp_receivables.domain.exchange import know_rates
from csp_receivables.domain.matching.ladder import Knowledge, Matched, MatchingPolicy, Tolerance, match
from csp_receivables.domain.money_sql import define_money
from csp_receivables.domain.records import EXCHANGE_RATE, OPEN_PAYMENT, OPEN_RECEIVABLE
from tests.domain.matching.worlds import Row, booked, left, payment, receivable, suggested
from tests.examples import examples
from tests.worlds import duck

INSTRUCTED = pa.schema(
    [("payment_id", pa.string()), ("instructed_currency", pa.string()), ("instructed_amount", pa.int64())]
)
RATED_ON = date(2026, 10, 2)  # payments of these worlds are booked on 5 October
IN_EUR = receivable("s/1001", 10_000, reference="1001", currency="EUR")
IN_SEK: dict[str, Any] = {"currency": "SEK", "reference": "1001"}


def rate(quote: str, of: str, **other: Any) -> Row:
    return {"source": "ECB", "rated_on": RATED_ON, "base": "EUR", "quote": quote, "rate": of, **other}


RATES = [rate("SEK", "11.4200"), rate("USD", "1.1000"), rate("JPY", "171.35")]


def run(
    receivables: Sequence[Row],
    payments: Sequence[Row],
    instructed: Sequence[tuple[str, str, int]] = (),
    rates: Sequence[Row] = RATES,
    policy: MatchingPolicy | None = None,
) -> Matched:
    with duck() as connection:
        tables = {
            "receivables": pa.Table.from_pylist(list(receivables), schema=OPEN_RECEIVABLE),
            "payments": pa.Table.from_pylist(list(payments), schema=OPEN_PAYMENT),
            "instructed": pa.table(list(zip(*instructed, strict=True)) or [[], [], []], schema=INSTRUCTED),
            "rates": pa.Table.from_pylist(list(rates), schema=EXCHANGE_RATE),
        }
        for name, table in tables.items():
            connection.register(name, table)
        knowledge = Knowledge(instructed="instructed", rates="rates")
        return match(connection, "receivables", "payments", policy or MatchingPolicy(), knowledge)


def exchanged(matched: Matched) -> list[tuple[str, int, int, str]]:
    return [
        (row["payment_id"], row["amount"], row["difference"], row["currency"]) for row in matched.exchanged.to_pylist()
    ]


def test_what_the_bank_exchanged_closes_the_receivable_with_an_entry_in_each_currency() -> None:
    matched = run([IN_EUR], [payment("P1", 113_500, **IN_SEK)], [("P1", "EUR", 10_000)])

    assert booked(matched) == [("P1", "s/1001", 113_500, 0, "foreign_currency", "full")]
    assert exchanged(matched) == [("P1", 10_000, 0, "EUR")]
    assert left(matched) == {}
    assert matched.allocations["because"].to_pylist() == [
        "the payment names receivable s/1001 in EUR: 1135.00 SEK came, exchanged by the bank from 100.00 EUR, "
        "amount equal; by ECB's rate of 2026-10-02 what is open is 1142.00 SEK, a difference of -7.00 SEK"
    ]


@pytest.mark.parametrize(
    ("instructed", "books", "difference"),
    [(9_900, True, 100), (9_899, False, 0), (10_001, False, 0)],
)
def test_the_receivables_own_tolerance_holds_for_what_the_bank_exchanged(
    instructed: int, books: bool, difference: int
) -> None:
    policy = MatchingPolicy(tolerances=MappingProxyType({"EUR": Tolerance(fixed=100)}))
    matched = run([IN_EUR], [payment("P1", 113_500, **IN_SEK)], [("P1", "EUR", instructed)], policy=policy)

    if books:
        assert exchanged(matched) == [("P1", instructed, difference, "EUR")]
    else:
        assert (booked(matched), exchanged(matched)) == ([], [])
        assert suggested(matched) == [("P1", "s/1001", 113_500, "foreign_currency")]


@pytest.mark.parametrize(("paid", "worth", "books"), [(113_058, 9_900, True), (113_047, 9_899, False)])
def test_a_stored_rate_books_within_the_tolerance_for_exchange_only(paid: int, worth: int, books: bool) -> None:
    strict = run([IN_EUR], [payment("P1", paid, **IN_SEK)])
    tolerant = run([IN_EUR], [payment("P1", paid, **IN_SEK)], policy=MatchingPolicy(exchange_per_mille=10))

    assert suggested(strict) == [("P1", "s/1001", paid, "foreign_currency")]
    assert exchanged(tolerant) == ([("P1", worth, 10_000 - worth, "EUR")] if books else [])


def test_two_currencies_are_exchanged_through_the_base_of_their_rates() -> None:
    matched = run(
        [receivable("s/1001", 11_000, reference="1001", currency="USD"), receivable("s/1002", 1_142, currency="SEK")],
        [
            payment("P1", 114_200, currency="SEK", text="invoice 1001"),
            payment("P2", 171, currency="JPY", text="no 1002"),
        ],
        policy=MatchingPolicy(exchange_per_mille=5),
    )

    assert exchanged(matched) == [("P1", 11_000, 0, "USD"), ("P2", 1_140, 2, "SEK")]


@pytest.mark.parametrize(
    ("rated_on", "known"), [(date(2026, 9, 28), True), (date(2026, 9, 27), False), (date(2026, 10, 6), False)]
)
def test_a_rate_counts_for_a_week_and_never_before_its_day(rated_on: date, known: bool) -> None:
    matched = run([IN_EUR], [payment("P1", 114_200, **IN_SEK)], rates=[rate("SEK", "11.42", rated_on=rated_on)])

    assert bool(suggested(matched)) is known


def test_of_two_payments_for_one_receivable_only_the_earlier_is_booked() -> None:
    payments = [payment(name, 114_200, **IN_SEK) for name in ("P2", "P1")]
    matched = run([IN_EUR], payments, [("P1", "EUR", 10_000), ("P2", "EUR", 10_000)])

    assert [row[0] for row in booked(matched)] == ["P1"]
    assert left(matched) == {"P2": 114_200}


def test_without_a_rate_or_with_two_receivables_nothing_is_said() -> None:
    assert suggested(run([IN_EUR], [payment("P1", 114_200, **IN_SEK)], rates=[])) == []
    twice = [IN_EUR, receivable("s/1002", 10_000, reference="1001", currency="USD")]
    assert suggested(run(twice, [payment("P1", 114_200, **IN_SEK)])) == []


@examples(30)
@given(
    st.integers(1, 10**13),
    st.sampled_from(["SEK", "JPY", "KWD", "USD"]),
    st.sampled_from(["SEK", "JPY", "KWD", "USD"]),
    st.decimals("0.001", "9999", places=4),
    st.decimals("0.001", "9999", places=4),
)
def test_exchange_is_exact_and_rounded_once(
    amount: int, sold: str, bought: str, sold_rate: Any, bought_rate: Any
) -> None:
    with duck() as connection:
        define_money(connection)
        know_rates(
            connection,
            "(SELECT '' AS source, DATE '2026-10-02' AS rated_on, 'EUR' AS base, 'SEK' AS quote, '1' AS rate)",
        )
        got = connection.execute(
            "SELECT exchanged($amount, $sold, $one::BIGINT, $bought, $other::BIGINT)",
            {
                "amount": amount,
                "sold": sold,
                "one": int(sold_rate * 10**8),
                "bought": bought,
                "other": int(bought_rate * 10**8),
            },
        ).fetchone()
    digits = exponents()
    numerator = amount * int(bought_rate * 10**8) * 10 ** digits[bought]
    denominator = int(sold_rate * 10**8) * 10 ** digits[sold]
    assert got == ((2 * numerator + denominator) // (2 * denominator),)
