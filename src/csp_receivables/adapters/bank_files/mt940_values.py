"""Values in the fields of MT940. What money hangs on is refused when it can't be read, never guessed."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from csp_receivables.domain.bank_files import BankFileRefused
from csp_receivables.domain.currencies import UnknownCurrency
from csp_receivables.domain.money import NotMoney, to_minor

_BALANCE = re.compile(r"([CD])(\d{6})([A-Z]{3})?\s*(\d+(?:[.,]\d*)?)\s*$", re.ASCII)
# 6!n[4!n]2a[1!a]15d1!a3!c16x[//16x] and a second line of 34x; real banks write blanks for the entry date, five digits,
# a line break before the amount, and longer references.
_ENTRY = re.compile(
    r"(\d{6}) *(\d{4,5})? *([RE]?[CD])([A-Z])?\s*(\d+(?:[.,]\d*)?)(?![\d.,])([A-Z][A-Z0-9 ]{3}|[A-Z]\Z)?"
    r"([^\n]*)(?:\n(.*))?",
    re.DOTALL | re.ASCII,
)
_CURRENCY_BEHIND = re.compile(r"(.*?\d.*?)([A-Z]{3})")
_HALF_A_YEAR = timedelta(days=182)
_LAST_DAY = 31
_INSTRUCTED = re.compile(r"([A-Z]{3}) ?(\d{1,15}(?:[.,]\d{0,5})?)", re.ASCII)


class Balance(NamedTuple):
    """Fields 60, 62, 64 and 65: a balance, of a day and in a currency where the dialect says them."""

    day: date | None
    currency: str | None  # None: a dialect that leaves it out; then it proves nothing
    amount: Decimal  # signed


class EntryLine(NamedTuple):
    """Field 61. `mark`: C, D, RC or RD (reversals), EC or ED (expected)."""

    value: str  # YYMMDD
    entry: str  # MMDD, with a digit too many, or ""
    mark: str
    amount: Decimal
    kind: str  # SWIFT's type of transaction: "NTRF", "S051"
    rest: str  # references
    more: str  # second line


def instructed_of(text: str) -> tuple[str, int]:
    """Currency and minor units of an original amount ("EUR4,5"); ("", 0) for what is none, it is only evidence."""
    found = _INSTRUCTED.fullmatch(text.strip())
    try:
        return (found[1], to_minor(amount_of(found[2]), found[1])) if found else ("", 0)
    except (NotMoney, UnknownCurrency):
        return "", 0


def balance_of(text: str, *, tag: str, line: int, taken_for: str) -> Balance:
    """A field 60 or 62. Raises BankFileRefused when it can't be read."""
    found = _BALANCE.match(text.partition("\n")[0].strip())
    if found is None:
        raise garbled(f":{tag}:", f"{_shown(text)} is not a balance.", line, taken_for)
    sign = 1 if found[1] == "C" else -1
    return Balance(day_of(found[2]), found[3], sign * amount_of(found[4]))


def closing_of(text: str) -> Balance | None:
    """The closing balance seen ahead; None where it can't be read yet: its field is read, and refused, in its turn."""
    found = _BALANCE.match(text.strip())
    if found is None:
        return None
    return Balance(day_of(found[2]), found[3], (1 if found[1] == "C" else -1) * amount_of(found[4]))


def entry_line_of(text: str, *, line: int, taken_for: str) -> EntryLine:
    """A field 61. Raises BankFileRefused when it can't be read: an amount may be wrong in it."""
    found = _ENTRY.match(text)
    if found is None:
        raise garbled(":61:", f"{_shown(text)} is not an entry of the form date, C or D, amount.", line, taken_for)
    value, entry, mark, _, amount, kind, rest, more = found.groups()
    return EntryLine(value, entry or "", mark, amount_of(amount), kind or "", rest, more or "")


def amount_of(digits: str) -> Decimal:
    """`12,5`, `12,`, `000000012,50` or `12.50` (old Rabobank), exact."""
    return Decimal(digits.replace(",", "."))


def account_of(text: str, currency: str | None) -> str:
    """The account without blanks, and without the currency that Dutch and German banks write behind it."""
    account = "".join(text.partition("\n")[0].split())
    behind = _CURRENCY_BEHIND.fullmatch(account)
    return behind[1] if behind and behind[2] == currency else account


@lru_cache(maxsize=4096)
def day_of(text: str) -> date | None:
    """YYMMDD as a day, in the years 1980 to 2079; None when month or day are none.

    A month of thirty days has a 31st to no bank, but 29 and 30 February are value days where interest is counted in
    months of thirty days: a day beyond the month's end is the month's last.
    """
    if len(text) != 6 or not (text.isascii() and text.isdigit()):
        return None
    short, month, day = int(text[:2]), int(text[2:4]), int(text[4:])
    year = short + (1900 if short >= 80 else 2000)
    if not 1 <= month <= 12 or not 1 <= day <= _LAST_DAY:
        return None
    for last in range(day, 27, -1):
        try:
            return date(year, month, last)
        except ValueError:
            continue
    return date(year, month, day)


@lru_cache(maxsize=4096)
def entry_day_of(entry: str, value_on: date | None) -> date | None:
    """The day of an entry date (MMDD), in the year that brings it nearest to the value day; None when it is none.

    Of five digits one is too many, before or behind: what lies nearer to the value day counts.
    """
    if value_on is None:
        return None
    days = {
        day_of(f"{year % 100:02d}{month_day}")
        for month_day in (entry[:4], entry[-4:])
        for year in (value_on.year - 1, value_on.year, value_on.year + 1)
    }
    near = [day for day in days if day is not None and abs(day - value_on) <= _HALF_A_YEAR]
    return min(near, key=lambda day: (abs(day - value_on), day), default=None)


def garbled(field: str, found: str, line: int, taken_for: str) -> BankFileRefused:
    """The refusal of a file in which something that money hangs on can't be read."""
    return BankFileRefused(
        "bank.garbled",
        found,
        "Nothing of the file was booked; ask the bank for a sound one.",
        line=line,
        field=field,
        taken_for=taken_for,
    )


def _shown(text: str) -> str:
    """Enough of a text to find it, no more: it may be a whole file."""
    return repr(text[:60] + ("…" if len(text) > 60 else ""))
