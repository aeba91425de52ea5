"""The end of the ladder is a person: once, after the customer has heard, and then the customer waits there."""

from __future__ import annotations

import pytest

from csp_receivables.domain.collections.cases import Suspension
from csp_receivables.domain.collections.decide import decide
from csp_receivables.domain.collections.policy import Act, Condition, Stage
from tests.debtors import ESCALATE, NOTICE, POLICY, SUSPEND, WAIT, answer, case, chased, day, policy, rules, sent

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
