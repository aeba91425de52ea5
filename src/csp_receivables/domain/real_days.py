"""Days that are taken for real.

Outside of them lie slips of the key and signs for "never" (9999-12-31); who adds a few days to one leaves the calendar.
"""

from __future__ import annotations

from datetime import date

FIRST, LAST = date(1900, 1, 1), date(2999, 12, 31)
OUTSIDE = "lies outside the years 1900 to 2999"


def is_real(day: date) -> bool:
    """Does the day lie within the years that are believed?"""
    return FIRST <= day <= LAST
