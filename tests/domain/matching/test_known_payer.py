"""Rule 5 at its limits. One world for most of it: each case is a customer and an account of its own."""

from __future__ import annotations

from datetime import date

import pytest

from csp_receivables.domain.matching.ladder import Matched
from tests.domain.matching.worlds import (
    because,
    booked,
    credit_note,
    credited,
    left,
    options,
    payer,
    payment,
    receivable,
    run,
    suggested,
)

LATER = date(2026, 10, 6)


@pytest.fixture(scope="module")
def matched() -> Matched:
    receivables = [
        receivable("TAUGHT/1", 10, customer_id="TAUGHT", reference="55512"),
        receivable("TAUGHT/2", 100, customer_id="TAUGHT"),
        receivable("BEFORE/1", 100, customer_id="BEFORE"),
        receivable("BEFORE/2", 101, customer_id="BEFORE"),
        receivable("GIVEN/1", 100, customer_id="GIVEN"),
        receivable("TWO/1", 100, customer_id="TWO"),
        receivable("TWO/2", 100, customer_id="TWO", due_on=date(2026, 9, 30)),
        receivable("RIVALS/1", 100, customer_id="RIVALS"),
        *(receivable(f"QUEUE/{place}", 100, customer_id="QUEUE") for place in range(1, 4)),
        *(receivable(f"MANY/{place}", 100, customer_id="MANY") for place in range(1, 8)),
        receivable("REST/1", 100, customer_id="REST", reference="66603"),
        receivable("REST/2", 7, customer_id="REST"),
        receivable("BROKEN/1", 9, customer_id="BROKEN"),
        receivable("SOON/1", 100, customer_id="SOON", issued_on=date(2026, 10, 6)),
        receivable("TODAY/1", 100, customer_id="TODAY", issued_on=date(2026, 10, 5)),
        receivable("ABROAD/1", 100, customer_id="ABROAD", currency="SEK"),
        receivable("CREDIT/1", 100, customer_id="CREDIT"),
        credit_note("CREDIT/K1", 100, customer_id="CREDIT"),
        receivable("BOTH/1", 100, customer_id="BOTH"),
        credit_note("BOTH/K1", 100, customer_id="BOTH"),
        receivable("NAMED/1", 100, customer_id="NAMED", reference="77701"),
        receivable("NAMED/2", 200, customer_id="NAMED", reference="77701"),
    ]
    payments = [
        payment("P-TAUGHT-1", 10, reference="55512", payer_account="DE1"),
        payment("P-TAUGHT-2", 100, payer_account="de 1"),
        payment("P-BEFORE", 100, payer_account="DE2"),
        payment("P-GIVEN", 100, customer_id="GIVEN", payer_account="DE2"),
        payment("P-TWO", 100, customer_id="TWO"),
        payment("P-RIVALS-1", 100, customer_id="RIVALS"),
        payment("P-RIVALS-2", 100, customer_id="RIVALS", booked_on=LATER),
        payment("P-QUEUE-3", 100, customer_id="QUEUE", booked_on=LATER),
        payment("P-QUEUE-1", 100, customer_id="QUEUE"),
        payment("P-QUEUE-2", 100, customer_id="QUEUE"),
        payment("P-MANY", 100, customer_id="MANY"),
        payment("P-REST", 107, reference="66603", payer_account="DE3"),
        payment("P-BROKEN", 9, customer_id="BROKEN"),
        payment("P-SOON", 100, customer_id="SOON"),
        payment("P-TODAY", 100, customer_id="TODAY"),
        payment("P-ABROAD", 100, customer_id="ABROAD"),
        payment("P-BOTH", 100, customer_id="BOTH"),
        payment("P-NAMED-1", 100, reference="77701"),
        payment("P-NAMED-2", 100, customer_id="NAMED"),
        payment("P-NOBODY", 100, payer_account="DE999"),
    ]
    return run(receivables, payments, payers=[payer("BEFORE", "de-2", confirmed=3)], rests=["P-BROKEN"])


def allocation(matched: Matched, payment_id: str) -> tuple[str, int, str, str] | None:
    """(receivable, amount, rule, outcome) of the payment's only allocation."""
    found = [(row[1], row[2], row[4], row[5]) for row in booked(matched) if row[0] == payment_id]
    assert len(found) <= 1
    return found[0] if found else None


def test_an_account_learns_in_the_same_run_however_it_is_written(matched: Matched) -> None:
    assert allocation(matched, "P-TAUGHT-2") == ("TAUGHT/2", 100, "known_payer", "full")
    assert because(matched, "P-TAUGHT-2") == (
        "account …DE1 has paid for customer TAUGHT once, and receivable TAUGHT/2 is their only open one of 1.00 EUR"
    )


