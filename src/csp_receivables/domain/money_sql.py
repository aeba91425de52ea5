"""Money inside SQL: minor units shown as decimal text, by the exponents of ISO 4217. DuckDB macros, made per connection."""

from __future__ import annotations

from itertools import groupby

import duckdb

from csp_receivables.domain.currencies import exponents

_USUAL_EXPONENT = 2


def define_money(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `minor_digits(currency)` and `amount_text(minor, currency)`: amount_text(11900, 'EUR') is '119.00'."""
    connection.execute(f"CREATE OR REPLACE TEMP MACRO minor_digits(currency) AS {_exponent_case()}")
    connection.execute(_AMOUNT_TEXT)


def _exponent_case() -> str:
    """The few currencies that have not two decimals, one WHEN an exponent."""
    unusual = sorted((digits, code) for code, digits in exponents().items() if digits != _USUAL_EXPONENT)
    cases = [
        f"WHEN currency IN ({', '.join(repr(code) for _, code in group)}) THEN {digits}"
        for digits, group in groupby(unusual, key=lambda pair: pair[0])
    ]
    return f"CASE {' '.join(cases)} ELSE {_USUAL_EXPONENT} END"


_AMOUNT_TEXT = """
CREATE OR REPLACE TEMP MACRO amount_text(minor, currency) AS
    CASE WHEN minor_digits(currency) = 0 THEN minor::VARCHAR
    ELSE CASE WHEN minor < 0 THEN '-' ELSE '' END
        || (abs(minor::HUGEINT) // (10 ** minor_digits(currency))::BIGINT)::VARCHAR || '.'
        || lpad((abs(minor::HUGEINT) % (10 ** minor_digits(currency))::BIGINT)::VARCHAR, minor_digits(currency), '0')
    END
"""
