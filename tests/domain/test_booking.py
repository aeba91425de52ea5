"""Whether anybody reads the sentences or not, the same is booked and the same is suggested."""

from __future__ import annotations

from hypothesis import given, settings

from csp_receivables.domain.booking import Booking, decide_booking
from csp_receivables.domain.facts import Facts
from csp_receivables.domain.matching.policy import MatchingPolicy
from tests.domain.test_returned_payments import worlds
from tests.worlds import customer, duck, payment, receivable, world


def decided(facts: Facts, *, told: bool) -> Booking:
    with duck() as connection:
        return decide_booking(connection, facts, MatchingPolicy(), told=told)


def assert_same_but_for_sentences(facts: Facts) -> Booking:
    told, untold = decided(facts, told=True), decided(facts, told=False)
    assert untold.allocations.drop_columns(["because"]).equals(told.allocations.drop_columns(["because"]))
    assert untold.suggestions.drop_columns(["because"]).equals(told.suggestions.drop_columns(["because"]))
    return untold


@settings(max_examples=8, deadline=None)
@given(facts=worlds())
def test_without_sentences_the_same_is_booked_and_suggested(facts: Facts) -> None:
    assert_same_but_for_sentences(facts)


def test_what_a_named_credit_note_makes_certain_is_booked_without_sentences_too() -> None:
    facts = world(
        customers=[customer("A")],
        receivables=[
            receivable("1", "A", 100, reference="5390"),
            receivable("2", "A", 70),
            receivable("3", "A", 70),
            receivable("9", "A", 70, kind="credit_note", credits_number="3"),
        ],
        payments=[
            payment("P1", 100, reference="5390", payer_account="SE1"),
            payment("P2", 70, payer_account="SE1"),
        ],
    )
    booked = assert_same_but_for_sentences(facts)

    assert ("P2", "partner/2") in {(row["source_id"], row["receivable_id"]) for row in booked.allocations.to_pylist()}
