"""A payment in another currency through the whole day: two entries, both ledgers tie, and its return undoes both."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa

from csp_receivables.domain.booking import decide_booking
from csp_receivables.domain.daily import compute_day
from csp_receivables.domain.day import Day, Mode
from csp_receivables.domain.facts import Facts
from csp_receivables.domain.matching.policy import MatchingPolicy
from csp_receivables.domain.records import ALLOCATION
from tests.worlds import customer, duck, payment, receivable, world

RATE = {"source": "ECB", "rated_on": date(2026, 10, 14), "base": "EUR", "quote": "SEK", "rate": "11.42"}
PAID: dict[str, Any] = {
    "reference": "1001",
    "payer_account": "SE1",
    "instructed_currency": "EUR",
    "instructed_amount": 10_000,
}
RETURN: dict[str, Any] = {**PAID, "kind": "return", "booked_on": date(2026, 10, 20)}


def facts(*payments: dict[str, Any]) -> Facts:
    return world(
        customers=[customer("A")],
        receivables=[receivable("1001", "A", 10_000, currency="EUR", reference="1001")],
        payments=list(payments),
        exchange_rates=[RATE],
    )


def day_of(known: Facts) -> tuple[Day, list[dict[str, Any]]]:
    with duck() as connection:
        day, booking = compute_day(connection, known, MatchingPolicy(), mode=Mode.LIVE, is_demo=False)
    assert [row["difference"] for row in day.tie_out.to_pylist()] == [0] * day.tie_out.num_rows
    return day, booking.allocations.to_pylist()


def test_the_day_ties_in_both_currencies() -> None:
    day, allocations = day_of(facts(payment("P1", 113_500, **PAID)))

    assert sorted((row["source_kind"], row["currency"], row["amount"]) for row in allocations) == [
        ("exchange", "EUR", 10_000),
        ("payment", "SEK", 113_500),
    ]
    assert [(row["currency"], row["open"]) for row in day.standings.to_pylist()] == [("EUR", 0)]
    assert day.unapplied.num_rows == 0
    assert [(row["payer_name"], row["amount"], row["currency"]) for row in day.allocations.to_pylist()] == [
        ("", 113_500, "SEK"),
        ("", 10_000, "EUR"),
    ]
    assert any("allocated 1135.00" in words for words in day.tie_out["terms"].to_pylist())


def test_a_second_look_books_nothing() -> None:
    known = facts(payment("P1", 113_500, **PAID))
    with duck() as connection:
        first = decide_booking(connection, known, MatchingPolicy())
    with duck() as connection:
        again = decide_booking(connection, known.with_allocations(first.allocations), MatchingPolicy())

    assert again.allocations.num_rows == 0


def test_a_whole_return_undoes_both_entries_and_reopens_the_receivable() -> None:
    day, allocations = day_of(facts(payment("P1", 113_500, **PAID), payment("P2", -113_500, **RETURN)))

    assert sum(row["amount"] for row in allocations) == 0
    assert [(row["currency"], row["open"]) for row in day.standings.to_pylist()] == [("EUR", 10_000)]
    assert day.unapplied.num_rows == 0


def test_a_part_that_is_returned_goes_to_a_person() -> None:
    _, allocations = day_of(facts(payment("P1", 113_500, **PAID)))
    booked = pa.Table.from_pylist(allocations, schema=ALLOCATION)
    back = facts(payment("P1", 113_500, **PAID), payment("P2", -50_000, **RETURN)).with_allocations(booked)
    day, more = day_of(back)

    assert more == []
    (left,) = day.unapplied.to_pylist()
    assert left["amount"] == -50_000
    assert "P1" in left["because"]


def test_the_account_of_a_payer_in_another_currency_is_learnt() -> None:
    known = facts(
        payment("P1", 113_500, **PAID), payment("P2", 25_000, payer_account="SE1", booked_on=date(2026, 10, 20))
    )
    day, _ = day_of(known)

    assert [row["customer_id"] for row in day.unapplied.to_pylist()] == ["A"]
