"""Rule 7 at its limits. One world: each case is a customer of its own, whose sets are no natural ones."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from csp_receivables.domain.matching.ladder import Matched, MatchingPolicy, Mode
from tests.domain.matching.worlds import Row, because, booked, credit_note, options, payment, receivable, run


def items(customer_id: str, *amounts: int) -> list[Row]:
    return [
        receivable(f"{customer_id}/{place}", amount, customer_id=customer_id)
        for place, amount in enumerate(amounts, start=1)
    ]


def of_customer(customer_id: str, amount: int) -> Row:
    return payment(f"P-{customer_id}", amount, customer_id=customer_id)


TEN = (1000, 7, 11, 2000, 4000, 8000, 16000, 32000, 64000, 128000)


@pytest.fixture(scope="module")
def matched() -> Matched:
    receivables = [
        *items("TWO", 100, 7, 30, 13),
        *items("THREE", 100, 7, 30, 13, 500),
        *items("FOUR", 100, 7, 30, 13, 5, 500),
        *items("AGAIN", 100, 7, 30, 27, 10),
        *items("TEN", *TEN),
        *items("ELEVEN", *TEN, 256000),
        *items("CREDIT", 100, 60, 500),
        credit_note("CREDIT/K1", 7, customer_id="CREDIT"),
        *items("CONTEST", 100, 7, 30, 13),
    ]
    payments = [
        of_customer("TWO", 20),
        of_customer("THREE", 50),
        of_customer("FOUR", 55),
        of_customer("AGAIN", 37),
        of_customer("TEN", 18),
        of_customer("ELEVEN", 18),
        of_customer("CREDIT", 53),
        of_customer("CONTEST", 20),
        {**of_customer("CONTEST", 43), "payment_id": "P-CONTEST-2"},
    ]
    return run(receivables, payments)


def taken(matched: Matched, payment_id: str) -> set[str]:
    rows = [row for row in booked(matched) if row[0] == payment_id]
    assert {row[4:] for row in rows} <= {("small_subset", "full")}
    return {row[1].partition("/")[2] for row in rows}


def test_the_only_two_or_three_that_add_up_are_closed(matched: Matched) -> None:
    assert taken(matched, "P-TWO") == {"2", "4"}
    assert taken(matched, "P-THREE") == {"2", "3", "4"}
    assert because(matched, "P-THREE") == (
        "the payment is known to be customer THREE's, and the only set of up to three of their open receivables that "
        "fits (THREE/2, THREE/3, THREE/4) is 0.50 EUR"
    )


def test_four_that_add_up_are_not_looked_for(matched: Matched) -> None:
    assert taken(matched, "P-FOUR") == set()
    assert options(matched, "P-FOUR") == []


def test_a_second_answer_makes_it_a_suggestion_that_names_both(matched: Matched) -> None:
    assert taken(matched, "P-AGAIN") == set()
    assert options(matched, "P-AGAIN") == [(1, "AGAIN/2"), (1, "AGAIN/3"), (2, "AGAIN/4"), (2, "AGAIN/5")]
    assert because(matched, "P-AGAIN") == (
        "the payment is known to be customer AGAIN's, and a set of their open receivables (AGAIN/2, AGAIN/3) is "
        "0.37 EUR; so is a set of their open receivables (AGAIN/4, AGAIN/5)"
    )


def test_sets_are_looked_for_among_ten_open_ones_and_not_among_eleven(matched: Matched) -> None:
    assert taken(matched, "P-TEN") == {"2", "3"}
    assert taken(matched, "P-ELEVEN") == set()
    assert options(matched, "P-ELEVEN") == []


def test_one_less_a_credit_note_is_only_suggested(matched: Matched) -> None:
    assert options(matched, "P-CREDIT") == [(1, "CREDIT/2")]
    assert "one of their open receivables less credit note CREDIT/K1 (CREDIT/2)" in because(matched, "P-CREDIT")
    assert [row["amount"] for row in matched.suggestions.to_pylist() if row["payment_id"] == "P-CREDIT"] == [53]
    assert matched.credited.num_rows == 0


def test_two_payments_that_share_a_receivable_wait_for_a_person(matched: Matched) -> None:
    assert taken(matched, "P-CONTEST") == taken(matched, "P-CONTEST-2") == set()
    assert because(matched, "P-CONTEST").endswith("; some of it may be for P-CONTEST-2")


def test_where_rule_5_is_off_a_single_receivable_is_an_answer_like_any_other() -> None:
    policy = MatchingPolicy(modes=MappingProxyType({"known_payer": Mode.OFF, "natural_set": Mode.OFF}))
    matched = run(
        [*items("C", 100, 60, 40), *items("D", 100, 7, 30)], [of_customer("C", 100), of_customer("D", 30)], policy
    )

    assert options(matched, "P-C") == [(1, "C/1"), (2, "C/2"), (2, "C/3")]
    assert taken(matched, "P-D") == {"3"}
