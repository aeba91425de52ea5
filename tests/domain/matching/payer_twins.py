"""A second, slow and plain way to say what the rules do that go by the payer: every subset is tried, row by row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

Row = dict[str, Any]
Members = tuple[str, ...]  # receivables of a set, the oldest first
TRIED_AMONG_MAX, FEW_MAX, OPTIONS_MAX, ALIKE_MAX = 12, 10, 3, 5


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


def payer_twin(receivables: list[Row], payments: list[Row], standings: dict[str, list[tuple[str, str]]]) -> PayerTwin:
    """Rules 5 to 7 until nothing is booked; `standings`: of each account, the customers and how it stands with them."""
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
        known_payer(state)
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


def known_payer(state: PayerTwin) -> None:
    fits: dict[str, list[tuple[str, list[Row]]]] = {}
    for one in state.waiting():
        row = state.sources[one]
        of_payers = [
            (customer, [debt for debt in state.debts if is_theirs(debt, customer, row) and owes(state, debt, one)])
            for customer, _ in row["payers"]
        ]
        fits[one] = [(customer, debts) for customer, debts in of_payers if debts]
    alone: list[tuple[str, str]] = []
    for one, of_payers in fits.items():
        if not of_payers:
            continue
        debts = [debt for _, some in of_payers for debt in some]
        rivals = [other for other, theirs in fits.items() if any(debts[0] in some for _, some in theirs)]
        row = state.sources[one]
        known = row["payers"][0][1] == "known" and debts[0]["issued_on"] <= row["booked_on"]
        if known and len(debts) == len(rivals) == 1:
            alone.append((one, debts[0]["receivable_id"]))
        else:
            state.suggest(one, [(debt,) for debt in turned(state, one, of_payers, fits)])
    for one, debt in alone:
        state.book(one, debt, state.left[one], "known_payer")


def turned(state: PayerTwin, one: str, of_payers: list[tuple[str, list[Row]]], fits: Any) -> list[str]:
    """The receivables in the order they are shown: each payment in the line begins with the next, and one that is alone
    with the nearest due day."""
    shown = []
    for customer, debts in of_payers:
        line = [other for other in fits if (customer, debts) in fits[other] and state.left[other] == state.left[one]]
        turn = sorted(line, key=lambda other: in_line(state, other)).index(one)
        ahead = [(lag, debts[(turn + lag) % len(debts)]) for lag in range(min(len(debts), ALIKE_MAX))]
        day = state.sources[one]["booked_on"]
        alone = len(line) == 1
        shown += [(abs((debt["due_on"] - day).days) if alone else lag, age(debt)) for lag, debt in ahead]
    return [receivable_id for _, (*_, receivable_id) in sorted(shown)][:ALIKE_MAX]


def is_theirs(debt: Row, customer: str, money: Row) -> bool:
    return bool(debt["customer_id"] == customer and debt["currency"] == money["currency"])


def owes(state: PayerTwin, debt: Row, source_id: str) -> bool:
    return state.left[debt["receivable_id"]] == state.left[source_id]


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
