"""Money inside SQL: minor units as decimal text, by the exponents of ISO 4217. DuckDB macros, made per connection."""

from __future__ import annotations

import duckdb

from csp_receivables.domain.currencies import exponents

# A variable, not a CASE: a macro is pasted wherever it is used, and planning forty branches each time was measured to
# cost more than matching a small day.
_DIGITS = "SET VARIABLE minor_digits = MAP {{{entries}}}"
_MINOR_DIGITS = """
CREATE OR REPLACE TEMP MACRO minor_digits(currency) AS coalesce(getvariable('minor_digits')[currency], 2)
"""
_AMOUNT_TEXT = """
CREATE OR REPLACE TEMP MACRO amount_text(minor, currency) AS
    CASE WHEN minor_digits(currency) = 0 THEN minor::VARCHAR
    ELSE CASE WHEN minor < 0 THEN '-' ELSE '' END
        || (abs(minor::HUGEINT) // (10 ** minor_digits(currency))::BIGINT)::VARCHAR || '.'
        || lpad((abs(minor::HUGEINT) % (10 ** minor_digits(currency))::BIGINT)::VARCHAR, minor_digits(currency), '0')
    END
"""


def define_money(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `minor_digits(currency)` and `amount_text(minor, currency)`: amount_text(11900, 'EUR') is '119.00'."""
    entries = ", ".join(f"'{code}': {digits}" for code, digits in sorted(exponents().items()))
    connection.execute(_DIGITS.format(entries=entries))
    connection.execute(_MINOR_DIGITS)
    connection.execute(_AMOUNT_TEXT)