def test_an_account_is_known_from_earlier_payments_and_only_the_amount_itself_fits(matched: Matched) -> None:
    assert allocation(matched, "P-BEFORE") == ("BEFORE/1", 100, "known_payer", "full")
    assert because(matched, "P-BEFORE").startswith("account …DE2 has paid for customer BEFORE 3 times, and ")


def test_a_customer_said_with_the_payment_outranks_what_its_account_taught(matched: Matched) -> None:
    assert allocation(matched, "P-GIVEN") == ("GIVEN/1", 100, "known_payer", "full")
    assert because(matched, "P-GIVEN").startswith("the payment is known to be customer GIVEN's, and ")


def test_two_receivables_for_one_payment_are_suggested_the_nearest_due_day_first(matched: Matched) -> None:
    assert allocation(matched, "P-TWO") is None
    assert options(matched, "P-TWO") == [(1, "TWO/1"), (2, "TWO/2")]
    assert because(matched, "P-TWO") == (
        "the payment is known to be customer TWO's, and receivable TWO/1 is one of 2 open ones of 1.00 EUR: "
        "TWO/1, TWO/2"
    )


def test_one_receivable_for_two_payments_is_a_suggestion_for_both_that_names_the_other(matched: Matched) -> None:
    assert options(matched, "P-RIVALS-1") == options(matched, "P-RIVALS-2") == [(1, "RIVALS/1")]
    assert because(matched, "P-RIVALS-1").endswith(
        "RIVALS/1 is open with 1.00 EUR; it is also the amount of P-RIVALS-2"
    )


def test_payments_in_a_queue_are_each_shown_another_receivable_first(matched: Matched) -> None:
    assert options(matched, "P-QUEUE-1") == [(1, "QUEUE/1"), (2, "QUEUE/2"), (3, "QUEUE/3")]
    assert options(matched, "P-QUEUE-2") == [(1, "QUEUE/2"), (2, "QUEUE/3"), (3, "QUEUE/1")]
    assert options(matched, "P-QUEUE-3") == [(1, "QUEUE/3"), (2, "QUEUE/1"), (3, "QUEUE/2")]


def test_of_very_many_receivables_five_are_shown_and_the_rest_counted(matched: Matched) -> None:
    assert options(matched, "P-MANY") == [(place, f"MANY/{place}") for place in range(1, 6)]
    assert because(matched, "P-MANY").endswith(
        "one of 7 open ones of 1.00 EUR: MANY/1, MANY/2, MANY/3, MANY/4, MANY/5 and 2 more"
    )


def test_the_rest_of_a_payment_is_only_suggested(matched: Matched) -> None:
    assert allocation(matched, "P-REST") == ("REST/1", 100, "reference_with_difference", "full")
    assert [row for row in suggested(matched) if row[0] == "P-REST"] == [("P-REST", "REST/2", 7, "known_payer")]
    assert left(matched)["P-REST"] == 7


def test_the_rest_of_a_payment_that_was_used_in_an_earlier_run_is_only_suggested(matched: Matched) -> None:
    assert options(matched, "P-BROKEN") == [(1, "BROKEN/1")]
    assert because(matched, "P-BROKEN").endswith("is open with 0.09 EUR; the rest of the payment went elsewhere")


def test_a_receivable_issued_after_the_payment_is_only_suggested(matched: Matched) -> None:
    assert options(matched, "P-SOON") == [(1, "SOON/1")]
    assert because(matched, "P-SOON").endswith("; it was issued on 2026-10-06, after the payment")
    assert allocation(matched, "P-TODAY") == ("TODAY/1", 100, "known_payer", "full")
    assert because(matched, "P-TODAY").endswith(" is their only open one of 1.00 EUR")


def test_a_receivable_in_another_currency_does_not_fit(matched: Matched) -> None:
    assert allocation(matched, "P-ABROAD") is None
    assert options(matched, "P-ABROAD") == []
    assert because(matched, "P-ABROAD") == (
        "the payment is known to be customer ABROAD's, but nothing they have open in EUR adds up to it"
    )


def test_a_credit_note_closes_the_only_receivable_of_its_amount(matched: Matched) -> None:
    assert ("CREDIT/K1", "CREDIT/1", 100, "known_payer", "full") in credited(matched)
    assert "CREDIT/K1" not in left(matched)
    (said,) = [row["because"] for row in matched.credited.to_pylist() if row["credit_id"] == "CREDIT/K1"]
    assert said.startswith("the credit note is customer CREDIT's, and receivable CREDIT/1 is their only open one of ")


