"""A period again under another policy, without effects: who would have heard what and when, and what it might mean.

What is assumed is said with the answer: every notice is accepted on its day, every suspension agreed to on its day,
feeds are fresh, nothing is in doubt, and customers pay on the days on which they did pay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from csp_receivables.domain.collections.account_letters import (
    AccountLetter,
    SettledRound,
    days_of_letters,
    letters_for,
    settled_by,
)
from csp_receivables.domain.collections.cases import Case, Debt, Delivery, Hold, Notice, Round, Suspension
from csp_receivables.domain.collections.decide import decide
from csp_receivables.domain.collections.decisions import Answer, Decision
from csp_receivables.domain.collections.policy import CollectionsPolicy

ASSUMPTIONS = (
    "every notice is accepted on the day it is decided, and every suspension is agreed to on that day",
    "bank feeds are fresh and nothing is in doubt",
    "letters beside the ladder are written from the first day on, each once",
    "customers pay on the days on which they did; only the estimate of days of sales outstanding moves payments",
    "the estimate: a receivable that was paid after its first notice is paid as many days earlier or later as that "
    "notice comes earlier or later, but not before it was issued",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """Money or credit applied to a receivable on a day; negative where it was taken back."""

    on: date
    receivable_id: str
    amount: int
    is_credit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Money or credit that came (or, negative, was applied) on a day: what is left waits for its receivable."""

    on: date
    currency: str
    amount: int
    is_credit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """One customer over the whole period. `debts` have their full amount open."""

    customer_id: str
    name: str
    country: str
    party_kind: str
    tags: frozenset[str] = frozenset()
    holds: tuple[Hold, ...] = ()
    debts: tuple[Debt, ...] = ()
    applied: tuple[Applied, ...] = ()
    waiting: tuple[Waiting, ...] = ()

    def days(self) -> list[date]:
        """The days on which something becomes true, in order."""
        days = {debt.issued_on for debt in self.debts} | {a.on for a in self.applied} | {w.on for w in self.waiting}
        for hold in self.holds:
            days |= {hold.placed_on, *(i.due_on + timedelta(days=1) for i in hold.instalments)}
            days |= {hold.until + timedelta(days=1)} if hold.until else set()
            days |= {hold.ended_on} if hold.ended_on else set()
        return sorted(days)


