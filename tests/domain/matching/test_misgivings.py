"""What keeps the only receivable that fits by payer and amount from being booked, each at its limit."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from csp_receivables.domain.matching.ladder import Matched
from tests.domain.matching.worlds import (
    because,
    booked,
    credit_note,
    credited,
    declined,
    options,
    payer,
    payment,
    receivable,
    run,
)

ACCOUNT = "DE1"
DUE = date(2026, 10, 1)
PAID_ON = DUE + timedelta(days=4)  # as `worlds.payment`
OWED = receivable("C1/26001500", 100)


def matched(*, receivables: list[dict[str, Any]] | None = None, others: Any = (), **known: Any) -> Matched:
    """A payment P of customer C1's account, and what else there is; the customer owes just as much, once."""
    said = {"payer_account": ACCOUNT, **known.pop("says", {})}
    owed = receivables or [OWED]
    payers = [payer("C1", ACCOUNT), payer("C3", "DE2")]
    return run(owed, [payment("P", 100, **said), *others], payers=payers, **known)


def is_booked(found: Matched) -> bool:
    return "P" in {row[0] for row in booked(found)}


def test_without_a_misgiving_it_is_booked() -> None:
    assert is_booked(matched())


def a_paid_one(**other: Any) -> dict[str, Any]:
    return {"customer_id": "C1", "currency": "EUR", "amount": 100, "due_on": DUE, "paid_on": PAID_ON, **other}


LATER = DUE + timedelta(days=1)


@pytest.mark.parametrize(
    ("paid", "is_sure"),
    [
        ({"due_on": LATER}, False),
        ({"due_on": DUE}, True),  # as old as this one: nothing was passed over
        ({"due_on": LATER, "paid_on": PAID_ON + timedelta(days=1)}, True),  # paid after it
        ({"due_on": LATER, "amount": 101}, True),
        ({"due_on": LATER, "customer_id": "C2"}, True),
        ({"due_on": LATER, "currency": "SEK"}, True),
    ],
)
def test_a_receivable_that_was_passed_over_is_left_to_a_person(paid: dict[str, Any], is_sure: bool) -> None:
    found = matched(paid=[a_paid_one(**paid)])

    assert is_booked(found) is is_sure
    if not is_sure:
        assert options(found, "P") == [(1, "C1/26001500")]
        assert because(found, "P").endswith(
            "; but it was passed over: another of that amount, due on 2026-10-02, was paid before"
        )


@pytest.mark.parametrize(("overdue", "is_sure"), [(1, False), (0, True)])
def test_only_what_is_overdue_was_passed_over(overdue: int, is_sure: bool) -> None:
    paid = a_paid_one(due_on=PAID_ON + timedelta(days=1), paid_on=DUE)
    owed = receivable("C1/26001500", 100, due_on=PAID_ON - timedelta(days=overdue))

    assert is_booked(matched(receivables=[owed], paid=[paid])) is is_sure


def test_of_several_that_were_paid_before_the_oldest_is_told() -> None:
    paid = [a_paid_one(due_on=LATER + timedelta(days=days)) for days in (1, 0, 2)]

    assert "due on 2026-10-02, was" in because(matched(paid=paid), "P")


def test_a_credit_note_passes_nobody_over() -> None:
    note = credit_note("C1/K1", 100)

    assert [row[:2] for row in credited(run([OWED, note], [], paid=[a_paid_one(due_on=LATER)]))] == [
        ("C1/K1", OWED["receivable_id"])
    ]


def test_what_was_paid_in_part_is_not_paid() -> None:
    later = receivable("C1/26001900", 100, due_on=LATER, reference="5390")
    part = payment("Q", 40, reference="5390", booked_on=DUE)

    assert is_booked(matched(receivables=[OWED, later], others=[part]))


def test_what_is_paid_in_the_same_run_passes_an_older_one_over_too() -> None:
    later = receivable("C1/26001900", 100, due_on=LATER, reference="5390")
    found = matched(receivables=[OWED, later], others=[payment("Q", 100, reference="5390", booked_on=DUE)])

    assert [row[:2] for row in booked(found)] == [("Q", "C1/26001900")]
    assert "passed over" in because(found, "P")


