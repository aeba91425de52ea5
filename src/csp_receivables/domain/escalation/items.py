"""What an escalation report is made of: rows, each with its age, amount, owner and next step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class ReportKind(StrEnum):
    """How often it comes; each is compared with the one before it of its kind."""

    DAILY = "daily"
    WEEKLY = "weekly"


class Section(StrEnum):
    """What a row is about, in the order in which a reader wants them."""

    LEFT_THE_LADDER = "left_the_ladder"
    OWN_DUES = "own_dues"
    SUSPENSIONS = "suspensions"
    ACTIONS = "actions"
    CASES_LATE = "cases_late"
    CASES_WITH_MICROSOFT = "cases_with_microsoft"
    UNAPPLIED = "unapplied"
    FINDINGS = "findings"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that waits for a person. `key` is the same for as long as it is the same thing.

    `amount` in minor units of `currency`; None where it is no money. `since`: the day its age is counted from.
    """

    section: Section
    key: str
    about: str
    customer_id: str = ""
    customer_name: str = ""
    amount: int | None = None
    currency: str = ""
    since: date
    age_days: int
    owner: str
    next_step: str

    @property
    def identity(self) -> tuple[Section, str]:
        """What makes it the same thing in two reports."""
        return self.section, self.key


def in_order(items: list[Item]) -> tuple[Item, ...]:
    """By section, the oldest first, then the largest, then by key."""
    places = {section: place for place, section in enumerate(Section)}
    ordered = sorted(items, key=lambda i: (places[i.section], -i.age_days, -(i.amount or 0), i.key))
    return tuple(ordered)
