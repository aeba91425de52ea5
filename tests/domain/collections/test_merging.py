"""Late runs merge notices forward, and milder ones never follow; only accepted notices count."""

from __future__ import annotations

import pytest

from csp_receivables.domain.collections.cases import Delivery
from csp_receivables.domain.collections.decide import decide
from tests.debtors import NOTICE, POLICY, WAIT, answer, case, chased, day, rules, sent


def test_of_several_notices_that_are_due_the_hardest_is_sent() -> None:
    assert (NOTICE, "final_notice") == answer(case(), 25)


def test_milder_notices_are_never_sent_afterwards() -> None:
    assert (WAIT, "final_notice") == answer(chased(sent("final_notice", 25)), 26)


@pytest.mark.parametrize(("days", "expected"), [(24, WAIT), (25, NOTICE), (26, NOTICE)])
def test_the_next_notice_waits_for_its_days_after_the_last(days: int, expected: str) -> None:
    reminded_late = chased(sent("reminder", 18))

    assert expected == answer(reminded_late, days)[0]


@pytest.mark.parametrize("delivery", [Delivery.BOUNCED, Delivery.FAILED])
def test_a_notice_that_did_not_arrive_did_not_happen(delivery: Delivery) -> None:
    decision = decide(chased(sent("reminder", 5, delivery=delivery)), POLICY, day(6))

    assert (NOTICE, "reminder") == (decision.answer, decision.stage)
    assert "C1/1.1/reminder/send_notice" == decision.action_id


def test_a_bounced_reminder_is_no_step_towards_the_final_notice() -> None:
    assert (NOTICE, "final_notice") == answer(chased(sent("reminder", 18, delivery=Delivery.BOUNCED)), 20)


def test_a_doubtful_notice_is_settled_before_another_is_sent() -> None:
    decision = decide(chased(sent("reminder", 5, delivery=Delivery.IN_DOUBT)), POLICY, day(25))

    assert WAIT is decision.answer
    assert ["notice_in_doubt"] == rules(decision)


def test_who_has_no_address_is_not_written_to_and_it_is_said() -> None:
    decision = decide(case(has_address=False), POLICY, day(6))

    assert (WAIT, ["address"]) == (decision.answer, rules(decision))
    assert ["reminder"] == [reason.rule for reason in decision.outranked]


def test_deciding_again_on_the_same_facts_names_the_same_action() -> None:
    once, again = decide(case(), POLICY, day(5)), decide(case(), POLICY, day(6))

    assert once.action_id == again.action_id == "C1/1.1/reminder/send_notice"
