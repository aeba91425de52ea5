"""What comes next is what the same facts decide on that day, and no earlier."""

from __future__ import annotations

from datetime import timedelta

import pytest

from csp_receivables.domain.collections.cases import Case, Suspension
from csp_receivables.domain.collections.decide import decide
from csp_receivables.domain.collections.decisions import Answer
from tests.debtors import POLICY, case, chased, day, debt, hold, policy, sent

TAKEN = Suspension(round_id="1.1", on=day(31), receivable_ids=frozenset({"A"}))
WAITING = [
    ("nothing is due yet", case(), -20, "coming_due", -5),
    (
        "what falls due was announced",
        case(notices=(sent("coming_due", -5, round_id="due-2026-03-02"),)),
        -3,
        "reminder",
        5,
    ),
    ("it is late, and too early to say so", case(), 2, "reminder", 5),
    ("the reminder was sent in time", chased(sent("reminder", 5)), 6, "final_notice", 20),
    ("the reminder was sent late", chased(sent("reminder", 18)), 19, "final_notice", 25),
    ("the warning was sent in time", chased(sent("final_notice", 20)), 21, "suspension", 31),
    ("the warning was sent late", chased(sent("final_notice", 40)), 41, "suspension", 50),
    ("access was taken", chased(sent("final_notice", 20), suspension=TAKEN), 35, "escalation", 60),
    ("somebody asked to be left alone", case(holds=(hold(until=day(8)),)), 6, "reminder", 9),
]


@pytest.mark.parametrize(("why", "one", "days", "stage", "on"), WAITING, ids=[w[0] for w in WAITING])
def test_the_next_step_comes_on_its_day(why: str, one: Case, days: int, stage: str, on: int) -> None:
    now = decide(one, POLICY, day(days))
    assert (Answer.WAIT, stage, day(on)) == (now.answer, now.next_stage, now.next_on)

    assert Answer.WAIT is decide(one, POLICY, day(on) - timedelta(days=1)).answer
    assert stage == decide(one, POLICY, day(on)).stage


def test_after_todays_notice_the_next_one_keeps_its_distance() -> None:
    decision = decide(case(), POLICY, day(18))

    assert ("reminder", "final_notice", day(25)) == (decision.stage, decision.next_stage, decision.next_on)


def test_a_pause_moves_what_comes_next() -> None:
    part = chased(sent("reminder", 5), debts=(debt(open_amount=5_000, part_paid_on=day(18)),))

    assert day(28) == decide(part, policy(part_payment_pause_days=10), day(19)).next_on


def test_grace_puts_off_what_comes_once_it_is_late() -> None:
    announced = case(notices=(sent("coming_due", -5, round_id="due-2026-03-02"),))

    assert day(8) == decide(announced, policy(grace_days=3), day(-3)).next_on


def test_without_an_announcement_the_first_step_after_the_due_day_comes_next() -> None:
    decision = decide(case(), policy(stages=POLICY.stages[1:]), day(-20))

    assert ("reminder", day(5)) == (decision.next_stage, decision.next_on)


def test_where_a_person_must_act_first_there_is_no_day() -> None:
    doubtful = decide(chased(sent("final_notice", 20), doubts=("a suggestion",)), POLICY, day(35))

    assert ("suspension", None) == (doubtful.next_stage, doubtful.next_on)
