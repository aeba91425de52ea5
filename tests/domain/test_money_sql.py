"""Amounts in the sentences that SQL makes are those that the rest of the program would write."""

from __future__ import annotations

import duckdb
import pytest

from csp_receivables.domain.currencies import exponents
from csp_receivables.domain.money import to_text
from csp_receivables.domain.money_sql import define_money

AMOUNTS = (0, 1, -1, 99, 100, -100, 11_900, 10_000, -123_456_789, 2**63 - 1, -(2**63))


@pytest.mark.parametrize("kind", ["BIGINT", "HUGEINT"])
def test_sql_writes_an_amount_of_any_currency_as_python_does(kind: str) -> None:
    asked = [(amount, currency) for currency in sorted(exponents()) for amount in AMOUNTS]
    with duckdb.connect() as connection:
        define_money(connection)
        answered = connection.execute(
            f"SELECT amount_text(minor::{kind}, currency) FROM "
            "(SELECT unnest($minors) AS minor, unnest($currencies) AS currency)",
            {"minors": [amount for amount, _ in asked], "currencies": [currency for _, currency in asked]},
        ).fetchall()

    assert [text for (text,) in answered] == [to_text(amount, currency) for amount, currency in asked]


def test_a_currency_that_nobody_knows_has_two_decimals() -> None:
    with duckdb.connect() as connection:
        define_money(connection)
        answered = connection.execute(
            "SELECT amount_text(5, ''), amount_text(5, '?'), minor_digits('?'), minor_digits('JPY'), "
            "minor_digits('KWD')"
        ).fetchall()

    assert answered == [("0.05", "0.05", 2, 0, 3)]
