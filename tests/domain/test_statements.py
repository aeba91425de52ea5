"""What a statement proves is exact, however many digits its bank writes."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csp_receivables.domain.statements import State, Statement


def statement(opening: Decimal | None, booked: Decimal, closing: Decimal | None, **keys: bool) -> Statement:
    return Statement(
        statement_id="s", file_digest="d", source="f", ordinal=1, family="camt.053", taken_for="camt.053.001.08",
        account="A", currency="SEK", number="1", from_on=None, until_on=None, opening=opening, closing=closing,
        entries=1, details=0, credits=booked, debits=Decimal(0), booked=booked, one_currency=True, **keys,
    )  # fmt: skip


@given(
    st.integers(-(10**60), 10**60), st.integers(0, 40), st.integers(-(2**63), 2**63 - 1), st.sampled_from([-1, 0, 1])
)  # fmt: skip
def test_a_statement_proves_exactly_when_nothing_is_missing(
    opening: int, decimals: int, booked: int, missing: int
) -> None:
    first, moved, last = (Decimal(f"{n}e-{decimals}") for n in (opening, booked, opening + booked + missing))

    assert statement(first, moved, last).reconciles is (missing == 0)


def test_a_unit_beside_a_balance_of_thirty_digits_is_not_lost() -> None:
    large = Decimal(10**30)

    assert statement(large, Decimal(1), large).state is State.HELD


@pytest.mark.parametrize("holds", [True, False])
def test_without_balances_the_files_own_counts_decide(holds: bool) -> None:
    assert statement(None, Decimal(1), None, controls_hold=holds).reconciles is holds
