"""One answer a customer over rounds and currencies: the hardest act, then the oldest debt, then the currency's code."""

from __future__ import annotations

from csp_receivables.domain.collections.decide import decide
from csp_receivables.domain.collections.policy import Anchor, Condition
from tests.debtors import NOTICE, POLICY, SUSPEND, case, day, debt, hold, minor, opened, policy, sent, with_stage


def test_the_hardest_act_wins_and_the_others_are_named() -> None:
    two = case(
        debt("A"),
        debt("B", due=25),
        notices=(sent("final_notice", 20),),
        rounds=(opened(5),),
    )

    decision = decide(two, POLICY, day(35))

    assert (SUSPEND, "1.1") == (decision.answer, decision.round_id)
    assert ["reminder"] == [reason.rule for reason in decision.outranked]


def test_a_notice_names_every_currency_of_its_round() -> None:
    decision = decide(case(debt("A"), debt("B", currency="SEK")), POLICY, day(6))

    assert ("A", "B") == decision.receivable_ids


def test_the_oldest_debt_decides_the_currency_then_its_code() -> None:
    older = case(debt("A", currency="SEK"), debt("B", due=1))
    as_old = case(debt("A", currency="SEK"), debt("B"))

    assert "SEK" == decide(older, POLICY, day(10)).currency
    assert "EUR" == decide(as_old, POLICY, day(10)).currency


def test_amounts_are_of_the_currency_that_decided() -> None:
    decision = decide(case(debt("A", 700), debt("B", 900, currency="SEK", due=1)), POLICY, day(10))

    assert ("EUR", 700, 700) == (decision.currency, decision.open, decision.overdue)


def test_an_amount_is_asked_of_its_own_currency_only() -> None:
    under = with_stage("reminder", when=Condition(days_min=5, amount_min=minor(SEK=100_000)))

    small = decide(case(debt("A", 5_000, currency="SEK")), under, day(6))
    other = decide(case(debt("A", 5_000)), under, day(6))

    assert ("wait", NOTICE) == (small.answer, other.answer)


def test_of_two_holds_on_one_receivable_the_later_speaks_whatever_their_order() -> None:
    first = hold(receivable_id="A", hold_id="H1", reason="first")
    later = hold(receivable_id="A", hold_id="H2", reason="later", placed=1)

    forward = decide(case(holds=(first, later)), POLICY, day(5))

    assert forward == decide(case(holds=(later, first)), POLICY, day(5))
    assert "later" in forward.because[0].actual


def test_the_order_of_the_facts_decides_nothing() -> None:
    debts = (debt("A"), debt("B", due=1), debt("C", currency="SEK"))
    rounds = (opened(5, ["A"]), opened(7, ["B"], round_id="1.2"))

    forward = decide(case(*debts, rounds=rounds), POLICY, day(25))
    backward = decide(case(*reversed(debts), rounds=tuple(reversed(rounds))), POLICY, day(25))

    assert forward == backward


def test_what_is_far_from_due_is_no_less_announced_where_days_are_counted_from_the_issue_date() -> None:
    by_issue = policy(anchor=Anchor.ISSUE_DATE)
    two = case(debt("A", issued_on=day(-20)), debt("B", due=60, issued_on=day(2)))

    decision = decide(two, by_issue, day(0))

    assert (NOTICE, "final_notice") == (decision.answer, decision.stage)
    assert ["coming_due"] == [reason.rule for reason in decision.outranked]


def test_beside_an_act_what_is_far_from_due_says_nothing() -> None:
    late = case(debt("A"), debt("B", due=60))

    assert decide(case(debt("A")), POLICY, day(6)).because == decide(late, POLICY, day(6)).because
    assert () == decide(late, POLICY, day(6)).outranked


def test_what_is_far_from_due_says_what_comes_next_where_nothing_else_does() -> None:
    held_back = decide(case(debt("A", due=50)), POLICY, day(6))

    assert ("wait", "coming_due", day(45)) == (held_back.answer, held_back.next_stage, held_back.next_on)
