"""How the simulated bank's statements are judged: what they hide, and what not."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest

from tests.faults.year.papers import OPENING, Bank, Statement
from tests.faults.year.truth import BEGINS, Payment

DAYS = [BEGINS + timedelta(days=days) for days in range(3)]  # banking days, from a Monday on


@pytest.mark.parametrize(("paid", "until"), [((), DAYS[2]), ((500_00,), DAYS[0])])
def test_a_day_of_which_nothing_came_is_a_gap_where_money_came_on_it(paid: tuple[int, ...], until: date) -> None:
    """As the system can know it: by the balances."""
    payments = tuple(Payment(on=DAYS[1], customer_id="C1", number="1", amount=each, text="") for each in paid)
    first = Statement(day=DAYS[0], opening=OPENING, payments=())
    missing = Statement(day=DAYS[1], opening=OPENING, payments=payments)
    last = Statement(day=DAYS[2], opening=missing.closing, payments=())
    bank = Bank(chance=random.Random(0), came={each.day: each for each in (first, last)})

    assert bank.whole_until(BEGINS) == until


def test_nothing_is_whole_before_the_first_statement() -> None:
    bank = Bank(chance=random.Random(0))

    assert bank.whole_until(BEGINS) < BEGINS


def test_money_of_a_saturday_is_of_the_day_on_which_the_bank_books_it() -> None:
    saturday, monday = BEGINS + timedelta(days=5), BEGINS + timedelta(days=7)
    paid = Payment(on=saturday, customer_id="C1", number="1", amount=500_00, text="")
    booked = Statement(day=monday, opening=OPENING, payments=(paid,))
    bank = Bank(chance=random.Random(0), came={monday: booked})

    assert bank.has_booked("C1", since=monday)
    assert not bank.has_booked("C1", since=monday + timedelta(days=1))
    assert not bank.has_booked("C2", since=monday)
