"""A balance beside each row proves the rows between: from the oldest entry down, or from the newest."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal


@dataclass(slots=True)
class _Chain:
    """What must be the same at each row if no row is missing: the balance at one end of the rows."""

    first: Decimal | None = None
    last: Decimal = Decimal(0)
    breaks: int = 0
    broken_at: tuple[int, Decimal, Decimal] | None = None  # line, balance there, balance expected there

    def take(self, end: Decimal, line: int, balance: Decimal) -> None:
        if self.first is None:
            self.first = self.last = end
        elif end != self.last:
            self.breaks += 1
            self.broken_at = self.broken_at or (line, balance, balance - (end - self.last))
            self.last = end


@dataclass(frozen=True, slots=True, kw_only=True)
class Balances:
    """What a column of balances says of the whole: its ends, its days, and where it does not add up ("": it does)."""

    opening: Decimal | None = None
    closing: Decimal | None = None
    first_on: date | None = None
    last_on: date | None = None
    difference: str = ""


@dataclass(slots=True)
class RunningBalance:
    """Follows the rows of one account. Banks write the oldest first or the newest first; the balances tell which."""

    total: Decimal = Decimal(0)
    oldest_first: _Chain = field(default_factory=_Chain)
    newest_first: _Chain = field(default_factory=_Chain)
    days: list[date] = field(default_factory=list)  # of the first and the last row, then the least and the greatest

    def take(self, line: int, day: date | None, amount: Decimal | None, balance: Decimal | None) -> None:
        """The next row; an amount or balance of None is not readable or not there."""
        before = self.total
        self.total += amount or 0
        if day is not None:
            first, _, least, greatest = self.days or [day] * 4
            self.days = [first, day, min(least, day), max(greatest, day)]
        if balance is not None:
            self.oldest_first.take(balance - self.total, line, balance)  # the balance before the first row
            self.newest_first.take(balance + before, line, balance)  # the balance after it

    def balances(self) -> Balances:
        """The ends by the order that the rows are in: the one with fewer breaks, else by the days."""
        first, last, least, greatest = self.days or (None, None, None, None)
        if self.oldest_first.first is None or self.newest_first.first is None:
            return Balances(first_on=least, last_on=greatest)
        is_reversed = (self.newest_first.breaks, first is not None and last is not None and last >= first) < (
            self.oldest_first.breaks,
            first is not None and last is not None and last < first,
        )
        chain = self.newest_first if is_reversed else self.oldest_first
        opening = chain.last - self.total if is_reversed else self.oldest_first.first
        closing = self.newest_first.first if is_reversed else chain.last + self.total
        return Balances(
            opening=opening, closing=closing, first_on=least, last_on=greatest, difference=_what_breaks(chain)
        )


def _what_breaks(chain: _Chain) -> str:
    if chain.broken_at is None:
        return ""
    line, balance, expected = chain.broken_at
    more = f" There are {chain.breaks - 1} more such rows." if chain.breaks > 1 else ""
    return (
        f"The balance in line {line} is {balance:f}, but the balance before it and the entries between make "
        f"{expected:f}: a difference of {balance - expected:f}.{more}"
    )
