"""How long a customer who paid waited for access, of one restoration; docs/GLOSSARY.md has the formulas."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Restoration:
    """Access that a payment brought back.

    The payment is the last one applied to what access was taken for. `booked_on`: the bank's day; `learnt_at`: when it
    was imported; `back_at`: when a reading first showed the last of the subscriptions active, `back_on` the partner's
    day of it.
    """

    action_id: str
    customer_id: str
    booked_on: date
    learnt_at: datetime
    back_at: datetime
    back_on: date

    @property
    def days(self) -> int:
        """Whole days from the bank's booking to access: 0 on the same day. A bank books days, not hours."""
        return max((self.back_on - self.booked_on).days, 0)

    @property
    def minutes(self) -> int:
        """Minutes from learning of the payment to access, to the nearest."""
        return max((self.back_at - self.learnt_at + timedelta(seconds=30)) // timedelta(minutes=1), 0)

    def __str__(self) -> str:
        days = "the day" if not self.days else f"{self.days} day{'' if self.days == 1 else 's'} after the day"
        return f"back {days} the bank booked the payment ({self.booked_on}), {self.minutes} min after it was imported"
