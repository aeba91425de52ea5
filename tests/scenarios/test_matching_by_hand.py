"""What a person decides teaches the rules, outranks them, and moves nothing else; with the day run again after it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from csp_receivables.adapters.ledger import Ledger, tables
from csp_receivables.domain.matching_by_hand.requests import AlreadyDone, Confirm, Reject, Split, TakeBack
from csp_receivables.domain.payer_aliases import Word
from tests.by_hand import FIRST, Desk, open_of, suggested
from tests.conftest import StandingClock
from tests.worlds import customer, payment, receivable

ACCOUNT = "DE89370400440532013000"
OTHER_ACCOUNT = "FI2112345600000785"


@pytest.fixture
def desk(ledger: Ledger, clock: StandingClock, tmp_path: Path) -> Desk:
    return Desk(ledger=ledger, clock=clock, home=tmp_path)


def bill(number: str, amount: int, customer_id: str = "A", days: int = 0) -> dict[str, object]:
    day = FIRST + timedelta(days=days)
    return receivable(number, customer_id, amount, issued_on=day, due_on=day + timedelta(days=30))


def paid(payment_id: str, amount: int, days: int = 0, **other: object) -> dict[str, object]:
    given = {"payer_account": ACCOUNT, "booked_on": FIRST + timedelta(days=days), **other}
    return payment(payment_id, amount, **given)


def test_a_confirmed_payment_teaches_the_account_and_the_next_is_booked(desk: Desk) -> None:
    desk.arrive(receivables=[bill("10100", 5000)], payments=[paid("first", 5000)])
    first = desk.next_morning()
    done = desk.decide(Confirm(payment="first", receivable="10100"))
    desk.arrive(receivables=[bill("10101", 7000, days=1)], payments=[paid("second", 7000, days=1)])
    second = desk.next_morning()

    assert first.allocations.num_rows == 0
    assert (done.left, done.allocations["outcome"].to_pylist()) == (0, ["full"])
    assert desk.booked() == [("first", "10100", 5000, "confirmed"), ("second", "10101", 7000, "known_payer")]
    assert open_of(second.day, "A") == 0
    assert "has paid for customer A once" in second.allocations["because"][0].as_py()


def test_who_and_why_are_kept_and_shown(desk: Desk) -> None:
    desk.arrive(receivables=[bill("10100", 5000)], payments=[paid("first", 5000)])
    desk.decide(Confirm(payment="first", receivable="partner/10100"), by=" Ada\n Controller ", why="she  rang them")
    day = desk.next_morning().day

    (kept,) = desk.kept(tables.allocation)
    assert (kept["run_id"], kept["because"]) == (
        "person:Ada Controller",
        "confirmed by Ada Controller: she rang them",
    )
    assert day.allocations["because"].to_pylist() == ["confirmed by Ada Controller: she rang them"]


def test_what_was_taken_back_is_never_booked_again_and_demotes_the_account(desk: Desk) -> None:
    desk.arrive(receivables=[bill("10100", 5000)], payments=[paid("first", 5000)])
    desk.decide(Confirm(payment="first", receivable="10100"))
    desk.arrive(receivables=[bill("10101", 7000)], payments=[paid("second", 7000)])
    desk.next_morning()
    desk.decide(TakeBack(payment="second", receivable="10101"), why="it was not theirs")
    again = desk.next_morning()
    desk.arrive(receivables=[bill("10102", 900, days=2)], payments=[paid("third", 900, days=2)])
    after = desk.next_morning()

    assert again.allocations.num_rows == 0
    assert suggested(again.day) == []
    assert suggested(after.day) == [("third", "10102", "known_payer")]
    assert "a person has taken such a payment back" in after.day.suggestions["because"][0].as_py()
    assert [(row[2], row[3]) for row in desk.booked()[-2:]] == [(7000, "known_payer"), (-7000, "unallocated")]
    assert [(one.standing, one.confirmed, one.contradicted) for one in desk.aliases()] == [("demoted", 1, 1)]


def test_an_account_that_paid_for_two_customers_is_shared_and_never_automatic(desk: Desk) -> None:
    desk.arrive(
        receivables=[bill("10100", 5000), bill("10200", 6000, "B")],
        payments=[paid("first", 5000), paid("second", 6000)],
    )
    desk.decide(Confirm(payment="first", receivable="10100"))
    desk.decide(Confirm(payment="second", receivable="10200"))
    desk.arrive(receivables=[bill("10101", 7000)], payments=[paid("third", 7000)])
    day = desk.next_morning()

    assert day.allocations.num_rows == 0
    assert suggested(day.day) == [("third", "10101", "known_payer")]
    assert [(one.customer_id, one.standing) for one in desk.aliases()] == [("A", "shared"), ("B", "shared")]


def test_a_split_over_two_customers_teaches_that_the_account_is_shared(desk: Desk) -> None:
    desk.arrive(receivables=[bill("10100", 5000), bill("10200", 6000, "B")], payments=[paid("first", 12000)])
    done = desk.decide(Split(payment="first", parts=(("10100", "50.00"), ("10200", "60"))))

    assert (done.left, done.currency) == (1000, "SEK")
    assert sorted(desk.booked()) == [("first", "10100", 5000, "confirmed"), ("first", "10200", 6000, "confirmed")]
    assert [one.standing for one in desk.aliases(account="de89 3704 0044 0532 0130 00")] == ["shared", "shared"]
    assert desk.next_morning().day.unapplied["amount"].to_pylist() == [1000]


def test_a_rejected_suggestion_never_comes_back_for_the_same_evidence(desk: Desk) -> None:
    desk.arrive(receivables=[bill("10100", 5000)], payments=[paid("first", 5000)])
    desk.decide(Confirm(payment="first", receivable="10100"))
    desk.arrive(receivables=[bill("10101", 700), bill("10102", 700)], payments=[paid("second", 700)])
    before = desk.next_morning()
    desk.decide(Reject(payment="second", receivable="10101"), why="that one is disputed")
    after = desk.next_morning()
    later = desk.next_morning()

    assert suggested(before.day) == [("second", "10101", "known_payer"), ("second", "10102", "known_payer")]
    assert suggested(after.day) == suggested(later.day) == [("second", "10102", "known_payer")]
    assert before.day.suggestions["option"].to_pylist() == [1, 2]
    assert after.day.suggestions["option"].to_pylist() == [1]
    assert {(row["receivable_id"], row["declined_by"], row["why"]) for row in desk.kept(tables.declined_match)} == {
        ("partner/10101", "Ada Controller", "that one is disputed")
    }
    with pytest.raises(AlreadyDone, match="partner/10101 was already rejected"):
        desk.decide(Reject(payment="second", receivable="10101"))


def test_a_stronger_rule_suggests_what_was_rejected_and_does_not_book_it(desk: Desk) -> None:
    named = paid("second", 5000, payer_account="", payer_name="Norrland Bygg AB")
    desk.arrive(customers=[customer("A", name="Norrland Bygg AB")], receivables=[bill("10100", 5000)], payments=[named])
    by_name = desk.next_morning()
    desk.decide(Reject(payment="second"), why="another firm of that name")
    gone = desk.next_morning()
    desk.say(OTHER_ACCOUNT, "A", Word.KNOWN)
    desk.arrive(payments=[paid("third", 5000, days=2, payer_account=OTHER_ACCOUNT)])
    desk.next_morning()

    assert suggested(by_name.day) == [("second", "10100", "name_likeness")]
    assert suggested(gone.day) == []
    assert desk.booked() == [("third", "10100", 5000, "known_payer")]


def test_booked_allocations_stay_when_new_knowledge_arrives_and_the_rest_is_looked_at_again(desk: Desk) -> None:
    desk.arrive(
        receivables=[bill("10100", 5000), bill("10200", 4000, "B")],
        payments=[
            paid("first", 5000),
            paid("unknown", 3000),
            paid("named", 4000, text="invoice 10200", payer_account=""),
        ],
    )
    desk.decide(Confirm(payment="first", receivable="10100"))
    desk.next_morning()
    before = desk.booked()
    desk.arrive(receivables=[bill("10101", 3000), bill("10201", 4000, "B")])  # late: what "unknown" pays
    desk.next_morning()
    desk.say(ACCOUNT, "B", Word.KNOWN, why="B pays from it since the merger")
    last = desk.next_morning()

    assert before == [("first", "10100", 5000, "confirmed"), ("named", "10200", 4000, "number_in_text")]
    assert desk.booked() == [*before, ("unknown", "10101", 3000, "known_payer")]
    assert last.allocations.num_rows == 0


def test_a_payment_that_waited_is_booked_once_its_account_is_taught(desk: Desk) -> None:
    desk.arrive(
        receivables=[bill("10100", 5000), bill("10101", 3000)], payments=[paid("first", 5000), paid("waits", 3000)]
    )
    waiting = desk.next_morning()
    desk.decide(Confirm(payment="first", receivable="10100"))
    desk.next_morning()

    assert waiting.day.unapplied.num_rows == 2
    assert desk.booked() == [("first", "10100", 5000, "confirmed"), ("waits", "10101", 3000, "known_payer")]


def test_a_day_as_known_then_does_not_know_what_a_person_said_later(desk: Desk) -> None:
    desk.arrive(
        receivables=[bill("10100", 5000), bill("10101", 700)], payments=[paid("first", 5000), paid("second", 700)]
    )
    lived = desk.next_morning()
    desk.decide(Confirm(payment="first", receivable="10100"))
    second = desk.next_morning()
    desk.decide(TakeBack(payment="second", receivable="10101"))
    desk.say(ACCOUNT, "A", Word.FORGOTTEN)
    desk.next_morning()

    assert desk.as_known_then(FIRST).digest == lived.digest
    assert desk.as_known_then(FIRST + timedelta(days=1)).digest == second.digest


def test_what_was_taken_back_may_be_confirmed_again_and_taken_back_again(desk: Desk) -> None:
    desk.arrive(receivables=[bill("10100", 5000)], payments=[paid("first", 5000)])
    for _ in range(2):
        desk.decide(Confirm(payment="first", receivable="10100"))
        assert desk.next_morning().day.unapplied.num_rows == 0
        desk.decide(TakeBack(payment="first", receivable="10100"))
        assert desk.next_morning().day.unapplied["amount"].to_pylist() == [5000]

    assert [row[2] for row in desk.booked()] == [5000, -5000, 5000, -5000]
    assert desk.next_morning().allocations.num_rows == 0


def test_a_reference_does_not_bring_back_what_a_person_took_back(desk: Desk) -> None:
    desk.arrive(
        receivables=[{**bill("10100", 5000), "reference": "7701"}], payments=[paid("first", 5000, reference="7701")]
    )
    desk.next_morning()
    desk.decide(TakeBack(payment="first", receivable="10100"), why="paid by mistake")
    after = desk.next_morning()

    assert [(row[2], row[3]) for row in desk.booked()] == [(5000, "exact_reference"), (-5000, "unallocated")]
    assert open_of(after.day, "A") == 5000
    assert all(row["difference"] == 0 for row in after.day.tie_out.to_pylist())


def test_a_credit_note_that_was_taken_back_is_not_applied_again(desk: Desk) -> None:
    note = {**bill("C1", 500), "kind": "credit_note", "credits_number": "10100"}
    desk.arrive(receivables=[bill("10100", 5000), note])
    desk.next_morning()
    desk.decide(TakeBack(payment="partner/C1", receivable="10100"), why="it belongs to another invoice")
    after = desk.next_morning()

    assert [(row[0], row[2], row[3]) for row in desk.booked()] == [
        ("partner/C1", 500, "named_credit_note"),
        ("partner/C1", -500, "unallocated"),
    ]
    assert after.allocations.num_rows == 0
