"""Customers who owe, for the tests of collections: a policy as a partner would write it, and cases with words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any

from csp_receivables.domain.collections.cases import Case, Debt, Delivery, Hold, HoldKind, Instalment, Notice, Round
from csp_receivables.domain.collections.decide import decide
from csp_receivables.domain.collections.decisions import Answer, Decision
from csp_receivables.domain.collections.policy import Act, CollectionsPolicy, Condition, Forewarning, Stage

DUE = date(2026, 3, 2)  # a Monday
WAIT, NOTICE, SUSPEND = Answer.WAIT, Answer.SEND_NOTICE, Answer.PROPOSE_SUSPENSION
REINSTATE, ESCALATE = Answer.REINSTATE, Answer.ESCALATE
STAGES = (
    Stage(name="coming_due", act=Act.SEND_NOTICE, when=Condition(days_min=-5), template="coming_due"),
    Stage(name="reminder", act=Act.SEND_NOTICE, when=Condition(days_min=5), template="reminder"),
    Stage(
        name="final_notice",
        act=Act.SEND_NOTICE,
        when=Condition(days_min=20),
        template="final_notice",
        days_after_previous_min=7,
    ),
    Stage(
        name="suspension",
        act=Act.PROPOSE_SUSPENSION,
        when=Condition(days_min=31),
        template="suspension",
        warned_by=Forewarning(stage="final_notice", days_min=10, days_max=30),
    ),
    Stage(
        name="escalation",
        act=Act.ESCALATE,
        when=Condition(days_min=60),
        days_after_previous_min=10,
        owner="credit@partner.example",
    ),
)
POLICY = CollectionsPolicy(name="standard", version="v1", stages=STAGES)


def policy(**changes: Any) -> CollectionsPolicy:
    """The policy with some rules changed."""
    return replace(POLICY, **changes)


def with_stage(name: str, **changes: Any) -> CollectionsPolicy:
    """The policy with one stage changed."""
    return policy(stages=tuple(replace(s, **changes) if s.name == name else s for s in STAGES))


def day(days: int, since: date = DUE) -> date:
    """So many days after the due date of the first debt."""
    return since + timedelta(days=days)


def debt(number: str = "A", amount: int = 10_000, *, due: int = 0, currency: str = "EUR", **changes: Any) -> Debt:
    """A receivable in minor units, due so many days after DUE."""
    made = Debt(
        receivable_id=number,
        number=number,
        issued_on=day(due - 30),
        due_on=day(due),
        currency=currency,
        amount=amount,
        open_amount=amount,
    )
    return replace(made, **changes)


def case(*debts: Debt, **changes: Any) -> Case:
    """A company in Germany that owes `debts`; EUR 100 due on DUE when none is named."""
    made = Case(customer_id="C1", name="Contoso", country="DE", party_kind="company", debts=debts or (debt(),))
    return replace(made, **changes)


def settled(**changes: Any) -> Case:
    """A customer who owes nothing any more."""
    return replace(case(**changes), debts=())


def sent(stage: str, on: int, names: Iterable[str] = ("A",), *, round_id: str = "1.1", **changes: Any) -> Notice:
    """A notice that was accepted so many days after DUE."""
    made = Notice(
        stage=stage, round_id=round_id, on=day(on), delivery=Delivery.ACCEPTED, receivable_ids=frozenset(names)
    )
    return replace(made, **changes)


def opened(on: int, names: Iterable[str] = ("A",), *, round_id: str = "1.1", closed: int | None = None) -> Round:
    """A round that opened so many days after DUE."""
    return Round(
        round_id=round_id,
        opened_on=day(on),
        policy_version="v1",
        receivable_ids=frozenset(names),
        closed_on=None if closed is None else day(closed),
    )


def chased(*notices: Notice, **changes: Any) -> Case:
    """A customer with a round on receivable A, open since the first of `notices`."""
    first = min(notices, key=lambda n: n.on)
    return case(notices=notices, rounds=(opened((first.on - DUE).days, first.receivable_ids),), **changes)


def hold(kind: HoldKind = HoldKind.MANUAL, *, placed: int = 0, **changes: Any) -> Hold:
    """A hold of the whole customer."""
    made = Hold(hold_id="H1", kind=kind, customer_id="C1", reason="asked us to", placed_by="Ada", placed_on=day(placed))
    return replace(made, **changes)


def promise(amount: int, due: int, **changes: Any) -> Hold:
    """A promise to pay `amount` minor units so many days after DUE."""
    made = hold(HoldKind.PROMISE, currency="EUR", instalments=(Instalment(due_on=day(due), amount=amount),))
    return replace(made, **changes)


def answer(one: Case, days: int, under: CollectionsPolicy = POLICY) -> tuple[Answer, str]:
    """What is decided so many days after DUE, in short."""
    decision = decide(one, under, day(days))
    return decision.answer, decision.stage


def rules(decision: Decision) -> list[str]:
    """The rules that a decision names."""
    return [reason.rule for reason in decision.because]


def minor(**amounts: int) -> MappingProxyType[str, int]:
    """Minor units by currency."""
    return MappingProxyType(amounts)
