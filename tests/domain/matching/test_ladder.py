"""The rules one by one: what each takes, at its limits, and what it leaves to a person."""

from __future__ import annotations

from datetime import date
from types import MappingProxyType

import pytest

from csp_receivables.domain.matching.ladder import RULES, MatchingPolicy, Mode, Tolerance
from tests.domain.matching.worlds import booked, credit_note, left, payment, receivable, run, suggested


def tolerating(**tolerances: Tolerance) -> MatchingPolicy:
    return MatchingPolicy(tolerances=MappingProxyType(tolerances))


def test_an_equal_amount_on_a_reference_closes_the_receivable() -> None:
    matched = run([receivable("A/1", 10000, reference="55512")], [payment("P1", 10000, reference="55512")])

    assert booked(matched) == [("P1", "A/1", 10000, 0, "exact_reference", "full")]
    assert matched.allocations["because"].to_pylist() == ["reference 55512 names receivable A/1, amount equal"]
    assert matched.unapplied.num_rows == 0


@pytest.mark.parametrize("said", ["rf18 5390 0754 7034", "RF18-5390-0754-7034", "RF18539007547034"])
def test_a_reference_is_the_same_however_it_is_spaced(said: str) -> None:
    matched = run([receivable("A/1", 500, reference="RF18 5390 0754 7034")], [payment("P1", 500, reference=said)])

    assert [row[1] for row in booked(matched)] == ["A/1"]


@pytest.mark.parametrize("kept", ["allocations", "credited", "exchanged", "suggestions", "unapplied", "findings"])
def test_where_no_money_is_left_the_answer_has_the_columns_it_always_has(kept: str) -> None:
    nothing = getattr(run([receivable("A/1", 500), credit_note("A/2", 0)], []), kept)

    assert nothing.num_rows == 0
    assert nothing.schema == getattr(run([receivable("A/1", 500)], [payment("P1", 700)]), kept).schema


def test_a_credit_note_is_money_where_no_payment_is() -> None:
    matched = run([receivable("A/1", 500), credit_note("A/2", 500)], [])

    assert [row["credit_id"] for row in matched.credited.to_pylist()] == ["A/2"]


def test_leading_zeros_of_a_pure_number_do_not_matter() -> None:
    matched = run([receivable("A/1", 500, reference="55512")], [payment("P1", 500, reference="0000055512")])

    assert [row[1] for row in booked(matched)] == ["A/1"]


def test_the_number_serves_where_the_reference_names_nothing() -> None:
    matched = run([receivable("A/1001", 500, reference="55512")], [payment("P1", 500, reference="1001")])

    assert booked(matched) == [("P1", "A/1001", 500, 0, "exact_reference", "full")]


@pytest.mark.parametrize(
    ("paid", "outcome", "difference"),
    [
        (9898, "partial", 0),  # 1.02 short of 100.00 where 1.01 is tolerated
        (9899, "with_difference", 101),
        (9900, "with_difference", 100),
        (9999, "with_difference", 1),
    ],
)
def test_a_fixed_tolerance_closes_what_falls_short_by_no_more(paid: int, outcome: str, difference: int) -> None:
    policy = tolerating(EUR=Tolerance(fixed=101))
    matched = run([receivable("A/1", 10000, reference="55512")], [payment("P1", paid, reference="55512")], policy)

    assert booked(matched) == [("P1", "A/1", paid, difference, "reference_with_difference", outcome)]


@pytest.mark.parametrize(("paid", "outcome"), [(9949, "partial"), (9950, "with_difference"), (9951, "with_difference")])
def test_a_tolerance_per_mille_is_of_what_was_open(paid: int, outcome: str) -> None:
    policy = tolerating(EUR=Tolerance(fixed=10, per_mille=5))
    matched = run([receivable("A/1", 10000, reference="55512")], [payment("P1", paid, reference="55512")], policy)

    assert [row[-1] for row in booked(matched)] == [outcome]


