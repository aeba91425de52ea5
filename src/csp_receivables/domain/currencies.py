"""Currencies and their minor units, by ISO 4217.

Source: the ISO 4217 table in the `iso4217` package. Formatting libraries (CLDR) disagree for a dozen currencies
and are never asked.
"""

from __future__ import annotations

from functools import cache

from iso4217 import Currency


class UnknownCurrency(ValueError):
    """The text is no ISO 4217 currency that money can be booked in."""


@cache
def exponents() -> dict[str, int]:
    """Digits after the decimal point for each currency that has minor units: {"SEK": 2, "JPY": 0, "KWD": 3}."""
    return {currency.code: currency.exponent for currency in Currency if currency.exponent is not None}


@cache
def exponent(currency: str) -> int:
    """Digits after the decimal point of `currency` (upper case, three letters)."""
    try:
        return exponents()[currency]
    except KeyError:
        raise UnknownCurrency(f"{currency!r} is no ISO 4217 currency with minor units") from None
