"""Money: an exact number of minor units (int64) beside its currency; decimals only at the edges."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from csp_receivables.domain.currencies import exponent

# Of one record, in minor units: ten million millions. What is kept is int64, and thousands of such still add up in it.
AMOUNT_MAX = 10**15 - 1
_AMOUNT = re.compile(r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?$", re.ASCII)


class NotMoney(ValueError):
    """The text is no amount, or not an amount of whole minor units of its currency."""


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An exact amount in one currency: `Money.parse("119.00", "EUR")`."""

    minor: int
    currency: str

    @classmethod
    def parse(cls, text: str, currency: str) -> Money:
        return cls(to_minor(text, currency), currency)

    def __add__(self, other: Money) -> Money:
        if self.currency != other.currency:
            raise NotMoney(f"{self} and {other} have different currencies")
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        return self + Money(-other.minor, other.currency)

    def __str__(self) -> str:
        return f"{to_text(self.minor, self.currency)} {self.currency}"


def parse_decimal(text: str) -> Decimal:
    """`text` as an exact number: digits, one point, an optional sign and exponent; nothing else is accepted."""
    stripped = text.strip()
    if not _AMOUNT.match(stripped):
        raise NotMoney(f"{text!r} is not a number")
    return Decimal(stripped)


def to_minor(amount: str | Decimal, currency: str) -> int:
    """`amount` in whole minor units. A non-zero digit beyond the currency's exponent is refused, never cut."""
    number = parse_decimal(amount) if isinstance(amount, str) else amount
    digits = exponent(currency)
    minor = int(number.scaleb(digits))  # which rounds to 28 digits: enough for AMOUNT_MAX, not for every text
    if abs(minor) > AMOUNT_MAX:
        raise NotMoney(f"{number} {currency} is larger than any real amount")
    if Decimal(minor).scaleb(-digits) != number:
        raise NotMoney(f"{number} has more decimals than {currency} knows ({digits})")
    return minor


def round_to_minor(number: Decimal, currency: str) -> int:
    """`number` rounded once to minor units, halves away from zero (bookkeeping practice)."""
    return int(number.scaleb(exponent(currency)).to_integral_value(rounding=ROUND_HALF_UP))


def to_decimal(minor: int, currency: str) -> Decimal:
    """Minor units as a decimal number of the currency's own scale: 11900 EUR is Decimal("119.00")."""
    return Decimal(minor).scaleb(-exponent(currency))


def to_text(minor: int, currency: str) -> str:
    """Minor units as plain decimal text: 11900 EUR is "119.00"."""
    return f"{to_decimal(minor, currency):f}"


def share_out(total: int, weights: Sequence[int]) -> list[int]:
    """`total` minor units split by `weights`, to the last unit (largest remainder; ties go to the earlier weight).

    Weights may be zero but not negative; with only zero weights everything lands on the first.
    """
    if not weights:
        return []
    whole = sum(weights)
    if whole == 0:
        return [total, *([0] * (len(weights) - 1))]
    sign = -1 if total < 0 else 1
    parts = [abs(total) * weight // whole for weight in weights]
    rests = [abs(total) * weight % whole for weight in weights]
    missing = abs(total) - sum(parts)
    for index in sorted(range(len(weights)), key=lambda i: (-rests[i], i))[:missing]:
        parts[index] += 1
    return [sign * part for part in parts]


def total(amounts: Iterable[Money], currency: str) -> Money:
    """The sum of `amounts`, all of which must be in `currency`."""
    result = Money(0, currency)
    for amount in amounts:
        result += amount
    return result
