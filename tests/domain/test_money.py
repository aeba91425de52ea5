"""Money is exact: minor units in, minor units out, and nothing is ever cut or lost."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csp_receivables.domain.currencies import UnknownCurrency, exponent, exponents
from csp_receivables.domain.money import (
    AMOUNT_MAX,
    Money,
    NotMoney,
    round_to_minor,
    share_out,
    to_minor,
    to_text,
    total,
)

CURRENCIES = st.sampled_from(sorted(exponents()))
MINOR = st.integers(-AMOUNT_MAX, AMOUNT_MAX)


@pytest.mark.parametrize(("code", "digits"), [("SEK", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("RSD", 2)])
def test_exponents_are_those_of_iso_4217(code: str, digits: int) -> None:
    assert digits == exponent(code)


@pytest.mark.parametrize("code", ["", "sek", "XXX", "EURO"])
def test_what_is_no_currency_is_refused(code: str) -> None:
    with pytest.raises(UnknownCurrency):
        exponent(code)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [("119.00", "EUR", 11900), ("-0.01", "EUR", -1), ("1e2", "JPY", 100), ("0.001", "KWD", 1), (".5", "SEK", 50)],
)
def test_text_becomes_whole_minor_units(text: str, currency: str, minor: int) -> None:
    assert minor == to_minor(text, currency)


@pytest.mark.parametrize(
    ("text", "currency"),
    [("1.005", "EUR"), ("0.5", "JPY"), ("1,50", "EUR"), ("", "EUR"), ("n/a", "EUR"), ("1 000", "EUR"), ("NaN", "EUR"),
     ("Infinity", "EUR"), ("٣", "EUR"), ("10000000000000.00", "EUR"), ("1e400", "EUR")],
)  # fmt: skip
def test_what_is_no_whole_amount_is_refused(text: str, currency: str) -> None:
    with pytest.raises(NotMoney):
        to_minor(text, currency)


def test_the_largest_amount_is_accepted() -> None:
    assert to_minor("9999999999999.99", "EUR") == AMOUNT_MAX


@given(minor=MINOR, currency=CURRENCIES)
def test_text_and_back_is_the_same_amount(minor: int, currency: str) -> None:
    assert minor == to_minor(to_text(minor, currency), currency)


@pytest.mark.parametrize(("text", "minor"), [("0.005", 1), ("-0.005", -1), ("0.0049", 0), ("2.675", 268)])
def test_rounding_is_half_away_from_zero(text: str, minor: int) -> None:
    assert minor == round_to_minor(Decimal(text), "EUR")


@given(amount=st.integers(-(10**15), 10**15), weights=st.lists(st.integers(0, 10**12), min_size=1, max_size=30))
def test_shares_add_up_to_the_whole_and_are_within_one_unit_of_fair(amount: int, weights: list[int]) -> None:
    shares = share_out(amount, weights)

    assert amount == sum(shares)
    if sum(weights):
        fair = [Decimal(amount) * weight / sum(weights) for weight in weights]
        assert all(abs(share - part) < 1 for share, part in zip(shares, fair, strict=True))


def test_amounts_of_two_currencies_never_add_up() -> None:
    with pytest.raises(NotMoney):
        Money.parse("1", "EUR") + Money.parse("1", "SEK")


def test_a_total_is_the_sum_in_its_currency() -> None:
    assert Money(150, "EUR") == total([Money(100, "EUR"), Money(50, "EUR")], "EUR")


@pytest.mark.parametrize("start", ["1." + "0" * 40, "0." + "0" * 27, "9999999999999.99" + "0" * 30])
def test_a_digit_beyond_the_minor_unit_is_refused_however_far_behind_it_stands(start: str) -> None:
    with pytest.raises(NotMoney, match="has more decimals than SEK knows"):
        to_minor(f"{start}1", "SEK")


@pytest.mark.parametrize("text", ["1." + "0" * 40, "0" * 40 + "1", "0." + "0" * 40 + "1e41", "1e0"])
def test_zeros_cost_no_amount_its_exactness(text: str) -> None:
    assert to_minor(text, "SEK") == 100


@pytest.mark.parametrize("text", ["10000000000000.00", "1e17", "1" * 60, "9" * 60 + ".001", "1e999"])
def test_what_no_sum_could_hold_many_of_is_said_to_be_too_large(text: str) -> None:
    with pytest.raises(NotMoney, match="is larger than any real amount"):
        to_minor(text, "SEK")
