"""Amounts, days, lists and plurals as the readers of a language in a country write them (CLDR, by Babel).

How many decimals a currency has comes from ISO 4217 (`domain.currencies`), never from CLDR.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from functools import cache, lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, get_timezone_name
from babel.lists import format_list
from babel.numbers import NumberPattern, format_decimal, parse_pattern

from csp_receivables.domain.currencies import exponent
from csp_receivables.domain.money import to_decimal, to_text

NO_BREAK = "\u00a0"
# CLDR parts a currency of letters from the digits beside it ("SEK 1,234.50"); Babel leaves that out (CLDR, Currencies).
_LETTER_AT_DIGIT = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")


@cache
def locale_of(language: str, country: str, otherwise: str) -> Locale:
    """Of a language in a country where CLDR knows the pair ("de" in "AT"), else `otherwise`.

    A language that names its own territory or script ("pt_BR") stays as it is.
    """
    if "_" not in language and country:
        try:
            return Locale.parse(f"{language}_{country}")
        except (UnknownLocaleError, ValueError):
            pass
    return Locale.parse(otherwise)


@dataclass(frozen=True, slots=True)
class Manner:
    """How things are written in one locale."""

    locale: Locale

    def money(self, minor: int, currency: str) -> str:
        """An amount with its currency: `1 234,50 kr`, `1.234,50 €`, `¥1,235`. Its spaces do not break."""
        return _money(self.locale, minor, currency)

    def plain(self, minor: int, currency: str) -> str:
        """An amount for a cell of a spreadsheet: the locale's decimal sign and nothing else but digits."""
        return to_text(minor, currency).replace(".", self.decimal_sign)

    def day(self, day: date) -> str:
        """A day for a table; its spaces do not break."""
        return _day(self.locale, day)

    def long_day(self, day: date) -> str:
        """A day for a sentence: `1 oktober 2026`."""
        return _long_day(self.locale, day)

    def number(self, number: int) -> str:
        """A whole number: `1 234`."""
        return _number(self.locale, number)

    def listed(self, things: Sequence[str]) -> str:
        """`a, b och c`."""
        return str(format_list(list(things), locale=self.locale)) if things else ""

    def plural(self, n: int, **forms: str) -> str:
        """The form that `n` takes (CLDR: one, few, many, other …), with its number where the form says `{n}`.

        A language gives the forms it has, and always `other`.
        """
        form = forms.get(str(self.locale.plural_form(n)), forms["other"])
        return form.replace("{n}", self.number(n))

    def weekdays(self, days: Sequence[int]) -> str:
        """Days of the ISO week: `måndag–fredag`, or a list where they do not follow on each other."""
        names = [str(self.locale.days["stand-alone"]["wide"][day - 1]) for day in days]
        follow = len(days) > 2 and list(days) == list(range(days[0], days[-1] + 1))
        return f"{names[0]}–{names[-1]}" if follow else self.listed(names)

    def hour(self, moment: time) -> str:
        """`08:00`."""
        return _hour(self.locale, moment)

    def zone(self, name: str) -> str:
        """`centraleuropeisk tid`."""
        return _zone(self.locale, name)

    @property
    def decimal_sign(self) -> str:
        return str(self.locale.number_symbols["latn"]["decimal"])


@cache
def _pattern(locale: Locale, currency: str) -> NumberPattern:
    """The locale's currency format with as many decimals as the currency has, parsed once."""
    pattern = parse_pattern(locale.currency_formats["standard"].pattern)
    pattern.frac_prec = (exponent(currency), exponent(currency))
    return pattern


@lru_cache(maxsize=1_024)  # an amount stands in a notice several times
def _money(locale: Locale, minor: int, currency: str) -> str:
    pattern = _pattern(locale, currency)
    shown = pattern.apply(to_decimal(minor, currency), locale, currency=currency, currency_digits=False)
    return _LETTER_AT_DIGIT.sub(NO_BREAK, str(shown))


@lru_cache(maxsize=1_024)
def _hour(locale: Locale, moment: time) -> str:
    return str(format_time(moment, format="short", locale=locale)).replace(" ", NO_BREAK)


@lru_cache(maxsize=1_024)
def _zone(locale: Locale, name: str) -> str:
    return str(get_timezone_name(name, locale=locale))


@lru_cache(maxsize=1_024)
def _number(locale: Locale, number: int) -> str:
    return str(format_decimal(number, locale=locale))


@lru_cache(maxsize=10_000)  # some years of days in some locales
def _day(locale: Locale, day: date) -> str:
    return str(format_date(day, format="medium", locale=locale)).replace(" ", NO_BREAK)


@lru_cache(maxsize=10_000)
def _long_day(locale: Locale, day: date) -> str:
    return str(format_date(day, format="long", locale=locale)).replace(" ", NO_BREAK)
