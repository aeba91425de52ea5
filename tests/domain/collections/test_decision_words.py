"""Every decision can be said in words; what happened stands first."""

from __future__ import annotations

import pytest

from csp_receivables.domain.collections.cases import Case, HoldKind, Suspension
from csp_receivables.domain.collections.decide import decide
from csp_receivables.domain.collections.decision_words import in_words, sentence
from csp_receivables.domain.collections.decisions import Reason
from csp_receivables.domain.collections.policy import Minimum
from tests.debtors import POLICY, case, chased, day, debt, hold, minor, policy, promise, sent, settled

TAKEN = Suspension(round_id="1.1", on=day(31), receivable_ids=frozenset({"A"}))


@pytest.mark.parametrize(
    ("one", "days", "said"),
    [
        (settled(), 5, "Nothing is owed."),
        (case(), 5, "A notice is to be sent: reminder."),
        (case(), 5, "Counted after grace, the oldest receivable concerned is 5 days late; this begins at 5."),
        (case(), 5, "If nothing changes, final notice comes on 2026-03-22."),
        (chased(sent("final_notice", 20)), 31, "It is proposed to a person that access be suspended."),
        (
            chased(sent("final_notice", 25)),
            31,
            "The warning (final notice) must be accepted 10 to 30 days before; it is 6",
        ),
        (chased(sent("final_notice", 20), doubts=("x",)), 35, "Nothing hard is done while this is open: x."),
        (settled(suspension=TAKEN), 40, "Access is to be given back."),
        (chased(sent("final_notice", 20), suspension=TAKEN), 60, "It goes to credit@partner.example."),
        (case(debt("A"), debt("B"), holds=(hold(receivable_id="A"),)), 6, "A is left aside, until somebody ends it"),
        (case(holds=(hold(HoldKind.LEGAL),)), 6, "Somebody asked that the customer be left alone"),
        (case(holds=(promise(5_000, 9),)), 10, "What was promised, 50.00 EUR by then, was broken"),
        (case(unapplied=minor(EUR=10_000)), 6, "Money or credit that is not applied yet counts first"),
        (chased(sent("reminder", 18)), 21, "3 days since the last reminder; 7 are kept between them."),
        (case(has_address=False), 6, "There is no address that works."),
    ],
)
def test_a_decision_is_said_in_words(one: Case, days: int, said: str) -> None:
    assert said in "\n".join(in_words(decide(one, POLICY, day(days))))


@pytest.mark.parametrize(("days", "said"), [("-3", "3 days"), ("-1", "1 day")])
def test_what_is_not_due_yet_is_no_number_of_days_late(days: str, said: str) -> None:
    reason = Reason(rule="days_overdue", threshold="-3", actual=days)

    assert sentence(reason) == f"What is due next is due in {said}; this begins 3 days before."


def test_what_is_too_little_is_said_with_the_limit() -> None:
    strict = policy(minimum={"EUR": Minimum(amount=20_000)})

    assert "100.00 EUR is less than what is chased at all (200.00 EUR)." in in_words(decide(case(), strict, day(6)))
