"""What a person said no to: never again by the same rule, never booked by another."""

from __future__ import annotations

import pytest

from csp_receivables.domain.matching.ladder import Matched
from tests.domain.matching.worlds import (
    because,
    booked,
    credit_note,
    credited,
    declined,
    left,
    options,
    payment,
    receivable,
    run,
    suggested,
)


@pytest.fixture(scope="module")
def matched() -> Matched:
    """One world: each case is a customer with references of its own."""
    receivables = [
        receivable("EXACT/1", 100, customer_id="EXACT", reference="1011"),
        receivable("SECOND/1", 100, customer_id="SECOND", reference="1021"),
        receivable("SECOND/2", 100, customer_id="SECOND", reference="1022"),
        receivable("PAIR/1", 100, customer_id="PAIR"),
        receivable("PAIR/2", 100, customer_id="PAIR"),
        receivable("PAIR/3", 100, customer_id="PAIR"),
        receivable("SET/1", 100, customer_id="SET", reference="1031"),
        receivable("SET/2", 50, customer_id="SET", reference="1032"),
        receivable("NET/1", 150, customer_id="NET", reference="1041"),
        credit_note("NET/K1", 100, customer_id="NET"),
        receivable("LATER/1", 100, customer_id="LATER", reference="1051"),
        receivable("NO/1", 100, customer_id="NO", reference="1061"),
        receivable("YES/1", 100, customer_id="YES", reference="1071"),
        receivable("CREDIT/1", 100, customer_id="CREDIT"),
        credit_note("CREDIT/K1", 100, customer_id="CREDIT"),
    ]
    payments = [
        payment("P-EXACT", 100, reference="1011"),
        payment("P-SECOND", 100, reference="1021"),
        payment("P-PAIR", 100, customer_id="PAIR"),
        payment("P-SET", 150, reference="1031 1032"),
        payment("P-NET", 50, reference="1041"),
        payment("P-LATER", 100, text="pays 1051"),
        payment("P-NO", 100, reference="1061"),
        payment("P-YES", 100, reference="1071"),
    ]
    no = [
        declined("P-EXACT", "EXACT/1", "exact_reference"),
        declined("P-SECOND", "SECOND/1", "exact_reference"),
        declined("P-SECOND", "SECOND/1", "reference_with_difference"),
        declined("P-PAIR", "PAIR/1", "known_payer"),
        declined("P-SET", "SET/2", "several_references"),
        declined("P-NET", "NET/1", "known_payer"),
        declined("P-LATER", "LATER/1", "name_likeness"),
        *(declined("P-NO", "NO/1", rule) for rule in ("exact_reference", "reference_with_difference")),
        declined("P-YES", "NO/1", "exact_reference"),
        declined("CREDIT/K1", "CREDIT/1", "known_payer"),
        declined("P-GONE", "GONE/1", "exact_reference"),
    ]
    return run(receivables, payments, no=no)


def test_a_rule_that_was_declined_is_silent_and_another_one_only_suggests(matched: Matched) -> None:
    assert [row for row in suggested(matched) if row[0] == "P-EXACT"] == [
        ("P-EXACT", "EXACT/1", 100, "reference_with_difference")
    ]
    assert because(matched, "P-EXACT") == (
        "a person has declined this before: reference 1011 names receivable EXACT/1: 1.00 paid, 1.00 EUR open, "
        "which closes it"
    )


def test_what_is_declined_of_every_rule_that_finds_it_is_unapplied(matched: Matched) -> None:
    assert options(matched, "P-SECOND") == options(matched, "P-NO") == []
    assert {"P-SECOND", "P-NO"} <= set(left(matched))


def test_the_other_options_stay_and_are_numbered_from_one(matched: Matched) -> None:
    assert options(matched, "P-PAIR") == [(1, "PAIR/2"), (2, "PAIR/3")]


def test_a_set_of_which_one_is_declined_falls_together(matched: Matched) -> None:
    assert [row for row in booked(matched) if row[0] == "P-SET"] == []
    assert [row for row in suggested(matched) if row[0] == "P-SET"] == []


def test_a_credit_note_falls_with_the_payment_that_is_net_of_it(matched: Matched) -> None:
    assert [row for row in booked(matched) if row[0] == "P-NET"] == []
    assert "NET/K1" not in {row[0] for row in credited(matched)}
    assert because(matched, "P-NET").startswith("a person has declined this before: reference 1041 is paid net of ")


def test_a_no_to_a_rule_of_likeness_makes_a_sure_rule_only_suggest(matched: Matched) -> None:
    assert [row for row in suggested(matched) if row[0] == "P-LATER"] == [("P-LATER", "LATER/1", 100, "number_in_text")]


def test_a_no_to_a_credit_note_holds_too(matched: Matched) -> None:
    assert matched.credited.num_rows == 0


def test_payments_that_were_not_declined_are_booked_as_ever(matched: Matched) -> None:
    assert booked(matched) == [("P-YES", "YES/1", 100, 0, "exact_reference", "full")]