@dataclass(slots=True)
class _Course:
    """What a policy has done with one customer so far."""

    notices: list[Notice] = field(default_factory=list)
    rounds: list[Round] = field(default_factory=list)
    suspension: Suspension | None = None
    settled: list[SettledRound] = field(default_factory=list)
    letters: dict[str, AccountLetter] = field(default_factory=dict)  # by action id: each happens once

    def write(self, history: History, case: Case, decision: Decision, policy: CollectionsPolicy) -> None:
        """The letters beside the ladder that are wanted on the day of the decision."""
        heard = {notice.round_id for notice in self.notices}
        closed = [r for r in self.rounds if r.round_id in decision.closes and r.round_id in heard]
        self.settled += [each for r in closed if (each := _settled(history, r, decision.on))]
        for letter in letters_for(case, decision, policy, self.settled):
            self.letters.setdefault(letter.action_id, letter)

    def perform(self, decision: Decision) -> None:
        """Let happen what was decided."""
        on, named = decision.on, frozenset(decision.receivable_ids)
        self.rounds = [replace(r, closed_on=on) if r.round_id in decision.closes else r for r in self.rounds]
        if decision.opens:
            self.rounds.append(decision.opens)
        if decision.answer is Answer.REINSTATE:
            self.suspension = None
        elif decision.action_id:
            self.notices.append(
                Notice(
                    stage=decision.stage,
                    round_id=decision.round_id,
                    on=on,
                    delivery=Delivery.ACCEPTED,
                    receivable_ids=named,
                )
            )
        if decision.answer is Answer.PROPOSE_SUSPENSION:
            self.suspension = Suspension(round_id=decision.round_id, on=on, receivable_ids=named)


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What a policy does with one customer, in order: the steps of the ladder, and the letters beside it."""

    steps: tuple[Decision, ...]
    letters: tuple[AccountLetter, ...]


def replay(history: History, policy: CollectionsPolicy, start: date, end: date) -> Played:
    """What `policy` does with one customer; days on which nothing is new are skipped."""
    course = _Course()
    steps = tuple(_steps(course, history, policy, start, end))
    return Played(steps=steps, letters=tuple(course.letters.values()))


def _steps(course: _Course, history: History, policy: CollectionsPolicy, start: date, end: date) -> Iterator[Decision]:
    writing, on = replace(policy, live_from=start), start
    news = sorted({*history.days(), *days_of_letters(policy, history.holds, history.country, start, end)})
    while on <= end:
        case = case_on(history, course.notices, course.rounds, course.suspension, on)
        decision = decide(case, policy, on)
        course.write(history, case, decision, writing)
        course.perform(decision)
        if decision.action_id:
            yield decision
        coming = [day for day in news if day > on][:1]
        coming += [decision.next_on] if decision.next_on else []
        coming += [on + timedelta(days=1)] if decision.action_id else []
        if not coming:
            return
        on = max(min(coming), on + timedelta(days=1))


def _settled(history: History, closed: Round, on: date) -> SettledRound | None:
    """The round, where a payment settled the last of it; what credit settled nobody is thanked for."""
    applied = [a for a in history.applied if a.receivable_id in closed.receivable_ids and a.amount > 0 and a.on <= on]
    last = max((a.on for a in applied), default=on)
    debts = {debt.receivable_id: debt for debt in history.debts}
    paid = [(debts[a.receivable_id], a.amount) for a in applied if a.on == last and not a.is_credit]
    return settled_by(history.customer_id, closed.round_id, paid, last, on) if paid else None


def case_on(
    history: History, notices: Iterable[Notice], rounds: Iterable[Round], suspension: Suspension | None, on: date
) -> Case:
    """The customer as they stood at the end of `on`."""
    settled: dict[str, int] = {}
    part: dict[str, date] = {}
    reopened: dict[str, date] = {}
    for each in history.applied:
        if each.on <= on:
            settled[each.receivable_id] = settled.get(each.receivable_id, 0) + each.amount
            newest = part if each.amount > 0 else reopened
            newest[each.receivable_id] = max(each.on, newest.get(each.receivable_id, each.on))
    money: dict[bool, dict[str, int]] = {True: {}, False: {}}
    for came in history.waiting:
        if came.on <= on:
            kind = money[came.is_credit]
            kind[came.currency] = kind.get(came.currency, 0) + came.amount
    debts = tuple(
        replace(
            debt,
            open_amount=rest,
            part_paid_on=part.get(debt.receivable_id),
            reopened_on=reopened.get(debt.receivable_id),
        )
        for debt in history.debts
        if debt.issued_on <= on and (rest := debt.amount - settled.get(debt.receivable_id, 0)) > 0
    )
    return Case(
        customer_id=history.customer_id,
        name=history.name,
        country=history.country,
        party_kind=history.party_kind,
        tags=history.tags,
        debts=debts,
        unapplied={c: amount for c, amount in money[False].items() if amount > 0},
        credit_left={c: amount for c, amount in money[True].items() if amount > 0},
        received=tuple((w.on, w.currency, w.amount) for w in history.waiting if not w.is_credit and w.amount > 0),
        holds=history.holds,
        notices=tuple(notices),
        rounds=tuple(rounds),
        suspension=suspension,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesOutstanding:
    """Days from issue to payment of what was issued in the period, weighed by amount, in tenths of a day."""

    currency: str
    amount: int  # what was issued, minor units
    tenths_as_it_was: int
    tenths_estimated: int


def sales_outstanding(
    histories: Sequence[History],
    in_force: Mapping[str, date],
    other: Mapping[str, date],
    start: date,
    end: date,
) -> list[SalesOutstanding]:
    """By currency, as it was and as estimated. `in_force`, `other`: receivable → its first notice under each policy."""
    sums: dict[str, list[int]] = {}
    for history in histories:
        for debt in history.debts:
            if not start <= debt.issued_on <= end or debt.amount <= 0:
                continue
            paid_on = _paid_on(debt, history.applied)
            days = ((paid_on or end) - debt.issued_on).days
            moved = days + _moved(debt.receivable_id, paid_on, in_force, other)
            amount, was, estimated = sums.setdefault(debt.currency, [0, 0, 0])
            shifted = max(min(moved, (end - debt.issued_on).days), 0)
            sums[debt.currency] = [amount + debt.amount, was + debt.amount * days, estimated + debt.amount * shifted]
    return [
        SalesOutstanding(
            currency=currency,
            amount=amount,
            tenths_as_it_was=was * 10 // amount,
            tenths_estimated=estimated * 10 // amount,
        )
        for currency, (amount, was, estimated) in sorted(sums.items())
    ]


def _paid_on(debt: Debt, applied: Iterable[Applied]) -> date | None:
    rest = debt.amount
    for each in sorted((a for a in applied if a.receivable_id == debt.receivable_id), key=lambda a: a.on):
        rest -= each.amount
        if rest <= 0:
            return each.on
    return None


def _moved(receivable_id: str, paid_on: date | None, in_force: Mapping[str, date], other: Mapping[str, date]) -> int:
    """By how many days the first notice comes later under the other policy, where the payment came after it."""
    now, then = in_force.get(receivable_id), other.get(receivable_id)
    return (then - now).days if now and then and paid_on and paid_on >= now else 0


def first_notices(steps: Iterable[Decision]) -> dict[str, date]:
    """Receivable → the day of the first notice after its due day that named it."""
    first: dict[str, date] = {}
    for step in steps:
        if step.answer is Answer.SEND_NOTICE and step.overdue:
            for receivable_id in step.receivable_ids:
                first.setdefault(receivable_id, step.on)
    return first
