"""A second, slow and plain way to say what the rules do that go by the payer: rule 5 by its twin in pandas, rules 6 and
7 row by row, every subset tried."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import pandas as pd

from tests.domain.matching.pandas_twins import known_payer, owed_of

Row = dict[str, Any]
Members = tuple[str, ...]  # receivables of a set, the oldest first
TRIED_AMONG_MAX, FEW_MAX, OPTIONS_MAX = 12, 10, 3


@dataclass
class Answer:
    """One set of receivables that adds up to a payment, net of `credits`."""

    members: Members
    credits: tuple[str, ...] = ()
    certain: bool = True


@dataclass
class PayerTwin:
    """What is left of everything, and what was decided. Payments and credit notes are both sources of money."""

    debts: list[Row]  # invoices, the oldest first
    sources: dict[str, Row]  # id, booked_on, currency, amount, is_credit, is_rest, payers [(customer, standing)]
    left: dict[str, int] = field(default_factory=dict)
    booked: set[tuple[str, str, int, str]] = field(default_factory=set)
    options: dict[str, list[Members]] = field(default_factory=dict)  # what is suggested, best first
    wanted: list[tuple[str, str, int]] = field(default_factory=list)  # (payment, receivable, amount) suggested

    def waiting(self) -> list[str]:
        return [one for one in self.sources if self.left[one] > 0 and one not in self.options]

    def book(self, source: str, receivable: str, amount: int, rule: str) -> None:
        self.booked.add((source, receivable, amount, rule))
        self.left[source] -= amount
        self.left[receivable] -= amount

    def suggest(self, source: str, answers: Iterable[Members]) -> None:
        self.options[source] = list(answers)
        for members in [] if self.sources[source]["is_credit"] else self.options[source]:
            self.wanted += [(source, one, min(self.left[one], self.left[source])) for one in members]

    def doubtful(self, receivable: str) -> bool:
        """Is it suggested for a payment that would close it?"""
        return any(one == receivable and amount == self.left[one] for _, one, amount in self.wanted)


def payer_twin(
    receivables: list[Row], payments: list[Row], standings: dict[str, list[tuple[str, str]]], *, sets: bool = True
) -> PayerTwin:
    """Rules 5 to 7 until nothing is booked; `standings`: of each account, the customers and how it stands with them.

    Without `sets` rule 5 alone.
    """
    open_ones = [row for row in receivables if row["open_amount"] > 0]
    state = PayerTwin(sorted((row for row in open_ones if row["kind"] == "invoice"), key=age), {})
    for row in open_ones:
        if row["kind"] == "credit_note" and row["customer_id"]:
            state.sources[row["receivable_id"]] = source(row["issued_on"], row, [(row["customer_id"], "known")])
    for row in payments:
        given = [(row["customer_id"], "known")] if row["customer_id"] else standings.get(row["payer_account"], [])
        state.sources[row["payment_id"]] = source(row["booked_on"], row, given, row["amount"])
    state.left = {one: row["amount"] for one, row in state.sources.items()}
    state.left |= {row["receivable_id"]: row["open_amount"] for row in state.debts}
    while True:
        before = len(state.booked)
        state.options, state.wanted = {}, []
        by_payer_and_amount(state)
        if sets:
            sets_of(state, "natural_set", natural_sets)
            sets_of(state, "small_subset", small_subsets)
        if len(state.booked) == before:
            return state


def source(booked_on: Any, row: Row, payers: list[tuple[str, str]], amount: int | None = None) -> Row:
    return {
        "booked_on": booked_on,
        "currency": row["currency"],
        "amount": row["open_amount"] if amount is None else amount,
        "is_credit": amount is None,
        "payers": payers,
    }


def age(row: Row) -> tuple[Any, ...]:
    return row["due_on"], row["issued_on"], row["receivable_id"]


def in_line(state: PayerTwin, source_id: str) -> tuple[Any, str]:
    return state.sources[source_id]["booked_on"], source_id


def by_payer_and_amount(state: PayerTwin) -> None:
    """Rule 5, as its twin in pandas says it."""
    owed = owed_of(row | {"open_amount": state.left[row["receivable_id"]]} for row in state.debts)
    found = known_payer(owed, asking_of(state), closed_of(state))
    sure = found["outcome"] != ""
    for payment_id, theirs in found[~sure].groupby("payment_id"):
        state.suggest(payment_id, [(receivable_id,) for receivable_id in theirs["receivable_id"]])
    for payment_id, receivable_id, amount, *_ in found[sure].itertuples(index=False):
        state.book(payment_id, receivable_id, amount, "known_payer")


def asking_of(state: PayerTwin) -> pd.DataFrame:
    rows = [
        (one, *(state.sources[one][name] for name in ("booked_on", "currency", "is_credit")), state.left[one], *payer)
        for one in state.waiting()
        for payer in state.sources[one]["payers"]
    ]
    columns = ["payment_id", "booked_on", "currency", "is_credit", "amount", "customer_id", "standing"]
    return pd.DataFrame(rows, columns=columns).astype({"amount": "int64", "is_credit": bool})


def closed_of(state: PayerTwin) -> pd.DataFrame:
    paid_on = {receivable: state.sources[one]["booked_on"] for one, receivable, *_ in state.booked}
    rows = [
        (*(row[name] for name in ("customer_id", "currency", "open_amount", "due_on")), paid_on[row["receivable_id"]])
        for row in state.debts
        if state.left[row["receivable_id"]] == 0
    ]
    columns = ["customer_id", "currency", "amount", "due_on", "paid_on"]
    return pd.DataFrame(rows, columns=columns).astype({"amount": "int64"})


def is_theirs(debt: Row, customer: str, money: Row) -> bool:
    return bool(debt["customer_id"] == customer and debt["currency"] == money["currency"])


def items_of(state: PayerTwin, payment: str) -> list[Row]:
    """What the payer has open and was issued by the day of the payment, the oldest first; none if it is too little."""
    row = state.sources[payment]
    if row["is_credit"] or len(row["payers"]) != 1 or row["payers"][0][1] == "shared":
        return []
    items = [
        debt
        for debt in state.debts
        if is_theirs(debt, row["payers"][0][0], row)
        and state.left[debt["receivable_id"]] > 0
        and debt["issued_on"] <= row["booked_on"]
    ]
    return items if total(state, items) >= state.left[payment] else []


def credits_of(state: PayerTwin, payment: str) -> list[str]:
    row = state.sources[payment]
    found = [
        one
        for one in state.waiting()
        if state.sources[one]["is_credit"]
        and state.sources[one]["payers"] == [(row["payers"][0][0], "known")]
        and state.sources[one]["currency"] == row["currency"]
        and state.sources[one]["booked_on"] <= row["booked_on"]
    ]
    return sorted(found, key=lambda one: in_line(state, one))


def total(state: PayerTwin, debts: Iterable[Row]) -> int:
    return sum(state.left[debt["receivable_id"]] for debt in debts)


def ids(debts: Iterable[Row]) -> Members:
    return tuple(debt["receivable_id"] for debt in debts)


def natural_sets(state: PayerTwin, payment: str, items: list[Row]) -> list[Answer]:
    amount, booked_on = state.left[payment], state.sources[payment]["booked_on"]
    credits = credits_of(state, payment)
    credited = sum(state.left[one] for one in credits)
    months = sorted({(debt["issued_on"].year, debt["issued_on"].month) for debt in items})
    named = [items, [debt for debt in items if debt["due_on"] < booked_on]]
    named += [[d for d in items if (d["issued_on"].year, d["issued_on"].month) == month] for month in months]
    named += [items[:length] for length in range(1, len(items) + 1)]
    everything, *parts = [some if len(some) > 1 and total(state, some) == amount else [] for some in named]
    answers = [Answer(ids(everything))] if everything else []
    if credits and total(state, items) - credited == amount:
        answers.append(Answer(ids(items), tuple(credits)))
    answers += [Answer(ids(some)) for some in parts if some]
    if answers and len(items) <= TRIED_AMONG_MAX:
        answers += [Answer(some) for some in every_set(state, items, amount, len(items))[: OPTIONS_MAX + 1]]
    for answer in answers:
        answer.certain = len(items) <= TRIED_AMONG_MAX or bool(everything)
    return distinct(answers)


def every_set(state: PayerTwin, items: list[Row], amount: int, most: int) -> list[Members]:
    places = [some for size in range(1, most + 1) for some in combinations(range(len(items)), size)]
    return [
        ids(items[place] for place in some)
        for some in sorted(places)
        if sum(state.left[items[place]["receivable_id"]] for place in some) == amount
    ]


def distinct(answers: list[Answer]) -> list[Answer]:
    seen: dict[tuple[Members, bool], Answer] = {}
    for answer in answers:
        seen.setdefault((answer.members, bool(answer.credits)), answer)
    return list(seen.values())


def small_subsets(state: PayerTwin, payment: str, items: list[Row]) -> list[Answer]:
    if len(items) > FEW_MAX:
        return []
    amount = state.left[payment]
    less_a_credit = [
        Answer((debt["receivable_id"],), (credit,), certain=False)
        for credit in sorted(credits_of(state, payment))
        for debt in items
        if state.left[debt["receivable_id"]] - state.left[credit] == amount
    ]
    return [Answer(some) for some in every_set(state, items, amount, 3)] + less_a_credit


def sets_of(state: PayerTwin, rule: str, answer: Any) -> None:
    found: dict[str, list[Answer]] = {}
    for one in state.waiting():
        items = items_of(state, one)
        found[one] = answer(state, one, items) if items else []
    sure = {one: answers[0] for one, answers in found.items() if is_sure(state, one, found)}
    for one, answers in found.items():
        if answers and one not in sure:
            state.suggest(one, [some.members for some in answers[:OPTIONS_MAX]])
    for one, some in sure.items():
        spread(state, one, some, rule)


def is_sure(state: PayerTwin, payment: str, found: dict[str, list[Answer]]) -> bool:
    answers = found[payment]
    if len(answers) != 1 or not answers[0].certain or state.sources[payment]["payers"][0][1] != "known":
        return False
    others = {one for other, sets in found.items() if other != payment for some in sets for one in some.members}
    return not any(one in others or state.doubtful(one) for one in answers[0].members)


def spread(state: PayerTwin, payment: str, answer: Answer, rule: str) -> None:
    """The credit notes first, then the payment, over the oldest first."""
    money = [*answer.credits, payment]
    for debt in answer.members:
        while state.left[debt] > 0:
            state.book(money[0], debt, min(state.left[debt], state.left[money[0]]), rule)
            if state.left[money[0]] == 0:
                money.pop(0)
