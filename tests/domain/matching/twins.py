"""A second, slow and plain way to say what each rule does: the oracle for the set rules. Rows are dicts of records."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from csp_receivables.domain.matching.policy import MatchingPolicy, Tolerance

Row = dict[str, Any]
Booked = tuple[str, str, int, int, str, str]  # payment, receivable, amount, difference, rule, outcome


@dataclass
class Twin:
    """What is left of everything, and what was decided."""

    receivables: dict[str, Row]
    payments: list[Row]
    policy: MatchingPolicy
    open: dict[str, int] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)
    booked: list[Booked] = field(default_factory=list)
    doubts: dict[str, set[str]] = field(default_factory=dict)

    def book(self, payment: Row, receivable: str, amount: int, difference: int, rule: str, outcome: str) -> None:
        self.booked.append((payment["payment_id"], receivable, amount, difference, rule, outcome))
        self.left[payment["payment_id"]] -= amount
        self.open[receivable] -= amount + difference

    def doubt(self, payment: Row, receivables: Iterable[str]) -> None:
        self.doubts[payment["payment_id"]] = set(receivables)

    def waiting(self) -> list[Row]:
        return [p for p in self.payments if self.left[p["payment_id"]] > 0 and p["payment_id"] not in self.doubts]

    def is_elsewhere(self, payment: Row, receivable: str) -> bool:
        return payment["customer_id"] not in ("", self.receivables[receivable]["customer_id"])

    def customers(self, receivables: Iterable[str]) -> set[str]:
        return {self.receivables[one]["customer_id"] for one in receivables}


def twin(receivables: list[Row], payments: list[Row], policy: MatchingPolicy | None = None) -> Twin:
    """The ladder, one payment after the other, until a pass books nothing."""
    kept = {row["receivable_id"]: row for row in receivables if row["kind"] == "invoice" and row["open_amount"] > 0}
    state = Twin(kept, sorted(payments, key=lambda p: (p["booked_on"], p["payment_id"])), policy or MatchingPolicy())
    state.open = {key: row["open_amount"] for key, row in kept.items()}
    state.left = {row["payment_id"]: row["amount"] for row in payments}
    while True:
        before = len(state.booked)
        state.doubts = {}
        named = {p["payment_id"]: named_by(state, p) for p in state.waiting()}
        exact_reference(state, named)
        reference_with_difference(state, named)
        several_references(state, named)
        number_in_text(state)
        if len(state.booked) == before:
            return state


def key_of(said: str) -> str:
    letters = "".join(re.findall(r"[0-9A-Z]", said.upper()))
    return letters.lstrip("0") if letters.isdigit() else letters


def named_by(state: Twin, payment: Row) -> list[set[str]]:
    """For each reference of the payment the open receivables that it fits."""
    whole = fitting(state, payment, payment["reference"])
    if whole:
        return [whole]
    parts = {key_of(part) for part in payment["reference"].split(" ")} if " " in payment["reference"] else set()
    return [fits for part in sorted(parts) if (fits := fitting(state, payment, part))]


def fitting(state: Twin, payment: Row, said: str) -> set[str]:
    for column in ("reference", "number"):
        fits = {
            key
            for key, row in state.receivables.items()
            if state.open[key] > 0
            and row["currency"] == payment["currency"]
            and key_of(row[column]) == key_of(said) != ""
        }
        if fits:
            return fits
    return set()


def single(state: Twin, payment: Row, named: dict[str, list[set[str]]]) -> tuple[str | None, set[str]]:
    """The only receivable named, or None and the open ones that are in doubt."""
    fits = named[payment["payment_id"]]
    if len(set().union(*fits)) != 1 and len(fits) != 1:
        return None, set()
    one = set().union(*fits)
    if len(one) > 1 or any(state.is_elsewhere(payment, key) for key in one):
        return None, {key for key in one if state.open[key] > 0}
    return next(iter(one)), set()


def exact_reference(state: Twin, named: dict[str, list[set[str]]]) -> None:
    at_first = dict(state.open)
    for payment in state.waiting():
        one, _ = single(state, payment, named)
        amount = state.left[payment["payment_id"]]
        if one and at_first[one] == amount and state.open[one] == amount:
            state.book(payment, one, amount, 0, "exact_reference", "full")
        elif any(at_first[key] == amount for key in named_in_doubt(state, payment, named)):
            state.doubt(payment, named_in_doubt(state, payment, named))


def named_in_doubt(state: Twin, payment: Row, named: dict[str, list[set[str]]]) -> set[str]:
    """As at the start of the rule: what it books meanwhile does not clear a doubt."""
    fits = named[payment["payment_id"]]
    one = set().union(*fits)
    in_doubt = len(one) > 1 or any(state.is_elsewhere(payment, key) for key in one)
    return one if (len(fits) == 1 and in_doubt) or (len(one) == 1 and in_doubt) else set()


def reference_with_difference(state: Twin, named: dict[str, list[set[str]]]) -> None:
    doubts = []
    for payment in state.waiting():
        one, doubtful = single(state, payment, named)
        if doubtful:
            doubts.append((payment, named_in_doubt(state, payment, named)))
    open_before = dict(state.open)
    for payment in state.waiting():
        one, _ = single(state, payment, named)
        if one is None or state.open[one] == 0:
            continue
        amount, still_open = state.left[payment["payment_id"]], state.open[one]
        short = still_open - amount
        tolerance = state.policy.tolerances.get(payment["currency"], Tolerance())
        if short <= 0:
            state.book(payment, one, still_open, 0, "reference_with_difference", "full")
        elif short <= max(tolerance.fixed, still_open * tolerance.per_mille // 1000):
            state.book(payment, one, amount, short, "reference_with_difference", "with_difference")
        else:
            state.book(payment, one, amount, 0, "reference_with_difference", "partial")
    for payment, rivals in doubts:
        state.doubt(payment, [key for key in rivals if open_before[key] > 0])


def several_references(state: Twin, named: dict[str, list[set[str]]]) -> None:
    at_first = dict(state.open)
    for payment in state.waiting():
        fits = named.get(payment["payment_id"], [])
        together = set().union(*fits)
        if len(fits) < 2 or len(together) < 2:
            continue
        still = {key for key in together if at_first[key] > 0}
        if not still:
            continue
        sure = len(still) > 1 and sum(at_first[key] for key in still) == state.left[payment["payment_id"]]
        sure = sure and not any(len(fit) > 1 and fit & still for fit in fits) and len(state.customers(still)) == 1
        if not sure or any(state.is_elsewhere(payment, key) for key in still):
            state.doubt(payment, still)
        elif all(state.open[key] == at_first[key] for key in still):
            for key in sorted(still):
                state.book(payment, key, state.open[key], 0, "several_references", "full")


def said_in(text: str) -> set[str]:
    """The keys of every word with a digit, and of up to three neighbours joined to one that carries a digit."""
    word = r"[0-9A-Z]*[0-9][0-9A-Z]*"
    runs = re.findall(rf"(?:[A-Z]+[\s\-/.]{{1,2}})?{word}(?:[\s\-/.]{{1,3}}{word})*", text.upper())
    said = set()
    for run in runs:
        words = re.findall(r"[0-9A-Z]+", run)
        said |= {"".join(words[i : i + n]) for i in range(len(words)) for n in range(1, 5) if i + n <= len(words)}
        said |= {match[1] for one in words if (match := re.fullmatch(r"[A-Z]+([0-9][0-9O]*)", one))}
    return {text_key(one) for one in said if len(one) >= 4 and re.search("[0-9]", one)}


def text_key(said: str) -> str:
    parts = re.fullmatch(r"([A-Z]*)([0-9][0-9O]*)", said)
    return key_of(parts[1] + parts[2].replace("O", "0") if parts else said)


def found_in_text(state: Twin, payment: Row) -> list[str]:
    said = said_in(payment["text"])
    found = []
    for key, row in state.receivables.items():
        if state.open[key] == 0 or row["currency"] != payment["currency"]:
            continue
        digits = "".join(re.findall("[0-9]", row["number"]))
        keys = {key_of(row["number"]), key_of(row["reference"])} | (
            {key_of(digits)} if digits != row["number"] else set()
        )
        if any(len(one) >= 4 and one in said for one in keys):
            found.append(key)
    return found


def number_in_text(state: Twin) -> None:
    at_first = dict(state.open)
    for payment, found in [(p, found_in_text(state, p)) for p in state.waiting()]:
        if not found:
            continue
        amount = state.left[payment["payment_id"]]
        elsewhere = [key for key in found if state.is_elsewhere(payment, key)]
        equal = [key for key in found if at_first[key] == amount]
        adds_up = sum(at_first[key] for key in found) == amount and not elsewhere and len(state.customers(found)) == 1
        claim = found if adds_up else equal if len(equal) == 1 and equal[0] not in elsewhere else []
        if not claim:
            state.doubt(payment, found)
        elif all(state.open[key] == at_first[key] for key in claim):
            for key in sorted(claim):
                state.book(payment, key, state.open[key], 0, "number_in_text", "full")


def by_payment(booked: Iterable[Booked]) -> dict[str, list[Booked]]:
    grouped: dict[str, list[Booked]] = defaultdict(list)
    for one in booked:
        grouped[one[0]].append(one)
    return grouped
