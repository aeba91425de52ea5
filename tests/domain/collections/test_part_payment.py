"""A part payment holds harder stages back for a while; nothing is undone."""

from __future__ import annotations

import pytest

from tests.debtors import NOTICE, SUSPEND, WAIT, answer, case, chased, day, debt, policy, sent

PAUSED = policy(part_payment_pause_days=7)


@pytest.mark.parametrize(("days", "expected"), [(31, WAIT), (36, WAIT), (37, SUSPEND), (38, SUSPEND)])
def test_harder_stages_wait_after_a_part_payment(days: int, expected: str) -> None:
    part = chased(sent("final_notice", 20), debts=(debt(open_amount=5_000, part_paid_on=day(30)),))

    assert expected == answer(part, days, PAUSED)[0]


def test_without_the_rule_a_part_payment_changes_nothing() -> None:
    part = chased(sent("final_notice", 20), debts=(debt(open_amount=5_000, part_paid_on=day(30)),))

    assert SUSPEND is answer(part, 31)[0]


def test_who_paid_in_part_still_hears_the_first_notice() -> None:
    part = case(debt(open_amount=5_000, part_paid_on=day(24)))

    assert (NOTICE, "reminder") == answer(part, 25, PAUSED)
