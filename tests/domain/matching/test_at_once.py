"""What is settled at once is what rule 1 would have booked, and nothing that anyone else could want."""

from __future__ import annotations

from datetime import date
from types import MappingProxyType

import pytest

from csp_receivables.domain.matching.ladder import MatchingPolicy, Mode
from tests.domain.matching.worlds import booked, left, payment, receivable, run, suggested


def test_a_receivable_named_by_reference_and_by_number_goes_to_the_earlier_payment() -> None:
    matched = run(
        [receivable("A/1001", 100, reference="55512")],
        [
            payment("P1", 100, reference="55512", booked_on=date(2026, 10, 9)),
            payment("P2", 100, reference="1001", booked_on=date(2026, 10, 8)),
        ],
    )

    assert booked(matched) == [("P2", "A/1001", 100, 0, "exact_reference", "full")]
    assert matched.unapplied["because"].to_pylist() == ["receivable A/1001 is already paid by P2"]


def test_an_equal_amount_goes_before_an_earlier_part_of_the_same_receivable() -> None:
    matched = run(
        [receivable("A/1", 100, reference="55512")],
        [
            payment("P1", 40, reference="55512", booked_on=date(2026, 10, 8)),
            payment("P2", 100, reference="55512", booked_on=date(2026, 10, 9)),
        ],
    )

    assert [row[0] for row in booked(matched)] == ["P2"]
    assert left(matched) == {"P1": 40}


def test_what_is_settled_at_once_is_not_open_to_a_number_in_text() -> None:
    matched = run(
        [receivable("A/26001234", 100, reference="55512")],
        [payment("P1", 100, reference="55512"), payment("P2", 100, text="invoice 26001234")],
    )

    assert [row[0] for row in booked(matched)] == ["P1"]
    assert left(matched) == {"P2": 100}


def test_a_reference_used_once_in_each_currency_is_not_shared() -> None:
    matched = run(
        [receivable("A/1", 100, reference="55512"), receivable("A/2", 100, reference="55512", currency="SEK")],
        [payment("P1", 100, reference="55512"), payment("P2", 100, reference="55512", currency="SEK")],
    )

    assert [row[:2] for row in booked(matched)] == [("P1", "A/1"), ("P2", "A/2")]


def test_a_shared_reference_is_never_settled_at_once() -> None:
    matched = run(
        [receivable("A/1", 100, reference="55512"), receivable("A/2", 200, reference="55512")],
        [payment("P1", 100, reference="55512")],
    )

    assert booked(matched) == []
    assert {row[1] for row in suggested(matched)} == {"A/1", "A/2"}


def test_allocations_settled_at_once_and_by_later_rules_come_in_one_order() -> None:
    matched = run(
        [receivable("A/1001", 100, reference="551"), receivable("A/1002", 60), receivable("A/1003", 40)],
        [payment("P3", 100, reference="551"), payment("P2", 100, reference="1002 1003"), payment("P1", 5)],
    )

    assert [(row[0], row[1], row[4]) for row in booked(matched)] == [
        ("P2", "A/1002", "several_references"),
        ("P2", "A/1003", "several_references"),
        ("P3", "A/1001", "exact_reference"),
    ]


@pytest.mark.parametrize("mode", [Mode.SUGGEST, Mode.OFF])
def test_nothing_is_settled_at_once_unless_the_rule_may_book(mode: Mode) -> None:
    policy = MatchingPolicy(modes=MappingProxyType({"exact_reference": mode, "reference_with_difference": Mode.OFF}))
    matched = run([receivable("A/1", 100, reference="551")], [payment("P1", 100, reference="551")], policy)

    assert booked(matched) == []
    assert left(matched) == {"P1": 100}
