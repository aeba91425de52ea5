"""Access comes back first, at a threshold of its own, whatever else is on."""

from __future__ import annotations

import pytest

from csp_receivables.domain.collections.cases import HoldKind, Suspension
from csp_receivables.domain.collections.decide import decide
from tests.debtors import (
    POLICY,
    REINSTATE,
    WAIT,
    answer,
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

TAKEN = Suspension(round_id="1.1", on=day(31), receivable_ids=frozenset({"A"}))
LENIENT = policy(reinstate_below=minor(EUR=1_000))


@pytest.mark.parametrize(("open_amount", "expected"), [(1_001, WAIT), (1_000, REINSTATE), (999, REINSTATE)])
def test_access_returns_at_its_own_threshold(open_amount: int, expected: str) -> None:
    nearly = chased(sent("final_notice", 20), debts=(debt(open_amount=open_amount),), suspension=TAKEN)

    assert expected == answer(nearly, 40, LENIENT)[0]


def test_without_a_threshold_a_cent_keeps_access_away() -> None:
    assert WAIT is answer(chased(sent("final_notice", 20), debts=(debt(open_amount=1),), suspension=TAKEN), 40)[0]


def test_a_customer_who_owes_nothing_gets_access_back_before_any_guard() -> None:
    decision = decide(settled(rounds=(opened(5),), suspension=TAKEN, holds=(hold(),)), POLICY, day(40))

    assert (REINSTATE, "C1/1.1/suspension/reinstate") == (decision.answer, decision.action_id)


@pytest.mark.parametrize("kind", [HoldKind.MANUAL, HoldKind.INSOLVENCY])
def test_holds_do_not_stop_it(kind: HoldKind) -> None:
    assert REINSTATE is answer(settled(suspension=TAKEN, holds=(hold(kind),)), 40)[0]


def test_a_dispute_alone_does_not_bring_access_back() -> None:
    disputed = chased(sent("final_notice", 20), suspension=TAKEN, holds=(hold(receivable_id="A"),))

    assert WAIT is answer(disputed, 40)[0]


def test_other_debts_do_not_keep_access_away() -> None:
    assert REINSTATE is answer(case(debt("B", due=35), suspension=TAKEN), 45)[0]


def test_money_that_is_not_applied_yet_brings_access_back() -> None:
    assert REINSTATE is answer(case(unapplied=minor(EUR=10_000), suspension=TAKEN, rounds=(opened(5),)), 45)[0]


def test_a_returned_payment_does_not_take_access_away_without_a_new_warning() -> None:
    returned = chased(sent("final_notice", 20), sent("suspension", 31), debts=(debt(reopened_on=day(38)),))

    decision = decide(returned, POLICY, day(40))

    assert ("send_notice", "final_notice", "2.1") == (decision.answer, decision.stage, decision.round_id)


def test_access_does_not_flap_around_the_threshold() -> None:
    reinstated = chased(sent("final_notice", 30), debts=(debt(open_amount=1_000),))

    assert WAIT is answer(reinstated, 45, LENIENT)[0]