def test_a_payment_and_a_credit_note_for_the_same_receivable_wait_for_a_person(matched: Matched) -> None:
    assert "BOTH/K1" not in {row[0] for row in credited(matched)}
    assert options(matched, "P-BOTH") == [(1, "BOTH/1")]
    assert because(matched, "P-BOTH").endswith("; it is also the amount of BOTH/K1")


def test_a_receivable_that_a_doubtful_reference_may_mean_is_not_taken_by_its_amount(matched: Matched) -> None:
    assert options(matched, "P-NAMED-1") == [(1, "NAMED/1"), (2, "NAMED/2")]
    assert options(matched, "P-NAMED-2") == [(1, "NAMED/1")]
    assert because(matched, "P-NAMED-2").endswith("; it is also the amount of P-NAMED-1")


def test_an_account_that_nobody_knows_says_nothing(matched: Matched) -> None:
    assert because(matched, "P-NOBODY") == "neither a reference nor the text names an open receivable in EUR"


def issued(month: int) -> dict[str, date]:
    return {"issued_on": date(2026, month, 1), "due_on": date(2026, month, 28)}


@pytest.fixture(scope="module")
def late() -> Matched:
    """Months that come in at once."""
    receivables = [
        receivable("LATE/1", 100, customer_id="LATE"),
        receivable("LATE/2", 100, customer_id="LATE", issued_on=LATER),
        receivable("SAMEDAY/1", 100, customer_id="SAMEDAY"),
        receivable("SAMEDAY/2", 100, customer_id="SAMEDAY", issued_on=date(2026, 10, 5)),
        *(receivable(f"MONTHS/{month}", 100, customer_id="MONTHS", **issued(month)) for month in range(5, 12)),
        *(receivable(f"RACE/{month}", 100, customer_id="RACE", **issued(month)) for month in (8, 10)),
        *(receivable(f"AHEAD/{month}", 100, customer_id="AHEAD", **issued(month)) for month in (9, 11)),
    ]
    payments = [
        payment("P-LATE", 100, customer_id="LATE"),
        payment("P-SAMEDAY", 100, customer_id="SAMEDAY"),
        *(
            payment(f"P-MONTHS-{month}", 100, customer_id="MONTHS", booked_on=date(2026, month, 20))
            for month in range(5, 10)
        ),
        payment("P-RACE-1", 100, customer_id="RACE", booked_on=date(2026, 8, 20)),
        payment("P-RACE-2", 100, customer_id="RACE", booked_on=date(2026, 9, 20)),
        payment("P-RACE-3", 100, customer_id="RACE", booked_on=date(2026, 10, 20)),
        payment("P-AHEAD-1", 100, customer_id="AHEAD", booked_on=date(2026, 8, 20)),
        payment("P-AHEAD-2", 100, customer_id="AHEAD", booked_on=date(2026, 9, 20)),
    ]
    return run(receivables, payments)


def test_a_receivable_issued_after_the_payment_does_not_compete(late: Matched) -> None:
    assert allocation(late, "P-LATE") == ("LATE/1", 100, "known_payer", "full")
    assert because(late, "P-LATE") == (
        "the payment is known to be customer LATE's, and receivable LATE/1 is their only open one of 1.00 EUR that was "
        "issued by then"
    )


def test_a_receivable_issued_on_the_day_of_the_payment_competes(late: Matched) -> None:
    assert options(late, "P-SAMEDAY") == [(1, "SAMEDAY/1"), (2, "SAMEDAY/2")]


def test_months_that_are_matched_late_are_matched_as_they_would_have_been_day_by_day(late: Matched) -> None:
    assert [(row[0], row[1]) for row in booked(late) if row[0].startswith("P-MONTHS")] == [
        (f"P-MONTHS-{month}", f"MONTHS/{month}") for month in range(5, 10)
    ]


def test_two_payments_before_there_was_another_receivable_compete_whatever_comes_later(late: Matched) -> None:
    assert options(late, "P-RACE-1") == [(1, "RACE/8"), (2, "RACE/10")]
    assert because(late, "P-RACE-1").endswith("; it is also the amount of P-RACE-2, P-RACE-3")
    assert allocation(late, "P-RACE-2") is allocation(late, "P-RACE-3") is None


