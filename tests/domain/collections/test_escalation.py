"""The end of the ladder is a person: once, after the customer has heard, and then the customer waits there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from csp_receivables.domain.collections.cases import Suspension
from csp_receivables.domain.collections.decide import decide
from csp_receivables.domain.collections.policy import Act, Condition, Stage
from tests.debtors import (
    ESCALATE,
    NOTICE,
    POLICY,
    SUSPEND,
    WAIT,
    answer,
    case,
    chased,
    day,
    minor,
    policy,
    rules,
    sent,
    with_stage,
)

TAKEN = Suspension(round_id="1.1", on=day(31), receivable_ids=frozenset({"A"}))


@pytest.mark.parametrize(("days", "expected"), [(59, WAIT), (60, ESCALATE), (61, ESCALATE)])
def test_who_stays_suspended_is_handed_to_the_owner(days: int, expected: str) -> None:
    assert expected == answer(chased(sent("final_notice", 20), suspension=TAKEN), days)[0]


def test_it_is_answered_once_and_the_customer_waits_in_that_stage() -> None:
    handed_over = chased(sent("final_notice", 20), sent("escalation", 60), suspension=TAKEN)

    decision = decide(handed_over, POLICY, day(90))

    assert (WAIT, "escalation", "") == (decision.answer, decision.stage, decision.next_stage)


def test_the_owner_is_named() -> None:
    decision = decide(chased(sent("final_notice", 20), suspension=TAKEN), POLICY, day(60))

    assert "credit@partner.example" == decision.because[-1].actual


def test_nobody_is_handed_over_before_they_heard() -> None:
    assert (NOTICE, "final_notice") == answer(case(), 90)


def test_while_a_suspension_may_be_proposed_it_is() -> None:
    assert (SUSPEND, "suspension") == answer(chased(sent("final_notice", 55)), 70)


def test_a_warning_that_ran_out_without_a_suspension_ends_with_the_owner() -> None:
    declined = chased(sent("final_notice", 30))

    assert (SUSPEND, "suspension") == answer(declined, 60)
    assert (ESCALATE, "escalation") == answer(declined, 61)


def test_who_can_not_be_reached_goes_to_the_owner() -> None:
    assert (WAIT, "clear") == answer(case(has_address=False), 59)
    assert (ESCALATE, "escalation") == answer(case(has_address=False), 60)


def test_without_a_suspension_the_last_notice_must_have_been_accepted() -> None:
    soft = policy(
        stages=(
            *POLICY.stages[:3],
            Stage(
                name="escalation",
                act=Act.ESCALATE,
                when=Condition(days_min=40),
                days_after_previous_min=10,
                owner="Ada",
            ),
        )
    )

    assert (NOTICE, "final_notice") == answer(case(), 45, soft)
    assert (WAIT, "final_notice") == answer(chased(sent("final_notice", 45)), 54, soft)
    assert (ESCALATE, "escalation") == answer(chased(sent("final_notice", 45)), 55, soft)
    assert "days_after_final_notice" in rules(decide(chased(sent("final_notice", 45)), soft, day(54)))


def test_a_long_overdue_debt_is_handed_over_only_after_the_distance_of_the_stages() -> None:
    """Found with a debt far past the last stage: its only notice one day, its escalation on the next."""
    without_a_wait = with_stage("escalation", days_after_previous_min=0)  # 60 days, 29 after the suspension
    small = policy(
        stages=tuple(
            replace(s, when=replace(s.when, amount_min=minor(EUR=50_000))) if s.name == "suspension" else s
            for s in without_a_wait.stages
        )
    )
    warned = chased(sent("final_notice", 200))

    assert (NOTICE, "final_notice") == answer(case(), 200, small)
    assert [(WAIT, "final_notice")] * 2 == [answer(warned, days, small) for days in (201, 228)]
    assert (ESCALATE, "escalation") == answer(warned, 229, small)
    assert day(229) == decide(warned, small, day(201)).next_on
    assert day(229) == decide(case(), small, day(200)).next_on
    assert "days_after_final_notice" in rules(decide(warned, small, day(228)))


def test_who_is_chased_at_the_usual_pace_is_handed_over_on_the_usual_day() -> None:
    without_a_wait = with_stage("escalation", days_after_previous_min=0)

    assert (ESCALATE, "escalation") == answer(chased(sent("final_notice", 21), suspension=TAKEN), 60, without_a_wait)


def test_a_late_suspension_puts_the_end_off_as_well() -> None:
    without_a_wait = with_stage("escalation", days_after_previous_min=0)
    taken = replace(TAKEN, on=day(110))
    late = chased(sent("final_notice", 100), sent("suspension", 110), suspension=taken)

    assert [WAIT, ESCALATE] == [answer(late, days, without_a_wait)[0] for days in (138, 139)]
