"""The rules that go by the payer, on random worlds of few amounts and on a made-up partner: they say what their twins
say."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import date, timedelta
from types import MappingProxyType

from hypothesis import given
from hypothesis import strategies as st

from csp_receivables.domain.currencies import exponents
from csp_receivables.domain.matching.ladder import RULES, Matched, MatchingPolicy, Mode
from tests.domain.matching.payer_twins import PayerTwin, payer_twin
from tests.domain.matching.worlds import Row, booked, credited, made_up, payer, payment, receivable, run
from tests.examples import examples

CURRENCIES = sorted(exponents())[:40]
STANDINGS = {
    "DE1": [("C1", "known")],
    "DE2": [("C1", "shared"), ("C2", "shared")],
    "DE3": [("C2", "demoted")],
    "DE4": [("C2", "known")],
}
PAYERS = [
    payer("C1", "DE1"),
    payer("C1", "DE2"),
    payer("C2", "DE2"),
    payer("C2", "DE3", contradicted=1),
    payer("C1", "DE4"),
    payer("C2", "DE4", decided="known"),
]


def a_world(chance: random.Random, currency: str) -> tuple[list[Row], list[Row]]:
    """Up to nine receivables and four payments: some amounts collide, and some payments are made to fit a few."""
    amounts = chance.choice([[10, 20, 30], [10, 20, 30, 70, 110], [11, 23, 47, 95, 191, 383, 767]])
    receivables = [a_receivable(chance, currency, place, amounts) for place in range(chance.randint(0, 9))]
    payments = [a_payment(chance, currency, place, receivables) for place in range(chance.randint(0, 4))]
    return receivables, payments


def a_receivable(chance: random.Random, currency: str, place: int, amounts: list[int]) -> Row:
    issued_on = date(2026, 8, 1) + timedelta(days=chance.choice([0, 5, 31, 36, 60, 70]))
    return receivable(
        f"R/{currency}{place}",
        chance.choice(amounts),
        currency=currency,
        customer_id=chance.choice(["C1", "C1", "C2"]),
        kind=chance.choice(["invoice"] * 5 + ["credit_note"]),
        issued_on=issued_on,
        due_on=issued_on + timedelta(days=chance.choice([10, 30])),
    )


def a_payment(chance: random.Random, currency: str, place: int, receivables: list[Row]) -> Row:
    invoices = [row for row in receivables if row["kind"] == "invoice"] or [{"open_amount": 10}]
    some = chance.sample(invoices, chance.randint(1, len(invoices)))
    less = chance.choice([0, 0, 10, 11])
    return payment(
        f"P/{currency}{place}",
        max(sum(row["open_amount"] for row in some) - less, 1),
        currency=currency,
        booked_on=date(2026, 10, 1) - timedelta(days=chance.choice([0, 1, 2, 20, 30, 40, 60])),
        customer_id=chance.choice(["", "C1", "C2"]),
        payer_account=chance.choice(["", *STANDINGS]),
    )


def said(expected: PayerTwin) -> dict[str, list[set[str]]]:
    return {
        one: [set(members) for members in options]
        for one, options in expected.options.items()
        if not expected.sources[one]["is_credit"]
    }


def agree(matched: Matched, expected: PayerTwin) -> None:
    suggested: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in matched.suggestions.to_pylist():
        suggested[row["payment_id"]][row["option"]].add(row["receivable_id"])
    assert {(*row[:3], row[4]) for row in booked(matched)} | {row[:4] for row in credited(matched)} == expected.booked
    assert {one: [options[nth] for nth in sorted(options)] for one, options in suggested.items()} == said(expected)


@examples(4)
@given(st.integers(0, 2**32))
def test_the_rules_that_go_by_the_payer_agree_with_their_twins(seed: int) -> None:
    chance = random.Random(seed)
    worlds = [a_world(chance, currency) for currency in CURRENCIES]
    receivables = [row for some, _ in worlds for row in some]
    payments = [row for _, some in worlds for row in some]

    agree(run(receivables, payments, payers=PAYERS), payer_twin(receivables, payments, STANDINGS))


TODAY = date(2026, 10, 5)  # of every payment, as `worlds.payment` has it
POWERS = [2**place for place in range(14)]
# What a customer owes (an amount, or more of it) and what they pay; each name is a customer of its own.
LIMITS: dict[str, tuple[list[int | Row], list[int | Row]]] = {
    "one": ([100], [100]),
    "one, less": ([100], [99]),
    "one, more": ([100], [101]),
    "one of two": ([100, 100], [100]),
    "one for two": ([100], [100, 100]),
    "one of today": ([{"open_amount": 100, "issued_on": TODAY}], [100]),
    "one of tomorrow": ([{"open_amount": 100, "issued_on": TODAY + timedelta(days=1)}], [100]),
    "one beside one of today": ([100, {"open_amount": 100, "issued_on": TODAY}], [100]),
    "one beside one of tomorrow": ([100, {"open_amount": 100, "issued_on": TODAY + timedelta(days=1)}], [100]),
    "one beside a newer one of another amount": ([100, {"open_amount": 50, "issued_on": TODAY}], [100]),
    "one beside a newer one abroad": ([100, {"open_amount": 100, "issued_on": TODAY, "currency": "SEK"}], [100]),
    "two beside others": ([100, 100, 50, 101, {"open_amount": 100, "currency": "SEK"}], [100]),
    "one, and then one of two": (
        [100, *({"open_amount": 100, "issued_on": TODAY - timedelta(days=days)} for days in (1, 0))],
        [{"amount": 100, "booked_on": date(2026, 9, 10)}, 100],
    ),
    "a line": (
        [{"open_amount": 100, "due_on": date(2026, 10, day)} for day in (3, 2, 1)],
        [{"amount": 100, "booked_on": TODAY + timedelta(days=1)}, 100],
    ),
    "everything": ([10, 20, 40], [70]),
    "everything, less": ([10, 20, 40], [69]),
    "everything, more": ([10, 20, 40], [71]),
    "everything beside a credit note": ([10, 20, {"open_amount": 5, "kind": "credit_note"}], [30]),
    "everything of two": ([10, 20, 40], [70, 70]),
    "everything until today": ([10, 20, {"open_amount": 40, "issued_on": TODAY}], [70]),
    "everything until tomorrow": ([10, 20, {"open_amount": 40, "issued_on": TODAY + timedelta(days=1)}], [70]),
    **{
        f"overdue by {days}": (
            [
                10,
                {"open_amount": 5, "due_on": date(2026, 12, 1)},
                {"open_amount": 70, "due_on": TODAY},
                {"open_amount": 20, "due_on": TODAY - timedelta(days=days), "issued_on": date(2026, 8, 1)},
            ],
            [30],
        )
        for days in (-1, 0, 1)
    },
    "a month": (
        [
            {"open_amount": amount, "issued_on": issued_on, "due_on": date(2026, 11, 1)}
            for amount, issued_on in (
                (7, date(2026, 8, 31)),
                (20, date(2026, 9, 1)),
                (41, date(2026, 9, 30)),
                (90, date(2026, 10, 1)),
            )
        ],
        [61],
    ),
    "the oldest": ([10, 20, 40, 80], [30]),
    "the oldest, less": ([10, 20, 40, 80], [29]),
    "the oldest, more": ([10, 20, 40, 80], [31]),
    "the oldest of twelve": (list(POWERS[:12]), [sum(POWERS[:4])]),
    "the oldest of thirteen": (list(POWERS[:13]), [sum(POWERS[:4])]),
    "two of six": (list(POWERS[:6]), [2 + 8]),
    "three of six": (list(POWERS[:6]), [2 + 8 + 32]),
    "four of eight": (list(POWERS[:8]), [2 + 8 + 32 + 128]),
    "two of ten": (list(POWERS[:10]), [2 + 8]),
    "two of eleven": (list(POWERS[:11]), [2 + 8]),
    "two in two ways": ([10, 20, 30, 40, 77], [50]),
    **{
        f"net of a credit note, {more}": ([50, 61, {"open_amount": 23, "kind": "credit_note"}], [88 + more])
        for more in (-1, 0, 1)
    },
    **{
        f"net of a credit note of {days}": (
            [50, 61, {"open_amount": 23, "kind": "credit_note", "issued_on": TODAY + timedelta(days=days)}],
            [88],
        )
        for days in (0, 1)
    },
    "one less a credit note": ([50, 61, 200, {"open_amount": 23, "kind": "credit_note"}], [38]),
    "a credit note alone": ([50, 61, {"open_amount": 50, "kind": "credit_note"}], []),
    **{
        f"everything, by account {account}": (
            [{"open_amount": amount, "customer_id": customer, "currency": currency} for amount in (10, 20)],
            [{"amount": 30, "customer_id": "", "payer_account": account, "currency": currency}],
        )
        for account, customer, currency in (("DE2", "C1", "SEK"), ("DE3", "C2", "NOK"), ("DE4", "C2", "DKK"))
    },
}


def at_the_limits() -> tuple[list[Row], list[Row]]:
    receivables: list[Row] = []
    payments: list[Row] = []
    for name, (owed, paid) in LIMITS.items():
        for place, one in enumerate(owed):
            row = {"open_amount": one} if isinstance(one, int) else one
            receivables.append(receivable(f"{name}/{place:02}", **{"customer_id": name, **row}))
        for place, one in enumerate(paid):
            row = {"amount": one} if isinstance(one, int) else one
            payments.append(payment(f"{name} P{place}", **{"customer_id": name, **row}))
    return receivables, payments


def test_they_agree_at_every_limit() -> None:
    receivables, payments = at_the_limits()

    agree(run(receivables, payments, payers=PAYERS), payer_twin(receivables, payments, STANDINGS))


def test_rule_5_agrees_with_its_pandas_twin_on_a_made_up_partner() -> None:
    receivables, payments = made_up(5, people=60, months=3, says_who=True)
    others = {rule.name: Mode.OFF for rule in RULES if rule.name != "known_payer"}
    matched = run(receivables, payments, MatchingPolicy(modes=MappingProxyType(others)))

    agree(matched, payer_twin(receivables, payments, {}, sets=False))
    assert len(booked(matched)) > 100  # of 231; half as many when later receivables still competed
