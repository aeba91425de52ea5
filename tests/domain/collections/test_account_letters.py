"""Letters beside the ladder: on which days each is wanted, what keeps it back, and what makes it happen once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from csp_receivables.domain.collections.account_letters import (
    AccountLetter,
    SettledRound,
    is_statement_wanted,
    letters_for,
    statement_day,
)
from csp_receivables.domain.collections.cases import Case, Delivery, HoldKind, Instalment
from csp_receivables.domain.collections.decide import decide
from csp_receivables.domain.collections.notice_content import ReceivedPayment
from csp_receivables.domain.collections.policy import CollectionsPolicy, Letters, Minimum
from tests.debtors import DUE, case, chased, day, debt, hold, policy, promise, sent

LIVE = date(2026, 1, 1)
BROKEN = policy(live_from=LIVE, letters=Letters(promise_broken=True))
THANKS = policy(live_from=LIVE, letters=Letters(payment_received=True))
FIRST = policy(live_from=LIVE, letters=Letters(statement_day=1))
# Reminded on day 5 and promised on day 6 to pay by day 11, a Friday: nothing harder is due before day 20.
PROMISED = chased(sent("reminder", 5), holds=(promise(5_000, 11, placed_on=day(6)),))


def wanted(
    one: Case, days: int, under: CollectionsPolicy, settled: tuple[SettledRound, ...] = ()
) -> tuple[AccountLetter, ...]:
    on = day(days)
    return letters_for(one, decide(one, under, on), under, settled)


def ids(one: Case, days: int, under: CollectionsPolicy, settled: tuple[SettledRound, ...] = ()) -> list[str]:
    return [letter.action_id for letter in wanted(one, days, under, settled)]


# ---- a broken promise -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("days", "is_wanted"), [(10, False), (11, False), (12, True), (18, True), (19, False)])
def test_a_broken_promise_is_told_from_the_day_it_is_seen_for_a_week(days: int, is_wanted: bool) -> None:
    assert (["C1/H1/2026-03-13/promise_broken"] if is_wanted else []) == ids(PROMISED, days, BROKEN)


def test_it_says_what_was_promised_what_came_and_what_is_overdue() -> None:
    (letter,) = wanted(replace(PROMISED, received=((day(8), "EUR", 2_000),)), 12, BROKEN)

    assert letter.promise
    assert (day(11), 5_000, 2_000) == (letter.promise.due_on, letter.promise.amount, letter.promise.received)
    assert ("A",) == letter.receivable_ids
    assert "partly kept" in letter.because[0].actual


def test_of_a_plan_the_first_broken_instalment_is_told_and_no_later_one() -> None:
    plan = hold(
        HoldKind.PLAN,
        placed=1,
        currency="EUR",
        instalments=tuple(Instalment(due_on=day(each), amount=2_000) for each in (3, 11, 15)),
    )
    paid_once = chased(sent("reminder", 0), holds=(plan,), received=((day(2), "EUR", 2_000),))

    assert ["C1/H1/2026-03-13/promise_broken"] == ids(paid_once, 12, BROKEN) == ids(paid_once, 16, BROKEN)


@pytest.mark.parametrize(
    "changes",
    [
        {"received": ((day(13), "EUR", 5_000),)},  # it came after all
        {"debts": ()},
        {"feed_stale": "the bank file is missing"},
        {"doubts": ("a payment is suggested",)},
        {"unapplied": {"EUR": 10_000}},
        {"holds": (*PROMISED.holds, promise(10_000, 30, hold_id="H2", placed_on=day(12)))},  # promised anew
        {"notices": (*PROMISED.notices, sent("final_notice", 13))},  # the ladder has spoken since
    ],
    ids=["paid late", "nothing open", "stale feed", "doubt", "covered", "promised anew", "written to"],
)
def test_nobody_hears_of_a_broken_promise_who_may_have_paid_or_knows(changes: dict[str, Any]) -> None:
    assert [] != ids(PROMISED, 13, BROKEN)
    assert [] == ids(replace(PROMISED, **changes), 13, BROKEN)


def test_the_ladders_own_act_outranks_it() -> None:
    silent = case(holds=(promise(5_000, 11, placed_on=day(1)),))  # nobody wrote yet: the reminder is due

    assert [] == ids(silent, 12, BROKEN)


@pytest.mark.parametrize(("least", "is_wanted"), [(10_000, True), (10_001, False)])
def test_below_the_minimum_nothing_is_asked_for(least: int, is_wanted: bool) -> None:
    assert is_wanted is bool(ids(PROMISED, 12, replace(BROKEN, minimum={"EUR": Minimum(amount=least)})))


@pytest.mark.parametrize(("live_from", "is_wanted"), [(day(12), True), (day(13), False)])
def test_what_broke_before_the_policy_was_live_is_past(live_from: date, is_wanted: bool) -> None:
    assert is_wanted is bool(ids(PROMISED, 13, replace(BROKEN, live_from=live_from)))


# ---- a payment ------------------------------------------------------------------------------------------------------
def settled(round_id: str = "1.1", closed: int = 10, **payments: ReceivedPayment) -> SettledRound:
    paid = payments or {"p1": received(10_000, A=10_000)}
    return SettledRound(customer_id="C1", round_id=round_id, closed_on=day(closed), payments=paid)


def received(amount: int, on: int = 9, currency: str = "EUR", **applied: int) -> ReceivedPayment:
    return ReceivedPayment(received_on=day(on), currency=currency, amount=amount, applied=tuple(applied.items()))


@pytest.mark.parametrize(("days", "is_wanted"), [(9, False), (10, True), (16, True), (17, False)])
def test_a_payment_that_settled_a_round_is_thanked_for_within_a_week(days: int, is_wanted: bool) -> None:
    paid = replace(case(), debts=())

    assert (["C1/1.1/payment_received"] if is_wanted else []) == ids(paid, days, THANKS, (settled(),))


def test_rounds_that_close_on_one_day_are_one_letter_and_others_their_own() -> None:
    both = received(15_000, A=10_000, B=5_000)
    rounds = (
        settled("1.10", p1=both),
        settled("1.2", p1=both, p2=received(500, C=500)),
        settled("1.3", 11),
    )

    first, second = wanted(replace(case(), debts=()), 12, THANKS, rounds)

    assert ["C1/1.2/payment_received", "C1/1.3/payment_received"] == [first.action_id, second.action_id]
    assert received(15_500, A=10_000, B=5_000, C=500) == first.payment


def test_a_letter_tells_of_the_last_day_and_of_one_currency() -> None:
    rounds = (
        settled("1.1", p1=received(1, 8, A=1)),
        settled("1.2", p2=received(2, 9, "SEK", B=2), p3=received(3, C=3)),
    )

    (letter,) = wanted(replace(case(), debts=()), 12, THANKS, rounds)

    assert received(3, C=3) == letter.payment


def test_while_access_is_taken_its_return_says_that_the_money_came() -> None:
    from csp_receivables.domain.collections.cases import Suspension

    taken = Suspension(round_id="1.1", on=day(5), receivable_ids=frozenset("A"))

    assert [] == ids(case(suspension=taken), 12, THANKS, (settled(),))


# ---- the statement --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("on", "day_of_month", "expected"),
    [
        ("2026-03-01", 1, "2026-03-01"),
        ("2026-03-31", 1, "2026-03-01"),
        ("2026-03-09", 10, "2026-02-10"),
        ("2026-03-10", 10, "2026-03-10"),
        ("2026-03-30", 31, "2026-02-28"),
        ("2026-04-30", 31, "2026-04-30"),
        ("2028-02-29", 30, "2028-02-29"),
        ("2026-01-05", 28, "2025-12-28"),
    ],
)
def test_the_day_of_a_month_is_its_last_where_it_is_shorter(on: str, day_of_month: int, expected: str) -> None:
    assert date.fromisoformat(expected) == statement_day(date.fromisoformat(on), day_of_month)


@pytest.mark.parametrize(
    ("on", "month"),
    [(day(29), ""), (day(30), "2026-04"), (day(36), "2026-04"), (day(37), "")],
)
def test_a_statement_goes_to_who_owes_anything_for_a_week(on: date, month: str) -> None:
    far = case(debt(due=120, issued_on=DUE))

    assert ([f"C1/{month}/statement"] if month else []) == ids(far, (on - DUE).days, FIRST)
    assert bool(month) is is_statement_wanted(FIRST, on)


@pytest.mark.parametrize(("issued", "is_wanted"), [(date(2026, 4, 1), True), (date(2026, 4, 2), False)])
def test_what_was_invoiced_after_its_day_waits_for_the_next_month(issued: date, is_wanted: bool) -> None:
    assert is_wanted is bool(ids(case(debt(due=60, issued_on=issued)), 31, FIRST))


@pytest.mark.parametrize(
    ("kind", "is_wanted"),
    [
        (HoldKind.DISPUTE, True),
        (HoldKind.PROMISE, True),
        (HoldKind.PLAN, True),
        (HoldKind.MANUAL, False),
        (HoldKind.LEGAL, False),
        (HoldKind.INSOLVENCY, False),
    ],
)
@pytest.mark.parametrize("receivable", ["", "A"])
def test_a_hold_by_hand_by_law_or_in_insolvency_stops_it_and_a_dispute_does_not(
    kind: HoldKind, is_wanted: bool, receivable: str
) -> None:
    held = case(holds=(hold(kind, receivable_id=receivable),))

    assert is_wanted is bool(ids(held, 30, FIRST))


def test_a_hold_that_is_over_stops_nothing() -> None:
    assert ids(case(holds=(hold(until=day(29)),)), 30, FIRST)


def test_nothing_is_written_where_the_policy_does_not_ask_or_is_not_live() -> None:
    everything = Letters(promise_broken=True, payment_received=True, statement_day=1)

    assert () == wanted(PROMISED, 12, policy(live_from=LIVE), (settled(),))
    assert () == wanted(PROMISED, 30, policy(letters=everything), (settled(closed=30),))
    assert 2 == len(wanted(PROMISED, 30, policy(live_from=LIVE, letters=everything), (settled(closed=30),)))


def test_notices_that_were_not_accepted_tell_nobody_of_a_broken_promise() -> None:
    bounced = replace(PROMISED, notices=(*PROMISED.notices, sent("reminder", 13, delivery=Delivery.BOUNCED)))

    assert ids(bounced, 13, BROKEN)
