"""Holds: a dispute, a promise kept, broken or partly kept, a plan; until a day, until a person ends it."""

from __future__ import annotations

from datetime import date

import pytest

from csp_receivables.domain.collections.cases import HoldKind, Instalment
from csp_receivables.domain.collections.decide import decide
from csp_receivables.domain.collections.holds import HoldState, standing_of
from tests.debtors import NOTICE, POLICY, SUSPEND, WAIT, answer, case, chased, day, debt, hold, promise, rules, sent


@pytest.mark.parametrize("kind", list(HoldKind))
def test_every_kind_of_hold_leaves_its_customer_alone(kind: HoldKind) -> None:
    assert (WAIT, "final_notice") == answer(chased(sent("final_notice", 20), holds=(hold(kind, placed=21),)), 35)
    assert (SUSPEND, "suspension") == answer(chased(sent("final_notice", 20)), 35)


@pytest.mark.parametrize(("days", "expected"), [(9, NOTICE), (10, WAIT), (15, WAIT), (16, NOTICE)])
def test_a_hold_lasts_from_its_day_to_its_last_day(days: int, expected: str) -> None:
    assert expected == answer(case(holds=(hold(placed=10, until=day(15)),)), days)[0]


@pytest.mark.parametrize(("days", "expected"), [(11, WAIT), (12, NOTICE)])
def test_a_person_ends_a_hold_from_a_day_on(days: int, expected: str) -> None:
    assert expected == answer(case(holds=(hold(until=day(30), ended_on=day(12)),)), days)[0]


def test_a_dispute_on_one_receivable_leaves_the_others_collectable() -> None:
    disputed = case(debt("A"), debt("B"), holds=(hold(HoldKind.DISPUTE, receivable_id="A"),))

    decision = decide(disputed, POLICY, day(6))

    assert (NOTICE, ("B",)) == (decision.answer, decision.receivable_ids)
    assert "hold A" in rules(decision)


def test_insolvency_is_never_about_one_receivable_only() -> None:
    insolvent = case(debt("A"), debt("B"), holds=(hold(HoldKind.INSOLVENCY, receivable_id="A"),))

    assert WAIT is answer(insolvent, 25)[0]


@pytest.mark.parametrize(
    ("received", "days", "state"),
    [
        ((), 10, HoldState.HOLDS),  # on the promised day it may still come
        ((), 11, HoldState.BROKEN),
        (((10, 5_000),), 10, HoldState.KEPT),
        (((10, 4_999),), 11, HoldState.PARTLY_KEPT),
        (((10, 5_000),), 11, HoldState.KEPT),
        (((10, 2_000), (10, 3_000)), 11, HoldState.KEPT),
        (((11, 5_000),), 12, HoldState.BROKEN),  # a day late
        (((-1, 5_000),), 11, HoldState.BROKEN),  # came before it was promised
        (((0, 5_000),), 11, HoldState.KEPT),  # on the day of the promise
    ],
)
def test_a_promise_is_judged_by_the_money_received_since(
    received: tuple[tuple[int, int], ...], days: int, state: HoldState
) -> None:
    promised = case(received=tuple((day(on), "EUR", amount) for on, amount in received))

    assert state is standing_of(promise(5_000, 10), promised, day(days)).state


def test_money_in_another_currency_keeps_no_promise() -> None:
    promised = case(received=((day(5), "SEK", 5_000),))

    assert HoldState.BROKEN is standing_of(promise(5_000, 10), promised, day(11)).state


def test_a_promise_for_a_day_without_banks_has_until_the_next() -> None:
    easter_monday = promise(5_000, 0, instalments=(Instalment(due_on=date(2026, 4, 6), amount=5_000),))

    assert HoldState.HOLDS is standing_of(easter_monday, case(), date(2026, 4, 7)).state
    assert HoldState.BROKEN is standing_of(easter_monday, case(), date(2026, 4, 8)).state


def test_a_broken_promise_holds_nothing_back_and_says_so() -> None:
    decision = decide(case(holds=(promise(5_000, 9),)), POLICY, day(10))

    assert NOTICE is decision.answer
    broken = next(reason for reason in decision.because if reason.rule == "promise")
    assert "promise: broken: 0.00 EUR received (50.00 EUR by then)" == str(broken)


def test_a_promise_that_holds_names_its_end() -> None:
    decision = decide(case(holds=(promise(5_000, 9),)), POLICY, day(8))

    assert ("until 2026-03-11", day(10)) == (decision.because[0].threshold, decision.next_on)


PLAN = hold(
    HoldKind.PLAN,
    currency="EUR",
    instalments=tuple(Instalment(due_on=day(days), amount=3_000) for days in (10, 38, 70)),
)


@pytest.mark.parametrize(
    ("received", "days", "state"),
    [
        ((), 10, HoldState.HOLDS),
        ((), 11, HoldState.BROKEN),
        (((9, 3_000),), 11, HoldState.HOLDS),
        (((9, 3_000),), 38, HoldState.HOLDS),
        (((9, 3_000),), 39, HoldState.PARTLY_KEPT),
        (((9, 6_000),), 39, HoldState.HOLDS),  # two at once
        (((9, 3_000), (38, 3_000), (70, 3_000)), 71, HoldState.KEPT),
        (((12, 9_000),), 20, HoldState.BROKEN),  # the first came late
    ],
)
def test_a_plan_is_kept_instalment_by_instalment(
    received: tuple[tuple[int, int], ...], days: int, state: HoldState
) -> None:
    paying = case(received=tuple((day(on), "EUR", amount) for on, amount in received))

    assert state is standing_of(PLAN, paying, day(days)).state
