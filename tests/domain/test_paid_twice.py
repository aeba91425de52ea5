"""Money for a receivable that is closed already is never booked by payer and amount; the reason says what closed it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from csp_receivables.domain.booking import Booking, decide_booking
from csp_receivables.domain.matching.policy import MatchingPolicy
from tests.worlds import customer, duck, payment, receivable, world

JANUARY = receivable("2600101", "A", 10_000, reference="26001011", issued_on=date(2026, 9, 1))
FEBRUARY = receivable("2600102", "A", 10_000, reference="26001029", issued_on=date(2026, 10, 1))
PAID = payment("P1", 10_000, reference="26001011", payer_account="SE1", booked_on=date(2026, 10, 5))


def booked(payments: list[dict[str, Any]], receivables: list[dict[str, Any]], days: int = 1) -> Booking:
    """What the last of `days` runs says; the runs before it have booked what they were sure of."""
    known = world(customers=[customer("A")], receivables=receivables, payments=payments)
    for _ in range(days):
        with duck() as connection:
            booking = decide_booking(connection, known, MatchingPolicy())
        known = known.with_allocations(booking.allocations)
    return booking


@pytest.mark.parametrize("days", [1, 2])
@pytest.mark.parametrize(
    "says", [{"reference": "26001011"}, {"text": "faktura 2600101, tack"}, {"text": "inv no 260 01 01"}]
)
def test_the_same_receivable_paid_twice_does_not_take_the_next_of_that_amount(days: int, says: dict[str, str]) -> None:
    again = payment("P2", 10_000, payer_account="SE1", booked_on=date(2026, 10, 20), **says)
    booking = booked([PAID, again], [JANUARY, FEBRUARY], days)

    assert "P2" not in booking.allocations["source_id"].to_pylist()
    assert booking.suggestions.num_rows == 0
    assert [(row["code"], row["subject"]) for row in booking.findings.to_pylist()] == [("matching.paid_again", "P2")]
    assert booking.unapplied["because"].to_pylist() == ["receivable partner/2600101 is already closed by payment P1"]
    assert booking.unapplied["customer_id"].to_pylist() == ["A"]


@pytest.mark.parametrize("days", [1, 2])
def test_what_was_paid_twice_with_nothing_else_open_is_a_finding_that_names_both(days: int) -> None:
    again = payment("P2", 10_000, reference="26001011", booked_on=date(2026, 10, 20))
    booking = booked([PAID, again], [JANUARY], days)

    (left,) = booking.unapplied.to_pylist()
    assert (left["payment_id"], left["customer_id"]) == ("P2", "A")
    assert "partner/2600101" in left["because"]
    assert "P1" in left["because"]
    assert [(row["code"], row["subject"]) for row in booking.findings.to_pylist()] == [("matching.paid_again", "P2")]


def test_a_receivable_closed_by_a_credit_note_says_so() -> None:
    credit = receivable("9001", "A", 10_000, kind="credit_note", credits_number="2600101")
    booking = booked([payment("P2", 10_000, reference="26001011")], [JANUARY, credit], 2)

    (left,) = booking.unapplied.to_pylist()
    assert left["because"] == "receivable partner/2600101 is already closed by credit note partner/9001"


def test_money_before_its_receivable_exists_waits_for_it() -> None:
    early = payment("P1", 10_000, reference="26001029", payer_account="SE1", booked_on=date(2026, 9, 20))
    before = booked([early], [JANUARY])
    after = booked([early], [JANUARY, FEBRUARY])

    assert before.allocations.num_rows == 0
    assert after.allocations["receivable_id"].to_pylist() == ["partner/2600102"]