@pytest.mark.parametrize(
    ("came", "is_sure"),
    [
        ({"booked_on": PAID_ON}, False),
        ({"booked_on": PAID_ON - timedelta(days=14)}, False),
        ({"booked_on": PAID_ON - timedelta(days=15)}, True),
        ({"booked_on": PAID_ON + timedelta(days=1)}, True),
        ({"amount": 101}, True),
        ({"currency": "SEK"}, True),
        ({"payer_account": "DE2"}, True),
        ({"payer_account": "de 1"}, False),
        ({"payment_id": "P"}, True),
    ],
)
def test_money_that_may_have_been_sent_twice_is_left_to_a_person(came: dict[str, Any], is_sure: bool) -> None:
    found = matched(came=[a_payment_that_came(**{"payment_id": "Q", "booked_on": PAID_ON, **came})])

    assert is_booked(found) is is_sure
    if not is_sure:
        assert "; but the same account paid as much on 2026-" in because(found, "P")


def a_payment_that_came(payment_id: str, **other: Any) -> dict[str, Any]:
    row = {"payment_id": payment_id, "booked_on": DUE, "currency": "EUR", "amount": 100, "payer_account": ACCOUNT}
    return row | other


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0)])
def test_of_several_that_came_before_the_newest_is_told_and_of_one_day_the_last_id(order: tuple[int, ...]) -> None:
    rows = [
        a_payment_that_came("Q3", booked_on=DUE - timedelta(days=1)),
        a_payment_that_came("Q1"),
        a_payment_that_came("Q2"),
    ]

    assert "as much on 2026-10-01 (Q2):" in because(matched(came=[rows[place] for place in order]), "P")


def test_money_without_an_account_is_not_of_the_same_account() -> None:
    said = {"payer_account": "", "customer_id": "C1"}

    assert is_booked(matched(says=said, came=[a_payment_that_came("Q", payer_account="")]))


@pytest.mark.parametrize(
    ("other", "is_sure"),
    [
        ({}, False),
        ({"amount": 99}, True),
        ({"amount": 101}, True),
        ({"payer_account": "DE2"}, True),  # whose account is known
        ({"payer_name": "HANDEL, ALPHA"}, False),
        ({"payer_name": "Beta GmbH"}, True),
        ({"payer_name": ""}, True),
        ({"booked_on": date(2026, 9, 1)}, False),  # the day of issue
        ({"booked_on": date(2026, 8, 31)}, True),
        ({"currency": "SEK"}, True),
    ],
)
def test_money_of_somebody_called_like_the_customer_may_be_for_it(other: dict[str, Any], is_sure: bool) -> None:
    rival = payment(**{"payment_id": "Q", "amount": 100, "payer_name": "ALPHA HANDEL", **other})
    found = matched(others=[rival], names={"C1": "Alpha Handel", "C2": "Beta GmbH"})

    assert is_booked(found) is is_sure
    if not is_sure:
        assert because(found, "P").endswith(f"; but payment Q of {rival['payer_name']} is as much, too")


def test_money_that_a_person_declined_for_it_is_no_rival() -> None:
    rival = payment("Q", 100, payer_name="ALPHA HANDEL")
    no = [declined("Q", OWED["receivable_id"], "name_likeness")]

    assert is_booked(matched(others=[rival], names={"C1": "Alpha Handel"}, no=no))


@pytest.mark.parametrize(
    ("says", "is_sure"),
    [
        ({"reference": "2602033702"}, False),  # sound by its check digit
        ({"reference": "2602033703"}, True),  # damaged: a slip of the pen
        ({"reference": "2600150000"}, True),
        ({"text": "order 26001501"}, False),
        ({"text": "inv no 260 015 01"}, False),
        ({"text": "order 260015"}, True),  # shorter than a number
        ({"text": "order 45001501"}, True),  # begins otherwise
        ({"text": "order 2600A501"}, True),  # letters where numbers have digits
    ],
)
def test_a_payment_that_names_something_else_is_left_to_a_person(says: dict[str, str], is_sure: bool) -> None:
    owed = receivable("C1/26001500", 100, reference="2600150003")

    assert is_booked(matched(receivables=[owed], says=says)) is is_sure


def test_of_several_numbers_that_look_alike_the_first_is_told() -> None:
    assert "says 26001501, which" in because(matched(says={"text": "26001502 or 26001501"}), "P")


def test_a_sound_reference_says_nothing_where_receivables_bear_none() -> None:
    assert is_booked(matched(says={"reference": "2602033702"}))
