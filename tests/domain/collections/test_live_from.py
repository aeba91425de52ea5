"""A policy goes live on a day: older debts start at its first stage."""

from __future__ import annotations

import pytest

from csp_receivables.domain.collections.decide import decide
from tests.debtors import NOTICE, WAIT, answer, case, chased, day, debt, policy, rules, sent

LIVE = policy(live_from=day(100))


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (99, (NOTICE, "final_notice")),  # what would be, while nothing leaves the house
        (100, (NOTICE, "reminder")),
        (114, (NOTICE, "reminder")),
        (115, (NOTICE, "final_notice")),
    ],
)
def test_an_older_debt_starts_at_the_first_stage(days: int, expected: tuple[str, str]) -> None:
    assert expected == answer(case(), days, LIVE)


def test_it_climbs_at_the_pace_of_a_new_one() -> None:
    reminded = chased(sent("reminder", 100))

    assert (WAIT, "reminder") == answer(reminded, 114, LIVE)
    assert (NOTICE, "final_notice") == answer(reminded, 115, LIVE)


def test_a_debt_due_on_that_day_is_no_older_one() -> None:
    assert (NOTICE, "final_notice") == answer(case(debt(due=100)), 121, LIVE)


def test_the_reason_says_how_the_days_were_counted() -> None:
    decision = decide(case(), LIVE, day(101))

    assert "101, counted as 6 since live_from" == decision.because[0].actual
    assert "days_overdue" in rules(decision)
