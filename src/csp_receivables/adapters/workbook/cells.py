"""Values of the day as Excel cells: true numbers and dates where Excel can hold them exactly, else exact text."""

from __future__ import annotations

from datetime import date
from typing import Any

from csp_receivables.adapters.day_reports import digits
from csp_receivables.adapters.workbook.styles import Styles
from csp_receivables.domain.money import to_text

DIGITS_MAX = 15  # significant digits that an Excel number holds
_DAY_ZERO = date(1899, 12, 30)  # Excel's day 0, right from 1 March 1900 on (it believes in a 29 February 1900)
_FIRST_TRUE_DAY = date(1900, 3, 1)

Cell = str | tuple[float, Any] | None  # text, a number with its format, or nothing


def money_cell(minor: int | None, currency: str, styles: Styles) -> Cell:
    """An amount in major units with the decimals of its currency; as exact text where a number would lose a digit."""
    if minor is None:
        return None
    places = digits(currency)
    if places is None:
        return f"{minor} minor units"
    if len(str(abs(minor))) > DIGITS_MAX:
        return to_text(minor, currency)
    return minor / 10**places, styles.money(places)  # an int divided by an int is rounded rightly, and once


def day_cell(value: date | None, styles: Styles, style: Any = None) -> Cell:
    """A day as Excel's own date; as ISO 8601 text before March 1900, where Excel's calendar is wrong."""
    if value is None:
        return None
    if value < _FIRST_TRUE_DAY:
        return value.isoformat()
    return (value - _DAY_ZERO).days, style or styles.day


def put(sheet: Any, row: int, place: int, cell: Cell, style: Any = None) -> None:
    """Write `cell`; never as a formula or a link, whatever the text looks like. `style` is for text only."""
    if isinstance(cell, str):
        sheet.write_string(row, place, cell, style)
    elif cell is not None:
        sheet.write_number(row, place, cell[0], cell[1])