def test_money_that_came_before_any_receivable_competes_for_the_first(late: Matched) -> None:
    assert allocation(late, "P-AHEAD-1") is allocation(late, "P-AHEAD-2") is None
    assert "; it is also the amount of P-AHEAD-1; " in because(late, "P-AHEAD-2")


@pytest.fixture(scope="module")
def standings() -> Matched:
    """Each case is an account; all customers have a receivable of 1.00 in the currency of the case."""
    cases = {
        "SHARED": [payer("C1", "A1"), payer("C2", "A1")],
        "SAID SHARED": [payer("C1", "A2", decided="shared")],
        "DEMOTED": [payer("C1", "A3", confirmed=5, contradicted=1)],
        "SAID KNOWN": [payer("C1", "A4", contradicted=2, decided="known"), payer("C2", "A4")],
        "FORGOTTEN": [payer("C1", "A5", decided="forgotten")],
        "FORGOTTEN BESIDE": [payer("C1", "A6"), payer("C2", "A6", decided="forgotten")],
        "NOT CONFIRMED": [payer("C1", "A7", confirmed=0)],
        "SHARED UNKNOWN": [payer("", "A8", confirmed=0, decided="shared"), payer("C1", "A8")],
    }
    currencies = dict(zip(cases, ("EUR", "SEK", "NOK", "DKK", "GBP", "USD", "CHF", "PLN"), strict=True))
    receivables = [
        receivable(f"{customer}/{code}", 100, currency=code, customer_id=customer)
        for code in currencies.values()
        for customer in ("C1", "C2")
    ]
    payments = [
        payment(case, 100, payer_account=known[0]["payer_account"], currency=currencies[case])
        for case, known in cases.items()
    ]
    return run(receivables, payments, payers=[row for known in cases.values() for row in known])


@pytest.mark.parametrize("case", ["SAID KNOWN", "FORGOTTEN BESIDE"])
def test_a_person_s_word_makes_an_account_one_customer_s(standings: Matched, case: str) -> None:
    assert {row[0]: row[1][:2] for row in booked(standings)}[case] == "C1"


def test_a_shared_account_is_never_automatic_and_shows_each_customer(standings: Matched) -> None:
    assert options(standings, "SHARED") == [(1, "C1/EUR"), (2, "C2/EUR")]
    assert because(standings, "SHARED").startswith("account …A1 pays for 2 customers, C1 among them, and ")
    assert options(standings, "SAID SHARED") == [(1, "C1/SEK")]
    assert because(standings, "SAID SHARED").startswith("account …A2 pays for several customers, C1 among them, and ")
    assert options(standings, "SHARED UNKNOWN") == [(1, "C1/PLN")]


def test_an_account_whose_payment_a_person_took_back_only_suggests(standings: Matched) -> None:
    assert options(standings, "DEMOTED") == [(1, "C1/NOK")]
    assert because(standings, "DEMOTED").startswith(
        "account …A3 has paid for customer C1 5 times, but a person has taken such a payment back, and "
    )


@pytest.mark.parametrize("case", ["FORGOTTEN", "NOT CONFIRMED"])
def test_an_account_that_is_forgotten_or_was_never_confirmed_says_nothing(standings: Matched, case: str) -> None:
    assert options(standings, case) == []
    assert left(standings)[case] == 100


def test_only_the_end_of_an_account_is_written_out() -> None:
    account = "SE4550000000058398257466"
    matched = run(
        [receivable("A/1", 100), receivable("A/2", 50), receivable("A/3", 50), receivable("A/4", 7)],
        [payment(f"P{amount}", amount, payer_account=account) for amount in (100, 50, 3)],
        payers=[payer("C1", account)],
    )
    said = " ".join(
        row["because"]
        for table in (matched.allocations, matched.suggestions, matched.unapplied)
        for row in table.to_pylist()
    )

    assert "…7466" in said
    assert "57466" not in said
    assert account not in said


def test_the_rest_of_a_payment_did_not_pay_again_what_it_closed_itself_before() -> None:
    closed = {name: "A/1" for name in ("receivable_id", "number")} | {
        "customer_id": "C1",
        "currency": "EUR",
        "reference": "55512",
        "payers": "payment P1",
    }
    payments = [payment("P1", 7, reference="55512"), payment("P2", 9, reference="55512")]
    matched = run([receivable("A/2", 7)], payments, rests=["P1"], closed=[closed])

    assert matched.findings["subject"].to_pylist() == ["P2"]
    assert because(matched, "P1") == "reference 55512 names no open receivable in EUR"
    assert because(matched, "P2") == "receivable A/1 is already closed by payment P1"
