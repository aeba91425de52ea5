"""How customers pay, as data: each habit with its share and the line that the share comes from.

Sources are the research report payments.md ("Payments in, invoices out"), part by part. Real labelled bank data is not
public (3.4), so most shares have no published figure: they are chosen once, before any rule was measured on them, and
are no place to tune results.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from random import Random

WHOLE = 10_000
_CHOSEN = "no published figure; chosen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """One row: `share` in ten thousandths of what its table says."""

    name: str
    share: int
    source: str


@dataclass(frozen=True)
class Habits:
    """A table of habits that exclude each other. What the shares leave over falls to the first row."""

    of: str
    rows: Sequence[Habit]

    @cached_property
    def _bounds(self) -> list[int]:
        rest = WHOLE - sum(habit.share for habit in self.rows[1:])
        return list(accumulate([rest, *(habit.share for habit in self.rows[1:])]))

    def draw(self, random: Random) -> str:
        """The name of one, by the shares."""
        return self.rows[bisect_right(self._bounds, random.randrange(WHOLE))].name


def happens(random: Random, habit: Habit) -> bool:
    """Does it, this time?"""
    return random.randrange(WHOLE) < habit.share


_MIX = "payments.md 3.4 and part 4, data of gen.py: 80/10/7/3 (800,387 / 100,028 / 69,633 / 29,952 of 1,000,000)"
# How the payer says what is paid.
SAYS = Habits(
    "payments",
    (
        Habit(name="reference", share=8_000, source=_MIX),  # the structured reference printed on the receivable
        Habit(name="text", share=1_000, source=_MIX),  # number or reference typed into free text
        Habit(name="payer", share=700, source=_MIX),  # nothing but a known account and the amount
        Habit(name="name_only", share=200, source=f"{_MIX}; two thirds of the 3 % bear a name: {_CHOSEN}"),
        Habit(name="nothing", share=100, source=f"{_MIX}; one third of the 3 % bears nothing: {_CHOSEN}"),
    ),
)
WRONG_DIGIT = Habit(name="wrong_digit", share=100, source=f"of typed references; listed in 3.4, {_CHOSEN}")
# What is paid. "one": one receivable, its whole amount.
WHAT = Habits(
    "receivables",
    (
        Habit(name="one", share=0, source="the rest"),
        Habit(name="partial", share=150, source=f"listed in 3.4, {_CHOSEN}"),
        Habit(name="over", share=60, source=f"listed in 3.4, {_CHOSEN}"),
        Habit(name="early", share=60, source=f"prepayment, of who owes nothing; listed in issue 3, {_CHOSEN}"),
        Habit(name="duplicate", share=40, source=f"the same order twice; listed in 3.4, {_CHOSEN}"),
        Habit(name="returned", share=30, source=f"listed in 3.4, {_CHOSEN}"),
        Habit(name="never", share=100, source=f"not paid within the world; {_CHOSEN}"),
    ),
)
SISTER_PAYS = Habit(name="sister", share=800, source=f"of payments of a group's companies; listed in 3.4, {_CHOSEN}")
PAYS_THE_REST = Habit(name="rest", share=8_000, source=f"of partial payments are followed by the rest; {_CHOSEN}")
PAYS_AGAIN = Habit(name="again", share=6_000, source=f"of returned payments are made again; {_CHOSEN}")
KNOWS_REFERENCE = Habit(
    name="confirmed", share=5_000, source=f"of prepayments bear the reference of the order confirmation; {_CHOSEN}"
)
FEE_DEDUCTED = Habit(name="fee", share=300, source=f"of payments abroad (EUR, USD, GBP); 3.3 rule 2, {_CHOSEN}")
# Who pays several receivables in one payment: customers, not payments, have this habit.
PAYS_ALL_AT_ONCE = Habit(name="several", share=1_000, source=f"of customers; one-to-many is listed in 3.4, {_CHOSEN}")
HOLDS_BACK = Habit(name="held", share=200, source=f"of receivables: paid with the next month's; {_CHOSEN}")
CREDITED = Habit(name="credited", share=150, source=f"of receivables get a credit note before they are paid; {_CHOSEN}")
CREDIT_IS_NAMED = Habit(name="named", share=8_000, source=f"of credit notes name their invoice; {_CHOSEN}")
IN_A_GROUP = Habit(name="group", share=600, source=f"of customers begin a group of sister companies; {_CHOSEN}")
SHARED_ACCOUNT = Habit(
    name="shared", share=200, source=f"of customers pay through a factor; 3.3 alias store, {_CHOSEN}"
)
TREASURY = Habit(name="treasury", share=2_500, source=f"of groups pay from one account; 3.3 alias store, {_CHOSEN}")
SENDS_TWO_EQUAL = Habit(
    name="equal", share=400, source=f"of customers have two tenants alike; listed in 3.4, {_CHOSEN}"
)
NEW_ACCOUNT = Habit(name="moved", share=50, source=f"of payments come from a new account, kept from then on; {_CHOSEN}")
# When, as days after the due day (first, last).
WHEN = Habits(
    "payments",
    (
        Habit(name="on_time", share=0, source="the rest"),
        Habit(name="in_good_time", share=1_500, source=_CHOSEN),
        Habit(name="late", share=2_200, source=f"late is listed in issue 3, {_CHOSEN}"),
        Habit(name="very_late", share=700, source=f"late is listed in issue 3, {_CHOSEN}"),
    ),
)
DAYS_AFTER_DUE = {"on_time": (-4, 1), "in_good_time": (-20, -5), "late": (2, 15), "very_late": (16, 60)}
# Receivables of a customer and month.
INVOICES = Habits(
    "customers",
    (
        Habit(name="1", share=0, source="the rest"),
        Habit(name="2", share=2_200, source=f"a second tenant or project; {_CHOSEN}"),
        Habit(name="3", share=800, source=_CHOSEN),
    ),
)
USES_AZURE = Habit(name="azure", share=3_000, source=f"of customers: an amount that differs each month; {_CHOSEN}")
SEATS_CHANGE = Habit(name="seats", share=600, source=f"of subscriptions and months; {_CHOSEN}")
