"""Days are counted from the due date on a working day, plus grace; below, at and above each stage."""

from __future__ import annotations

from datetime import date

import pytest

from csp_receivables.domain.collections.decide import decide
from csp_receivables.domain.collections.policy import Anchor
from tests.debtors import NOTICE, POLICY, WAIT, answer, case, chased, day, debt, policy, sent


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (-6, (WAIT, "clear")),
        (-5, (NOTICE, "coming_due")),
        (0, (NOTICE, "coming_due")),  # on the due date itself it is still coming due
        (1, (WAIT, "clear")),  # overdue, and no stage speaks of it yet
        (4, (WAIT, "clear")),
        (5, (NOTICE, "reminder")),
        (6, (NOTICE, "reminder")),  # a missed day is made good
        (19, (NOTICE, "reminder")),
        (20, (NOTICE, "final_notice")),
        (400, (NOTICE, "final_notice")),  # however late, never a suspension without its warning
    ],
)
def test_a_stage_begins_on_its_day(days: int, expected: tuple[str, str]) -> None:
    assert expected == answer(case(), days)


def test_a_due_date_on_a_weekend_counts_from_the_next_working_day() -> None:
    saturday = debt(due_on=date(2026, 2, 28))
    monday = debt(due_on=date(2026, 3, 2))

    assert decide(case(saturday), POLICY, day(4)).answer is WAIT
    assert decide(case(saturday), POLICY, day(5)).because == decide(case(monday), POLICY, day(5)).because


def test_holidays_are_those_of_the_customers_country() -> None:
    midsummers_eve = debt(due_on=date(2026, 6, 19))  # a Friday, and no bank is open in Sweden

    assert decide(case(midsummers_eve, country="SE"), POLICY, date(2026, 6, 24)).answer is WAIT
    assert decide(case(midsummers_eve, country="DE"), POLICY, date(2026, 6, 24)).stage == "reminder"


@pytest.mark.parametrize(("days", "expected"), [(7, WAIT), (8, NOTICE), (9, NOTICE)])
def test_grace_moves_every_stage(days: int, expected: str) -> None:
    assert expected == answer(case(), days, policy(grace_days=3))[0]


def test_within_grace_nothing_is_coming_due_and_nothing_is_late() -> None:
    decision = decide(case(), policy(grace_days=3), day(2))

    assert (WAIT, "clear", 0) == (decision.answer, decision.stage, decision.overdue)


@pytest.mark.parametrize(("days", "expected"), [(-27, WAIT), (-26, NOTICE)])
def test_an_anchor_may_be_the_issue_date(days: int, expected: str) -> None:
    issued_on_a_friday = case(debt(issued_on=day(-31)))
    late_ladder = policy(anchor=Anchor.ISSUE_DATE, stages=POLICY.stages[1:])

    assert expected == answer(issued_on_a_friday, days, late_ladder)[0]


@pytest.mark.parametrize(("days", "overdue", "late"), [(0, 0, 0), (1, 10_000, 1)])
def test_a_receivable_is_overdue_from_the_day_after(days: int, overdue: int, late: int) -> None:
    decision = decide(case(), POLICY, day(days))

    assert (10_000, overdue, late) == (decision.open, decision.overdue, decision.days_overdue)


def test_the_reason_names_rule_threshold_and_actual() -> None:
    (reason,) = decide(case(), POLICY, day(6)).because

    assert ("days_overdue", "5", "6") == (reason.rule, reason.threshold, reason.actual)


def test_one_notice_announces_what_falls_due_on_one_day() -> None:
    two_days = case(debt("A"), debt("B"), debt("C", due=1))

    decision = decide(two_days, POLICY, day(-3))

    assert ("due-2026-03-02", ("A", "B")) == (decision.round_id, decision.receivable_ids)
    assert decision.opens is None


def test_a_due_day_that_was_announced_makes_way_for_the_next() -> None:
    two_days = case(debt("A"), debt("C", due=1), notices=(sent("coming_due", -4, round_id="due-2026-03-02"),))

    assert "due-2026-03-03" == decide(two_days, POLICY, day(-3)).round_id


def test_what_was_announced_is_not_announced_again() -> None:
    announced = case(notices=(sent("coming_due", -4, round_id="due-2026-03-02"),))

    assert (WAIT, "coming_due") == answer(announced, -3)


def test_the_announcement_does_not_count_as_a_notice_of_what_is_late() -> None:
    announced = chased(sent("reminder", 5), debts=(debt(),))

    assert (WAIT, "reminder") == answer(announced, 6)


@pytest.mark.parametrize(("days", "expected"), [(-6, WAIT), (-5, NOTICE), (0, NOTICE), (1, WAIT), (3, WAIT)])
def test_grace_is_for_what_is_late_and_puts_off_no_notice_before_the_due_date(days: int, expected: str) -> None:
    """Five days before is five days before, however long the grace."""
    assert expected == answer(case(), days, policy(grace_days=10))[0]