def test_a_tolerance_of_another_currency_does_not_help() -> None:
    policy = tolerating(SEK=Tolerance(fixed=100))
    matched = run([receivable("A/1", 10000, reference="55512")], [payment("P1", 9999, reference="55512")], policy)

    assert [row[-1] for row in booked(matched)] == ["partial"]


def test_too_much_closes_the_receivable_and_leaves_the_rest_unapplied() -> None:
    matched = run([receivable("A/1", 10000, reference="55512")], [payment("P1", 10001, reference="55512")])

    assert booked(matched) == [("P1", "A/1", 10000, 0, "reference_with_difference", "full")]
    assert left(matched) == {"P1": 1}


def test_instalments_count_in_the_order_they_were_booked_and_the_last_one_closes() -> None:
    matched = run(
        [receivable("A/1", 10000, reference="55512")],
        [
            payment("P1", 2000, reference="55512", booked_on=date(2026, 10, 9)),
            payment("P2", 3000, reference="55512", booked_on=date(2026, 10, 8)),
            payment("P3", 5000, reference="55512", booked_on=date(2026, 10, 10)),
            payment("P4", 700, reference="55512", booked_on=date(2026, 10, 11)),
        ],
    )

    assert [(row[0], row[2], row[5]) for row in booked(matched)] == [
        ("P1", 2000, "partial"),
        ("P2", 3000, "partial"),
        ("P3", 5000, "full"),
    ]
    assert left(matched) == {"P4": 700}


def test_of_two_exact_payments_the_earlier_one_takes_it_and_the_other_is_told_so() -> None:
    matched = run(
        [receivable("A/1", 10000, reference="55512")],
        [
            payment("P1", 10000, reference="55512", booked_on=date(2026, 10, 9)),
            payment("P2", 10000, reference="55512", booked_on=date(2026, 10, 8)),
        ],
    )

    assert [row[0] for row in booked(matched)] == ["P2"]
    assert matched.unapplied["because"].to_pylist() == ["receivable A/1 is already paid by P2"]
    assert matched.findings["code"].to_pylist() == ["matching.paid_again"]


def test_a_reference_of_two_receivables_goes_to_a_person_with_both_named() -> None:
    matched = run(
        [receivable("A/1", 10000, reference="55512"), receivable("A/2", 20000, reference="55512")],
        [payment("P1", 10000, reference="55512")],
    )

    assert booked(matched) == []
    assert suggested(matched) == [("P1", "A/1", 10000, "exact_reference"), ("P1", "A/2", 10000, "exact_reference")]
    assert set(matched.suggestions["because"].to_pylist()) == {"reference 55512 fits 2 open receivables: A/1, A/2"}
    assert left(matched) == {"P1": 10000}


def test_a_reference_shared_by_very_many_receivables_names_a_few_of_them() -> None:
    matched = run(
        [receivable(f"A/{n:05}", 100, reference="n/a") for n in range(5000)], [payment("P1", 1, reference="N/A")]
    )

    assert matched.suggestions.num_rows == 5
    assert matched.suggestions["because"][0].as_py().endswith("and 4995 more")


def test_a_known_customer_never_pays_for_another_one() -> None:
    matched = run(
        [receivable("A/1", 100, reference="55512")], [payment("P1", 100, reference="55512", customer_id="C2")]
    )

    assert booked(matched) == []
    assert suggested(matched) == [("P1", "A/1", 100, "exact_reference")]
    assert "known to be customer C2's" in matched.suggestions["because"][0].as_py()


def test_the_same_number_in_another_currency_is_no_match() -> None:
    matched = run(
        [receivable("A/1001", 100, reference="1001", currency="SEK")],
        [payment("P1", 100, reference="1001", text="1001")],
    )

    assert (matched.allocations.num_rows, matched.suggestions.num_rows) == (0, 0)
    assert left(matched) == {"P1": 100}


