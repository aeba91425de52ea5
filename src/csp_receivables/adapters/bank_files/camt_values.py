"""Texts of a camt message as values: amounts, days, directions, names. What is garbled is refused, never guessed."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache

from csp_receivables.adapters.bank_files.camt_xml import Record
from csp_receivables.domain.bank_files import BankFileRefused
from csp_receivables.domain.money import NotMoney, parse_decimal

# Lines of free text are cut at these widths by banks: a full line goes on in the next one without a blank.
_FULL_LINES = frozenset({35, 70, 140})
_MIDNIGHT = re.compile(r"T00:00(:00(\.0+)?)?(Z|[+-]\d\d:\d\d)?$")


def amount_of(record: Record, key: str, *, taken_for: str) -> Decimal:
    """The amount under `key`, exact. Raises BankFileRefused when it is absent, garbled or negative."""
    text = record.get(key, "")
    try:
        amount = parse_decimal(text)
    except NotMoney:
        raise garbled(record, "Amt", f"{text!r} is not an amount.", taken_for) from None
    if amount < 0:
        raise garbled(record, "Amt", f"{text!r} is negative; the direction belongs in CdtDbtInd.", taken_for)
    return amount


def garbled(record: Record, field: str, found: str, taken_for: str) -> BankFileRefused:
    """The refusal of a file in which something that money hangs on can't be read."""
    return BankFileRefused(
        "bank.garbled",
        found,
        "Nothing of the file was booked; ask the bank for a sound one.",
        line=record.get("line"),
        field=field,
        taken_for=taken_for,
    )


@lru_cache(maxsize=4096)
def day_of(text: str) -> date | None:
    """The day of an ISO date or date-time, in the bank's own offset; None when there is none or it is no date."""
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def last_day_of(until: str, first: date | None) -> date | None:
    """The last day of a period. Midnight at its end belongs to the day before, unless that is where it began."""
    day = day_of(until)
    if day is not None and first is not None and first < day and _MIDNIGHT.search(until):
        return day - timedelta(days=1)
    return day


def sign_of(direction: str) -> int | None:
    """+1 for a credit, -1 for a debit, None when the file does not say which."""
    return {"CRDT": 1, "DBIT": -1}.get(direction)


def compact(text: str) -> str:
    """An account or a reference without the blanks it is printed with."""
    return "".join(text.split())


def joined(lines: list[str]) -> str:
    """Free text as one line: a line cut at full width runs on, others are parted by a blank."""
    if len(lines) == 1:
        return lines[0]
    text = ""
    for number, line in enumerate(lines):
        runs_on = number > 0 and len(lines[number - 1]) in _FULL_LINES
        text += line if runs_on or not text else f" {line}"
    return text
