"""Countries of ISO 3166 and what they are called, from CLDR's data."""

from __future__ import annotations

from functools import cache

from babel import Locale

# Codes that CLDR knows beside the countries: unions, outlying groups, placeholders and codes for tests.
_NO_COUNTRIES = frozenset({"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ", "AC", "CP", "CQ", "DG", "EA", "IC", "TA"})


@cache
def countries() -> tuple[str, ...]:
    """The two-letter codes, sorted."""
    codes = map(str, Locale("en").territories)
    return tuple(sorted(code for code in codes if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRIES))


def country_name(country: str, language: str) -> str:
    """What people who speak `language` call the country; the code itself when nobody knows."""
    return str(Locale(language).territories.get(country, country))