def test_several_references_that_add_up_close_all_of_them() -> None:
    matched = run(
        [receivable("A/1", 100, reference="1001"), receivable("A/2", 50, reference="1002"), receivable("A/3", 7)],
        [payment("P1", 150, reference="1001 1002")],
    )

    assert booked(matched) == [
        ("P1", "A/1", 100, 0, "several_references", "full"),
        ("P1", "A/2", 50, 0, "several_references", "full"),
    ]


@pytest.mark.parametrize("paid", [149, 151])
def test_several_references_that_do_not_add_up_are_suggested(paid: int) -> None:
    matched = run(
        [receivable("A/1", 100, reference="1001"), receivable("A/2", 50, reference="1002")],
        [payment("P1", paid, reference="1001 1002")],
    )

    assert booked(matched) == []
    assert {row[1] for row in suggested(matched)} == {"A/1", "A/2"}


def test_several_references_of_different_customers_are_suggested() -> None:
    matched = run(
        [receivable("A/1", 100, reference="1001"), receivable("A/2", 50, reference="1002", customer_id="C2")],
        [payment("P1", 150, reference="1001 1002")],
    )

    assert booked(matched) == []
    assert "different customers" in matched.suggestions["because"][0].as_py()


@pytest.mark.parametrize(
    "said",
    [
        "Faktura 26001234, tack",
        "inv. 260 012 34 thanks",
        "betalning 26OO1234",
        "Rechnung Nr26001234/Kunde 7",
        "F-2600-1234 2026-10-01",
        "pays\n26001234",
        "OCR:0026001234",
    ],
)
def test_a_number_in_free_text_is_found_however_it_is_written(said: str) -> None:
    matched = run([receivable("A/26001234", 100)], [payment("P1", 100, text=said)])

    assert booked(matched) == [("P1", "A/26001234", 100, 0, "number_in_text", "full")]


def test_a_number_may_begin_and_end_with_letters() -> None:
    matched = run([receivable("A/AB12CD", 100)], [payment("P1", 100, text="order AB12CD")])

    assert booked(matched) == [("P1", "A/AB12CD", 100, 0, "number_in_text", "full")]


@pytest.mark.parametrize("paid", [99, 101])
def test_a_number_in_text_with_another_amount_is_only_suggested(paid: int) -> None:
    matched = run([receivable("A/26001234", 100)], [payment("P1", paid, text="invoice 26001234")])

    assert booked(matched) == []
    assert suggested(matched) == [("P1", "A/26001234", min(paid, 100), "number_in_text")]


def test_several_numbers_in_text_that_add_up_close_all_of_them() -> None:
    matched = run(
        [receivable("A/1001", 60), receivable("A/1002", 40)], [payment("P1", 100, text="invoices 1001, 1002")]
    )

    assert {(row[1], row[2], row[4]) for row in booked(matched)} == {
        ("A/1001", 60, "number_in_text"),
        ("A/1002", 40, "number_in_text"),
    }


def test_a_short_number_in_text_is_chance() -> None:
    matched = run([receivable("A/123", 100)], [payment("P1", 100, text="123 pieces")])

    assert left(matched) == {"P1": 100}


@pytest.mark.parametrize("said", ["NORD 26001", "nord-7", "betalning NORD 2"])
def test_a_number_without_any_digit_is_a_word_and_names_nothing(said: str) -> None:
    matched = run([receivable("A/NORD", 100)], [payment("P1", 100, text=said)])

    assert (booked(matched), suggested(matched)) == ([], [])


@pytest.mark.parametrize("text", ["1 " * 5000, "9" * 20000, "\x00\x01 ''; --", "O" * 3000, "٣٤٥٦ ①②③④", "-/. " * 2000])
def test_a_pathological_text_finds_nothing_and_harms_nothing(text: str) -> None:
    matched = run([receivable("A/1001", 100)], [payment("P1", 100, text=text), payment("P2", 100, text="1001")])

    assert [row[0] for row in booked(matched)] == ["P2"]


