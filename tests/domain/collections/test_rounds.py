"""Receivables are chased together in rounds; what becomes late later, or again, gets its own."""

from __future__ import annotations

from csp_receivables.domain.collections.decide import decide
from tests.debtors import (
    NOTICE,
    POLICY,
    SUSPEND,
    WAIT,
    case,
    chased,
    day,
    debt,
    hold,
    minor,
    opened,
    policy,
    sent,
    settled,
)


def test_the_first_notice_opens_the_first_round_with_all_that_is_overdue() -> None:
    decision = decide(case(debt("A"), debt("B", due=2), debt("C", due=10)), POLICY, day(8))

    assert decision.opens is not None
    assert ("1.1", frozenset({"A", "B"})) == (decision.opens.round_id, decision.opens.receivable_ids)
    assert "v1" == decision.opens.policy_version


def test_what_becomes_overdue_later_is_the_next_round_with_its_own_notices() -> None:
    later = chased(sent("reminder", 5), debts=(debt("A"), debt("B", due=10)))

    decision = decide(later, POLICY, day(15))

    assert ("1.2", NOTICE, "reminder", ("B",)) == (
        decision.round_id,
        decision.answer,
        decision.stage,
        decision.receivable_ids,
    )


def test_a_round_closes_when_all_it_named_is_settled() -> None:
    decision = decide(settled(rounds=(opened(5),), notices=(sent("reminder", 5),)), POLICY, day(6))

    assert (("1.1",), WAIT, "clear") == (decision.closes, decision.answer, decision.stage)


def test_a_round_with_something_open_or_held_stays() -> None:
    half = chased(sent("reminder", 5, ["A", "B"]), debts=(debt("B"),), holds=(hold(receivable_id="B"),))

    assert () == decide(half, POLICY, day(9)).closes


def test_the_next_episode_begins_when_no_round_is_open() -> None:
    again = case(debt("B", due=40), rounds=(opened(5, closed=20), opened(8, ["X"], round_id="1.2", closed=21)))

    assert "2.1" == decide(again, POLICY, day(47)).round_id


def test_a_round_that_was_never_seen_closing_makes_way_too() -> None:
    again = case(debt("B", due=40), rounds=(opened(5),))

    decision = decide(again, POLICY, day(47))

    assert (("1.1",), "2.1") == (decision.closes, decision.round_id)


def test_what_a_return_reopens_needs_a_new_round_and_so_a_new_warning() -> None:
    returned = chased(sent("final_notice", 22), debts=(debt(reopened_on=day(30)),))

    decision = decide(returned, POLICY, day(35))

    assert (NOTICE, "final_notice", "2.1") == (decision.answer, decision.stage, decision.round_id)


def test_a_return_beside_an_open_receivable_leaves_that_one_in_its_round() -> None:
    returned = chased(sent("final_notice", 22, ["A", "B"]), debts=(debt("A"), debt("B", reopened_on=day(30))))

    decision = decide(returned, POLICY, day(35))

    assert (SUSPEND, ("A",)) == (decision.answer, decision.receivable_ids)
    assert ["final_notice"] == [reason.rule for reason in decision.outranked]


def test_a_hold_that_ends_late_starts_its_receivable_in_a_round_of_its_own() -> None:
    released = chased(sent("reminder", 5), debts=(debt("A"), debt("B")))

    assert ("1.2", ("B",)) == (
        decide(released, POLICY, day(9)).round_id,
        decide(released, POLICY, day(9)).receivable_ids,
    )


def test_a_round_number_is_never_used_again() -> None:
    rounds = (opened(5, closed=9), opened(6, ["B"], round_id="1.2"), opened(7, ["X"], round_id="1.10", closed=8))

    assert "1.11" == decide(case(debt("B"), debt("C"), rounds=rounds), POLICY, day(12)).round_id


def test_going_below_a_stages_minimum_goes_back_and_repeats_nothing() -> None:
    stages = tuple(s if s.name != "final_notice" else _with_amount(s) for s in POLICY.stages)
    paid_in_part = chased(
        sent("reminder", 5), sent("final_notice", 20), debts=(debt(open_amount=4_000, part_paid_on=day(21)),)
    )

    decision = decide(paid_in_part, policy(stages=stages), day(25))

    assert (WAIT, "reminder") == (decision.answer, decision.stage)


def _with_amount(stage):
    from dataclasses import replace

    from csp_receivables.domain.collections.policy import Condition

    return replace(stage, when=Condition(days_min=20, amount_min=minor(EUR=5_000)))
