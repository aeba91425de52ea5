"""A payment that is short by exactly a credit note. One world: each case is a customer with references of its own."""

from __future__ import annotations

from datetime import date

import pytest

from csp_receivables.domain.matching.ladder import Matched
from tests.domain.matching.worlds import because, booked, credit_note, credited, left, payment, receivable, run


@pytest.fixture(scope="module")
def matched() -> Matched:
    receivables = [
        receivable("ONE/1", 100, customer_id="ONE", reference="1011"),
        credit_note("ONE/K1", 7, customer_id="ONE"),
        credit_note("ONE/K2", 5, customer_id="ONE"),
        receivable("ALL/1", 100, customer_id="ALL", reference="1021"),
        credit_note("ALL/K1", 7, customer_id="ALL"),
        credit_note("ALL/K2", 5, customer_id="ALL"),
        receivable("EQUAL/1", 100, customer_id="EQUAL", reference="1031"),
        credit_note("EQUAL/K1", 7, customer_id="EQUAL"),
        credit_note("EQUAL/K2", 7, customer_id="EQUAL"),
        receivable("PAIR/1", 100, customer_id="PAIR", reference="1041"),
        credit_note("PAIR/K1", 7, customer_id="PAIR"),
        credit_note("PAIR/K2", 7, customer_id="PAIR"),
        receivable("REFS/1", 100, customer_id="REFS", reference="1051", due_on=date(2026, 9, 20)),
        receivable("REFS/2", 50, customer_id="REFS", reference="1052"),
        credit_note("REFS/K1", 110, customer_id="REFS"),
        receivable("CONTEST/1", 100, customer_id="CONTEST", reference="1061"),
        receivable("CONTEST/2", 200, customer_id="CONTEST", reference="1062"),
        credit_note("CONTEST/K1", 7, customer_id="CONTEST"),
        receivable("NEAR/1", 100, customer_id="NEAR", reference="1071"),
        credit_note("NEAR/K1", 7, customer_id="NEAR"),
        receivable("ABROAD/1", 100, customer_id="ABROAD", reference="1081"),
        credit_note("ABROAD/K1", 7, customer_id="ABROAD", currency="SEK"),
        credit_note("OTHER/K1", 7, customer_id="OTHER"),
        credit_note("NOBODY/K1", 7, customer_id=""),
    ]
    payments = [
        payment("P-ONE", 93, reference="1011"),
        payment("P-ALL", 88, reference="1021"),
        payment("P-EQUAL", 93, reference="1031"),
        payment("P-PAIR", 86, reference="1041"),
        payment("P-REFS", 40, reference="1051 1052"),
        payment("P-CONTEST-1", 93, reference="1061", booked_on=date(2026, 10, 6)),
        payment("P-CONTEST-2", 193, reference="1062"),
        payment("P-NEAR", 92, reference="1071"),
        payment("P-ABROAD", 93, reference="1081"),
    ]
    return run(receivables, payments)


def taken(matched: Matched, payment_id: str) -> list[tuple[str, int, str, str]]:
    return [(row[1], row[2], row[4], row[5]) for row in booked(matched) if row[0] == payment_id]


def given_by(matched: Matched, customer_id: str) -> list[tuple[str, str, int]]:
    return [row[:3] for row in credited(matched) if row[0].startswith(customer_id)]


def test_what_is_missing_is_one_of_the_credit_notes(matched: Matched) -> None:
    assert taken(matched, "P-ONE") == [("ONE/1", 93, "net_of_credit_note", "full")]
    assert given_by(matched, "ONE") == [("ONE/K1", "ONE/1", 7)]
    assert because(matched, "P-ONE") == (
        "reference 1011 is paid net of credit note ONE/K1: 0.93 paid and 0.07 EUR credited close ONE/1"
    )


def test_what_is_missing_is_all_the_credit_notes_together(matched: Matched) -> None:
    assert taken(matched, "P-ALL") == [("ALL/1", 88, "net_of_credit_note", "full")]
    assert given_by(matched, "ALL") == [("ALL/K1", "ALL/1", 7), ("ALL/K2", "ALL/1", 5)]


def test_of_two_equal_credit_notes_neither_is_chosen_but_both_together_are(matched: Matched) -> None:
    assert taken(matched, "P-EQUAL") == [("EQUAL/1", 93, "reference_with_difference", "partial")]
    assert given_by(matched, "EQUAL") == []
    assert taken(matched, "P-PAIR") == [("PAIR/1", 86, "net_of_credit_note", "full")]
    assert given_by(matched, "PAIR") == [("PAIR/K1", "PAIR/1", 7), ("PAIR/K2", "PAIR/1", 7)]


def test_of_several_references_a_person_says_which_one_the_credit_note_is_for(matched: Matched) -> None:
    assert (given_by(matched, "REFS"), taken(matched, "P-REFS")) == ([], [])
    suggestions = [row for row in matched.suggestions.to_pylist() if row["payment_id"] == "P-REFS"]
    assert [(row["receivable_id"], row["rule"]) for row in suggestions] == [
        ("REFS/1", "several_references"),
        ("REFS/2", "several_references"),
    ]


def test_of_two_payments_net_of_the_same_credit_note_the_earlier_one_gets_it(matched: Matched) -> None:
    assert given_by(matched, "CONTEST") == [("CONTEST/K1", "CONTEST/2", 7)]
    assert taken(matched, "P-CONTEST-2") == [("CONTEST/2", 193, "net_of_credit_note", "full")]
    assert taken(matched, "P-CONTEST-1") == [("CONTEST/1", 93, "reference_with_difference", "partial")]


@pytest.mark.parametrize("case", ["NEAR", "ABROAD"])
def test_a_credit_note_of_another_amount_or_currency_or_customer_is_left_alone(matched: Matched, case: str) -> None:
    assert [row[2:] for row in taken(matched, f"P-{case}")] == [("reference_with_difference", "partial")]
    assert given_by(matched, case) == given_by(matched, "OTHER") == given_by(matched, "NOBODY") == []


def test_credit_notes_are_never_listed_among_the_payments(matched: Matched) -> None:
    assert {row[0][:2] for row in booked(matched)} == {"P-"}
    assert left(matched) == {"P-REFS": 40}
