"""Sums that are rounded once and still add up, and the month an invoice bills."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csp_receivables.domain.money import round_to_minor
from csp_receivables.domain.vendor_tie_out import billing_month, tolerance
from csp_receivables.domain.vendor_totals import round_to_add_up

AMOUNTS = st.lists(st.decimals(min_value=-(10**9), max_value=10**9, places=18), max_size=30)


@given(AMOUNTS, st.sampled_from(["EUR", "JPY", "KWD"]))
def test_rounded_parts_add_up_to_the_sum_rounded_once_and_none_moves_a_whole_unit(
    exact: list[Decimal], currency: str
) -> None:
    parts = round_to_add_up(exact, currency)

    with localcontext(prec=60):
        assert sum(parts) == round_to_minor(sum(exact, Decimal(0)), currency)
        places = {"EUR": 2, "JPY": 0, "KWD": 3}[currency]
        assert all(abs(amount.scaleb(places) - part) <= 1 for amount, part in zip(exact, parts, strict=True))


def test_three_thirds_of_a_cent_are_one_cent_for_the_first() -> None:
    assert round_to_add_up([Decimal("0.004"), Decimal("0.004"), Decimal("0.004")], "EUR") == [1, 0, 0]


def test_refunds_are_shared_as_exactly_as_charges() -> None:
    assert round_to_add_up([Decimal("-0.006"), Decimal("-0.006")], "EUR") == [0, -1]


@pytest.mark.parametrize(("lines", "allowed"), [(0, 1), (1, 1), (1000, 1), (1001, 2), (1_000_000, 1000)])
def test_one_minor_unit_is_allowed_for_each_thousand_lines_begun(lines: int, allowed: int) -> None:
    assert tolerance(lines) == allowed


def test_the_billing_month_is_where_most_charges_start_and_of_equals_the_later() -> None:
    october, september = date(2026, 10, 1), date(2026, 9, 1)

    assert billing_month({september: 2, october: 30}) == october
    assert billing_month({september: 30, october: 30}) == october
    with pytest.raises(ValueError, match="no charge has a start date"):
        billing_month({})
