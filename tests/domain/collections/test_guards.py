"""Who is left alone, and in which order it is asked."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest

from csp_receivables.domain.collections.cases import HoldKind
from csp_receivables.domain.collections.decide import decide
from csp_receivables.domain.collections.policy import Minimum, Override
from tests.debtors import (
    NOTICE,
    POLICY,
    WAIT,
    answer,
    case,
    chased,
    day,
    debt,
    hold,
    minor,
    policy,
    rules,
    sent,
    settled,
)

EXEMPT = policy(overrides=(Override(customers=frozenset({"C1"}), exempt=True, because="the owner's own company"),))


def test_who_owes_nothing_is_left_alone() -> None:
    decision = decide(settled(), POLICY, day(50))

    assert (WAIT, "clear", "", 0, ["open"]) == (
        decision.answer,
        decision.stage,
        decision.currency,
        decision.open,
        rules(decision),
    )


def test_the_first_guard_answers() -> None:
    everything = case(holds=(hold(), hold(HoldKind.INSOLVENCY)))

    assert ["exempt"] == rules(decide(everything, EXEMPT, day(50)))
    assert ["hold"] == rules(decide(everything, POLICY, day(50)))
    assert ["open"] == rules(decide(replace(everything, debts=()), EXEMPT, day(50)))


def test_a_guard_says_what_would_have_happened() -> None:
    decision = decide(case(holds=(hold(until=day(60)),)), POLICY, day(25))

    assert ["final_notice"] == [reason.rule for reason in decision.outranked]
    assert ("final_notice", day(61)) == (decision.next_stage, decision.next_on)


@pytest.mark.parametrize(
    ("minimum", "expected"),
    [
        (Minimum(amount=10_001), WAIT),
        (Minimum(amount=10_000), NOTICE),
        (Minimum(amount=9_999), NOTICE),
        (Minimum(receivables=2), WAIT),
        (Minimum(receivables=1), NOTICE),
        (Minimum(amount=10_000, receivables=2), WAIT),  # below either of them
    ],
)
def test_below_the_minimum_nothing_is_chased(minimum: Minimum, expected: str) -> None:
    assert expected == answer(case(), 6, policy(minimum=MappingProxyType({"EUR": minimum})))[0]


def test_a_minimum_counts_what_is_overdue_not_what_is_open() -> None:
    half = case(debt("A", 6_000), debt("B", 6_000, due=40))

    assert ["minimum_amount"] == rules(decide(half, policy(minimum={"EUR": Minimum(amount=10_000)}), day(6)))


def test_a_currency_without_a_minimum_is_chased_for_its_smallest_unit() -> None:
    assert (NOTICE, "reminder") == answer(case(debt(amount=1)), 6)


@pytest.mark.parametrize(
    ("unapplied", "credit", "expected"),
    [
        (9_999, 0, NOTICE),
        (10_000, 0, WAIT),
        (10_001, 0, WAIT),
        (0, 10_000, WAIT),
        (5_000, 5_000, WAIT),
        (5_000, 4_999, NOTICE),
        (-50, 10_000, WAIT),  # paid back more than came: takes nothing off the credit
    ],
)
def test_money_and_credits_that_cover_nothing_yet_count_first(unapplied: int, credit: int, expected: str) -> None:
    waiting = case(unapplied=minor(EUR=unapplied), credit_left=minor(EUR=credit))

    assert expected == answer(waiting, 25)[0]


def test_money_in_another_currency_covers_nothing() -> None:
    assert NOTICE is answer(case(unapplied=minor(SEK=10_000)), 25)[0]


def test_what_is_covered_is_the_oldest_and_is_not_chased() -> None:
    decision = decide(case(debt("A"), debt("B", due=2), unapplied=minor(EUR=10_000)), POLICY, day(10))

    assert ("B",) == decision.receivable_ids
    assert "unapplied" in rules(decision)


def test_money_covers_what_may_be_chased_before_what_is_disputed() -> None:
    disputed = case(debt("A"), debt("B", due=2), unapplied=minor(EUR=10_000), holds=(hold(receivable_id="A"),))

    assert WAIT is answer(disputed, 10)[0]


def test_a_hold_that_covers_everything_leaves_nothing() -> None:
    decision = decide(case(holds=(hold(receivable_id="A"),)), POLICY, day(10))

    assert (WAIT, ["hold A"]) == (decision.answer, rules(decision))


def test_the_stage_that_was_reached_is_shown_while_a_hold_is_on() -> None:
    held = chased(sent("reminder", 5), holds=(hold(placed=6),))

    assert (WAIT, "reminder") == answer(held, 10)
