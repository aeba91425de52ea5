"""What a notice says follows from the case and the decision, and a notice that would be wrong is not written."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csp_receivables.domain.collections.cases import Case, Debt, Hold, HoldKind, Instalment
from csp_receivables.domain.collections.decisions import Answer, Decision
from csp_receivables.domain.collections.notice_content import (
    NoticeRefused,
    Particulars,
    PromisedPayment,
    access_affected_on,
    broken_promise,
    decided_notice,
    notice,
)
from csp_receivables.domain.collections.notice_examples import SELLER
from csp_receivables.domain.collections.open_items import look
from csp_receivables.domain.collections.policy import Act, CollectionsPolicy, Condition, Forewarning, Stage

TODAY = date(2026, 10, 30)
PLAIN = Particulars(language="sv", payments_until=TODAY - timedelta(days=1))
POLICY = CollectionsPolicy(
    name="p",
    version="1",
    stages=(
        Stage(name="polite", act=Act.SEND_NOTICE, template="reminder", when=Condition(days_min=5)),
        Stage(name="last", act=Act.SEND_NOTICE, template="final_notice", when=Condition(days_min=15)),
        Stage(
            name="cut",
            act=Act.PROPOSE_SUSPENSION,
            template="suspension",
            when=Condition(days_min=30),
            warned_by=Forewarning(stage="last", days_min=14, days_max=30),
        ),
    ),
)


def debt(name: str, amount: int, received: int = 0, *, days: int = 20, currency: str = "SEK") -> Debt:
    return Debt(
        receivable_id=name,
        number=name.upper(),
        issued_on=TODAY - timedelta(days=days + 30),
        due_on=TODAY - timedelta(days=days),
        currency=currency,
        amount=amount,
        open_amount=amount - received,
    )


def case(*debts: Debt, **more: object) -> Case:
    return Case(customer_id="c", name="Contoso", country="SE", party_kind="company", debts=debts, **more)  # type: ignore[arg-type]


def decision(answer: Answer, stage: str, *ids: str, next_on: date | None = None, next_stage: str = "") -> Decision:
    return Decision(
        customer_id="c", on=TODAY, answer=answer, stage=stage, currency="SEK", open=0, overdue=0, days_overdue=0,
        because=(), receivable_ids=ids, next_on=next_on, next_stage=next_stage,
    )  # fmt: skip


def test_a_notice_names_what_the_decision_names_oldest_due_first() -> None:
    found = case(debt("a", 100_00, days=10), debt("b", 200_00, 50_00), debt("c", 300_00))
    content = decided_notice(found, decision(Answer.SEND_NOTICE, "polite", "a", "b"), POLICY, SELLER, PLAIN)

    assert content.kind == "reminder"
    assert [(each.number, each.open, each.received, each.days_overdue) for each in content.receivables] == [
        ("B", 150_00, 50_00, 20),
        ("A", 100_00, 0, 10),
    ]
    assert [(total.currency, total.open, total.to_pay) for total in content.totals] == [("SEK", 250_00, 250_00)]
    assert [each.number for each in content.statement] == ["B", "C", "A"]


@pytest.mark.parametrize(("next_stage", "next_on", "named"), [
    ("no word of the next stage", "", 14), ("earlier than the warning allows", 13, 14),
    ("as early as the warning allows", 14, 14), ("later", 15, 15),
])  # fmt: skip
def test_access_is_never_said_to_be_affected_before_the_policy_may(
    next_stage: str, next_on: int | str, named: int
) -> None:
    told = TODAY + timedelta(days=next_on) if isinstance(next_on, int) else None
    decided = decision(Answer.SEND_NOTICE, "last", "a", next_on=told, next_stage="cut" if told else "")

    assert TODAY + timedelta(days=named) == access_affected_on(decided, POLICY, TODAY), next_stage


def test_a_letter_is_dated_and_counts_from_the_day_it_leaves() -> None:
    tomorrow = TODAY + timedelta(days=1)
    decided = decision(Answer.SEND_NOTICE, "last", "a")
    content = decided_notice(case(debt("a", 1)), decided, POLICY, SELLER, replace(PLAIN, written_on=tomorrow))

    assert content.dated == tomorrow
    assert content.receivables[0].days_overdue == 21
    assert content.access_on == tomorrow + timedelta(days=14)


def test_a_reminder_threatens_nothing() -> None:
    assert access_affected_on(decision(Answer.SEND_NOTICE, "polite", "a"), POLICY, TODAY) is None


def test_a_final_notice_that_no_suspension_follows_is_refused() -> None:
    harmless = replace(POLICY, stages=POLICY.stages[:2])

    with pytest.raises(NoticeRefused, match="no day on which access is affected"):
        decided_notice(case(debt("a", 1)), decision(Answer.SEND_NOTICE, "last", "a"), harmless, SELLER, PLAIN)


def test_nothing_is_written_when_nothing_is_left_to_pay() -> None:
    paid = case(debt("a", 100_00), unapplied=MappingProxyType({"SEK": 100_00}))

    with pytest.raises(NoticeRefused, match="nothing is left to pay"):
        notice("reminder", paid, ["a"], SELLER, PLAIN, policy=POLICY, dated=TODAY)


def test_a_receivable_that_is_not_open_any_more_is_refused() -> None:
    with pytest.raises(NoticeRefused, match="'gone' is not open"):
        notice("reminder", case(debt("a", 1)), ["gone"], SELLER, PLAIN, policy=POLICY, dated=TODAY)


def test_a_notice_without_an_account_to_pay_to_is_refused() -> None:
    with pytest.raises(NoticeRefused, match="no account for CHF"):
        notice("reminder", case(debt("a", 1, currency="CHF")), ["a"], SELLER, PLAIN, policy=POLICY, dated=TODAY)


def test_a_wait_sends_nothing() -> None:
    with pytest.raises(NoticeRefused, match="wait sends no notice"):
        decided_notice(case(debt("a", 1)), decision(Answer.WAIT, "clear"), POLICY, SELLER, PLAIN)


@pytest.mark.parametrize(("words", "unapplied", "credit_left", "to_pay"), [
    ("nothing lies with us", 0, 0, 300_00),
    ("what lies with us covers the older debt first, which is not named", 60_00, 0, 300_00),
    ("the older debt exactly", 100_00, 0, 300_00),
    ("a cent beyond it", 100_00, 1, 299_99),
    ("nearly all", 399_99, 0, 1),
])  # fmt: skip
def test_what_lies_with_us_is_counted_once(words: str, unapplied: int, credit_left: int, to_pay: int) -> None:
    found = case(
        debt("older", 100_00, days=40),
        debt("named", 300_00),
        unapplied=MappingProxyType({"SEK": unapplied}),
        credit_left=MappingProxyType({"SEK": credit_left}),
    )
    (total,) = notice("reminder", found, ["named"], SELLER, PLAIN, policy=POLICY, dated=TODAY).totals

    assert total.to_pay == to_pay, words


def test_what_lies_with_us_covers_in_a_notice_what_it_covers_in_the_decision() -> None:
    debts = (debt("a", 100_00, days=60), debt("b", 200_00, days=50), debt("c", 300_00, days=40))
    found = case(*debts, unapplied=MappingProxyType({"SEK": 250_00}), credit_left=MappingProxyType({"SEK": -90_00}))
    chased = look(found, POLICY, TODAY).chased
    content = notice(
        "reminder", found, [i.debt.receivable_id for i in chased], SELLER, PLAIN, policy=POLICY, dated=TODAY
    )

    assert sum(item.owed for item in chased) == content.totals[0].to_pay == 350_00


def test_a_disputed_debt_takes_nothing_of_what_lies_with_us() -> None:
    dispute = Hold(
        hold_id="h",
        kind=HoldKind.DISPUTE,
        customer_id="c",
        receivable_id="older",
        reason="",
        placed_by="x",
        placed_on=TODAY,
    )
    found = case(
        debt("older", 100_00, days=40),
        debt("named", 300_00),
        holds=(dispute,),
        unapplied=MappingProxyType({"SEK": 60_00}),
    )
    (total,) = notice("reminder", found, ["named"], SELLER, PLAIN, policy=POLICY, dated=TODAY).totals

    assert total.to_pay == 240_00


@pytest.mark.parametrize(("words", "received", "told"), [
    ("nothing came", (), 0),
    ("a part came", ((5, 40_00),), 40_00),
    ("the rest came late, so nothing is missing any more", ((5, 40_00), (1, 60_00)), None),
    ("all but a cent came", ((5, 40_00), (1, 59_99)), 99_99),
    ("what came before it was promised is not of the promise", ((30, 100_00),), 0),
])  # fmt: skip
def test_a_broken_promise_says_what_came_of_it(
    words: str, received: tuple[tuple[int, int], ...], told: int | None
) -> None:
    due_on = TODAY - timedelta(days=4)
    promise = Hold(
        hold_id="h", kind=HoldKind.PROMISE, customer_id="c", reason="", placed_by="x",
        placed_on=TODAY - timedelta(days=20), currency="SEK", instalments=(Instalment(due_on=due_on, amount=100_00),),
    )  # fmt: skip
    came = tuple((TODAY - timedelta(days=days), "SEK", amount) for days, amount in received)
    found = broken_promise(case(debt("a", 500_00), holds=(promise,), received=came), TODAY)

    expected = PromisedPayment(due_on=due_on, currency="SEK", amount=100_00, received=told or 0)
    assert found == (None if told is None else expected), words


def test_interest_and_fees_are_shown_apart_and_added_last() -> None:
    shown = replace(PLAIN, interest={"a": 1_23}, fees={"a": 60_00})
    (total,) = notice("reminder", case(debt("a", 100_00)), ["a"], SELLER, shown, policy=POLICY, dated=TODAY).totals

    assert (total.open, total.interest, total.fees, total.to_pay) == (100_00, 1_23, 60_00, 161_23)


def test_a_statement_may_be_in_the_customers_favour() -> None:
    found = case(debt("a", 100_00), unapplied=MappingProxyType({"SEK": 150_00, "EUR": 5_00}))
    content = notice("statement", found, [], SELLER, PLAIN, policy=POLICY, dated=TODAY)

    assert [(total.currency, total.to_pay) for total in content.totals] == [("EUR", -5_00), ("SEK", -50_00)]


amounts = st.integers(1, 10**12)


@settings(max_examples=100)
@given(
    debts=st.lists(
        st.tuples(amounts, st.integers(0, 99), st.booleans(), st.sampled_from(["SEK", "EUR"])), min_size=1, max_size=8
    ),
    unapplied=st.integers(0, 10**12),
)
def test_totals_are_the_sums_of_what_is_shown(debts: list[tuple[int, int, bool, str]], unapplied: int) -> None:
    owed = [debt(f"d{n}", amount, days=days, currency=code) for n, (amount, days, _, code) in enumerate(debts)]
    named = [f"d{n}" for n, (_, _, is_named, _) in enumerate(debts) if is_named] or ["d0"]
    content = notice(
        "reinstatement",
        case(*owed, unapplied=MappingProxyType({"SEK": unapplied})),
        named,
        SELLER,
        PLAIN,
        policy=POLICY,
        dated=TODAY,
    )

    for total in content.totals:
        mine = [each for each in content.receivables if each.currency == total.currency]
        assert total.open == sum(each.open for each in mine)
        assert total.amount == sum(each.amount for each in mine)
        assert 0 <= total.credit <= min(total.open, unapplied)
        assert total.to_pay == total.open - total.credit
    assert sorted(each.number.lower() for each in content.receivables) == sorted(named)
