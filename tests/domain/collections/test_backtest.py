"""A period again under another policy: the same rules, the same facts, no effect."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from csp_receivables.domain.collections.backtest import (
    Applied,
    History,
    Waiting,
    case_on,
    first_notices,
    replay,
    sales_outstanding,
)
from csp_receivables.domain.collections.policy import CollectionsPolicy, Condition, Letters
from tests.debtors import POLICY, day, debt, hold, policy, promise, with_stage

EARLIER = with_stage("reminder", when=Condition(days_min=2))


def _history(**changes: object) -> History:
    made = History(customer_id="C1", name="Contoso", country="DE", party_kind="company", debts=(debt(),))
    return replace(made, **changes)


def _steps(history: History, under: CollectionsPolicy = POLICY, until: int = 100) -> list[tuple[date, str]]:
    return [(step.on, step.stage) for step in replay(history, under, day(-40), day(until)).steps]


def test_a_customer_who_never_pays_climbs_the_whole_ladder() -> None:
    assert [
        (day(-5), "coming_due"),
        (day(5), "reminder"),
        (day(20), "final_notice"),
        (day(31), "suspension"),
        (day(60), "escalation"),
    ] == _steps(_history())


def test_who_paid_hears_nothing_afterwards_and_gets_access_back() -> None:
    paid = _history(applied=(Applied(on=day(40), receivable_id="A", amount=10_000),))

    assert [(day(31), "suspension"), (day(40), "suspension")] == _steps(paid)[-2:]
    assert "reinstate" == replay(paid, POLICY, day(-40), day(100)).steps[-1].answer


def test_a_hold_moves_what_comes_after_it() -> None:
    held = _history(holds=(hold(placed=2, until=day(24)),))

    assert (day(25), "final_notice") == _steps(held)[1]


def test_money_that_waited_counted_while_it_waited() -> None:
    waited = _history(
        waiting=(Waiting(on=day(3), currency="EUR", amount=10_000), Waiting(on=day(9), currency="EUR", amount=-10_000)),
        applied=(Applied(on=day(9), receivable_id="A", amount=10_000),),
    )

    assert [(day(-5), "coming_due")] == _steps(waited)


def test_the_past_is_seen_as_it_was_on_each_day() -> None:
    part = _history(
        applied=(
            Applied(on=day(3), receivable_id="A", amount=4_000),
            Applied(on=day(6), receivable_id="A", amount=-1_000),
        )
    )

    before, after = (case_on(part, (), (), None, day(on)).debts[0] for on in (2, 6))

    assert (10_000, None, None) == (before.open_amount, before.part_paid_on, before.reopened_on)
    assert (7_000, day(3), day(6)) == (after.open_amount, after.part_paid_on, after.reopened_on)


def test_another_policy_takes_other_steps_on_the_same_facts() -> None:
    assert (day(2), "reminder") == _steps(_history(), EARLIER)[1]


def test_the_estimate_moves_a_payment_with_its_first_notice_and_says_so_in_tenths_of_a_day() -> None:
    paid = _history(applied=(Applied(on=day(8), receivable_id="A", amount=10_000),))
    now, then = (first_notices(replay(paid, under, day(-40), day(60)).steps) for under in (POLICY, EARLIER))

    (estimate,) = sales_outstanding([paid], now, then, day(-40), day(60))

    assert ({"A": day(5)}, {"A": day(2)}) == (now, then)
    assert ("EUR", 10_000, 380, 350) == (
        estimate.currency,
        estimate.amount,
        estimate.tenths_as_it_was,
        estimate.tenths_estimated,
    )


def test_what_was_paid_before_any_notice_is_not_moved() -> None:
    prompt = _history(applied=(Applied(on=day(1), receivable_id="A", amount=10_000),))

    (estimate,) = sales_outstanding([prompt], {"A": day(5)}, {"A": day(2)}, day(-40), day(60))

    assert estimate.tenths_as_it_was == estimate.tenths_estimated


ALL_LETTERS = policy(letters=Letters(promise_broken=True, payment_received=True, statement_day=15))


def _letters(history: History, under: CollectionsPolicy = ALL_LETTERS) -> list[tuple[date, str]]:
    return [(letter.on, letter.kind) for letter in replay(history, under, day(-40), day(60)).letters]


def test_letters_beside_the_ladder_are_counted_each_once() -> None:
    mid_march, mid_april = date(2026, 3, 15), date(2026, 4, 15)
    paid = _history(applied=(Applied(on=day(24), receivable_id="A", amount=10_000),))
    by_credit = _history(applied=(Applied(on=day(24), receivable_id="A", amount=10_000, is_credit=True),))

    assert [(date(2026, 2, 15), "statement"), (mid_march, "statement"), (mid_april, "statement")] == _letters(
        _history()
    )
    assert [(mid_march, "statement"), (day(24), "payment_received")] == _letters(paid)[1:]
    assert [(mid_march, "statement")] == _letters(by_credit)[1:]
    assert [] == _letters(_history(), POLICY)


def test_a_broken_promise_is_written_of_when_banks_had_been_open() -> None:
    sunday = date(2026, 3, 15)
    promised = _history(holds=(promise(10_000, (sunday - day(0)).days, placed_on=day(10)),))

    assert (date(2026, 3, 17), "promise_broken") in _letters(promised)


def test_letters_change_no_step() -> None:
    assert _steps(_history()) == _steps(_history(), ALL_LETTERS)
