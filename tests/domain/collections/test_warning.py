"""I1: no suspension without its own warning, in the same round, in time, naming what causes it."""

from __future__ import annotations

import pytest

from csp_receivables.domain.collections.cases import Delivery, Suspension
from csp_receivables.domain.collections.decide import decide
from csp_receivables.domain.collections.policy import Condition
from tests.debtors import (
    NOTICE,
    POLICY,
    SUSPEND,
    WAIT,
    answer,
    case,
    chased,
    day,
    debt,
    hold,
    minor,
    opened,
    rules,
    sent,
    with_stage,
)


@pytest.mark.parametrize(
    ("warned", "days", "expected"),
    [
        (20, 30, (WAIT, "final_notice")),  # warned long enough ago, and not late enough
        (20, 31, (SUSPEND, "suspension")),
        (22, 31, (WAIT, "final_notice")),  # nine days after the warning
        (22, 32, (SUSPEND, "suspension")),  # ten
        (22, 52, (SUSPEND, "suspension")),  # thirty
        (22, 53, (NOTICE, "final_notice")),  # the warning is too old: another, in another round
    ],
)
def test_a_suspension_keeps_to_the_days_of_its_warning(warned: int, days: int, expected: tuple[str, str]) -> None:
    assert expected == answer(chased(sent("final_notice", warned)), days)


@pytest.mark.parametrize("delivery", [Delivery.BOUNCED, Delivery.FAILED])
def test_a_warning_that_did_not_arrive_is_sent_however_late_the_debt(delivery: Delivery) -> None:
    decision = decide(chased(sent("final_notice", 20, delivery=delivery)), POLICY, day(90))

    assert (NOTICE, "final_notice") == (decision.answer, decision.stage)


def test_a_warning_of_another_round_is_none() -> None:
    earlier = case(
        debt("B"), notices=(sent("final_notice", 22, ["A"], round_id="1.1"),), rounds=(opened(5, closed=30),)
    )

    assert (NOTICE, "final_notice") == answer(earlier, 40)


def test_a_warning_anew_needs_a_new_round_so_that_no_id_is_used_twice() -> None:
    decision = decide(chased(sent("final_notice", 22)), POLICY, day(53))

    assert "C1/1.2/final_notice/send_notice" == decision.action_id
    assert decision.opens is not None
    assert frozenset({"A"}) == decision.opens.receivable_ids


def test_in_the_new_round_the_suspension_follows_its_own_warning() -> None:
    anew = case(
        notices=(sent("final_notice", 22), sent("final_notice", 53, round_id="1.2")),
        rounds=(opened(5), opened(53, round_id="1.2")),
    )

    assert (WAIT, "final_notice") == answer(anew, 62)
    assert (SUSPEND, "suspension") == answer(anew, 63)


def test_only_what_the_warning_names_causes_the_suspension() -> None:
    released = chased(sent("final_notice", 22, ["A"]), debts=(debt("A"), debt("B")))

    decision = decide(released, POLICY, day(35))

    assert (SUSPEND, ("A",)) == (decision.answer, decision.receivable_ids)


def test_a_warning_about_what_was_paid_since_is_no_warning_about_the_rest() -> None:
    both_named_one_warned = case(debt("B"), notices=(sent("final_notice", 22, ["A"]),), rounds=(opened(5, ["A", "B"]),))

    decision = decide(both_named_one_warned, POLICY, day(35))

    assert (NOTICE, "final_notice", "1.2") == (decision.answer, decision.stage, decision.round_id)


def test_the_warned_rest_alone_must_be_worth_a_suspension() -> None:
    under = with_stage("suspension", when=Condition(days_min=31, amount_min=minor(EUR=15_000)))
    released = chased(sent("final_notice", 22, ["A"]), debts=(debt("A"), debt("B")))
    released = case(*released.debts, notices=released.notices, rounds=(opened(5, ["A", "B"]),))

    assert (NOTICE, "final_notice") == answer(released, 35, under)


def test_a_disputed_receivable_causes_no_suspension() -> None:
    disputed = chased(
        sent("final_notice", 22, ["A", "B"]), debts=(debt("A"), debt("B")), holds=(hold(receivable_id="B"),)
    )

    assert ("A",) == decide(disputed, POLICY, day(35)).receivable_ids


def test_who_is_suspended_is_not_suspended_again() -> None:
    suspended = chased(
        sent("final_notice", 20), suspension=Suspension(round_id="1.1", on=day(31), receivable_ids=frozenset({"A"}))
    )

    assert (WAIT, "suspension") == answer(suspended, 40)


def test_the_proposal_says_by_which_warning() -> None:
    decision = decide(chased(sent("final_notice", 20)), POLICY, day(31))

    assert ["days_overdue", "warned_by_final_notice"] == rules(decision)
    assert "11 days, accepted 2026-03-22" == decision.because[1].actual