def test_credit_notes_and_closed_receivables_are_never_paid() -> None:
    matched = run(
        [receivable("A/1001", 100, kind="credit_note"), receivable("A/1002", 0, amount=100)],
        [payment("P1", 100, reference="1001"), payment("P2", 100, reference="1002")],
    )

    assert (matched.allocations.num_rows, matched.suggestions.num_rows) == (0, 0)


def test_a_payment_of_nothing_is_unapplied_with_its_reason() -> None:
    matched = run([receivable("A/1001", 100)], [payment("P1", 0, reference="1001")])

    assert left(matched) == {"P1": 0}
    assert "zero" in matched.unapplied["because"][0].as_py()


def test_nothing_to_match_gives_empty_tables() -> None:
    matched = run([], [])

    assert [table.num_rows for table in (matched.allocations, matched.suggestions, matched.unapplied)] == [0, 0, 0]


def test_a_booking_that_makes_a_reference_unique_settles_the_other_payment_in_the_same_run() -> None:
    matched = run(
        [receivable("A/26001234", 100, reference="7777"), receivable("A/26009999", 60, reference="7777")],
        [payment("P1", 60, reference="7777"), payment("P2", 100, text="26001234")],
    )

    assert [(row[0], row[1]) for row in booked(matched)] == [("P1", "A/26009999"), ("P2", "A/26001234")]


BOOKING_RULES = [rule.name for rule in RULES if not rule.only_suggests]


@pytest.mark.parametrize("rule", BOOKING_RULES)
def test_a_rule_that_may_only_suggest_books_nothing(rule: str) -> None:
    receivables = [
        receivable("A/26001", 100, reference="551"),
        receivable("A/26002", 100, reference="552"),
        receivable("A/26003", 100, reference="553"),
        receivable("A/26004", 100, reference="554"),
        receivable("A/26005", 100, reference="555"),
        receivable("A/26006", 100, reference="5556", customer_id="C2"),
        credit_note("A/26007", 7, customer_id="C2"),
        receivable("A/26008", 90, reference="5557", customer_id="C3", currency="USD"),
        receivable("A/26009", 100, customer_id="C4"),
        *(receivable(f"A/2602{amount}", amount, customer_id="C5") for amount in (3, 5)),
        *(receivable(f"A/2603{amount}", amount, customer_id="C6") for amount in (90, 7, 30, 13)),
    ]
    payments = [
        payment("P1", 100, reference="551"),
        payment("P2", 40, reference="552"),
        payment("P3", 200, reference="553 554"),
        payment("P4", 100, text="26005"),
        payment("P5", 93, reference="5556"),
        payment("P6", 80, reference="5557"),
        payment("P7", 100, customer_id="C4"),
        payment("P8", 8, customer_id="C5"),
        payment("P9", 20, customer_id="C6"),
    ]
    instructed = [{"payment_id": "P6", "instructed_currency": "USD", "instructed_amount": 90}]
    policy = MatchingPolicy(modes=MappingProxyType({rule: Mode.SUGGEST}))
    careful = run(receivables, payments, policy, instructed=instructed)

    assert {row[4] for row in booked(careful)} == set(BOOKING_RULES) - {rule}
    assert {row[3] for row in suggested(careful)} == {rule}
    assert {row["because"].partition(":")[0] for row in careful.suggestions.to_pylist()} == {
        "the policy lets this rule only suggest"
    }
    assert (careful.credited.num_rows == 0) == (rule == "net_of_credit_note")


def test_a_rule_that_is_off_leaves_the_payment_to_the_next() -> None:
    policy = MatchingPolicy(modes=MappingProxyType({"exact_reference": Mode.OFF}))
    matched = run([receivable("A/1", 100, reference="551")], [payment("P1", 100, reference="551")], policy)

    assert booked(matched) == [("P1", "A/1", 100, 0, "reference_with_difference", "full")]
