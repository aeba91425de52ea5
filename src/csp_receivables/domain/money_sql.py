"""Money inside SQL: minor units as decimal text, by the exponents of ISO 4217. DuckDB macros, made per connection."""

from __future__ import annotations

import duckdb

from csp_receivables.domain.currencies import exponents

# A macro is pasted wherever it is used and planned each time. A branch for each currency, or a map of them, was
# measured to cost more than matching a small day; so the few exponents other than 2 are looked for in a text of codes.
_MINOR_DIGITS = "CREATE OR REPLACE TEMP MACRO minor_digits(currency) AS CASE {digits} ELSE 2 END"
_AMOUNT_TEXT = """
CREATE OR REPLACE TEMP MACRO amount_text(minor, currency) AS CASE {texts} ELSE (minor * 0.01)::VARCHAR END
"""
_IS_ONE_OF = "WHEN contains(' {codes} ', ' ' || currency || ' ') THEN"


def define_money(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `minor_digits(currency)` and `amount_text(minor, currency)`: amount_text(11900, 'EUR') is '119.00'.

    A currency that nobody knows has two decimals.
    """
    odd: dict[int, list[str]] = {}
    for code, digits in sorted(exponents().items()):
        if digits != 2:
            odd.setdefault(digits, []).append(code)
    told = {digits: _IS_ONE_OF.format(codes=" ".join(codes)) for digits, codes in sorted(odd.items())}
    digits_of = " ".join(f"{when} {digits}" for digits, when in told.items())
    texts = " ".join(f"{when} {_text(digits)}" for digits, when in told.items())
    connection.execute(_MINOR_DIGITS.format(digits=digits_of))
    connection.execute(_AMOUNT_TEXT.format(texts=texts))


def _text(digits: int) -> str:
    """SQL for the decimal text of `minor`; a multiplication of exact decimals keeps every digit."""
    return f"(minor * 0.{'1':0>{digits}})::VARCHAR" if digits else "minor::VARCHAR"
