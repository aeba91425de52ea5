"""From which day the days of a receivable are counted."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

from csp_receivables.domain.collections.cases import Debt
from csp_receivables.domain.collections.policy import Anchor
from csp_receivables.domain.working_days import is_banking_day

DAYS_KEPT_MAX = 65_536  # a few hundred days in a few dozen countries, whatever the number of receivables


@lru_cache(maxsize=DAYS_KEPT_MAX)
def working_day_from(day: date, country: str) -> date:
    """`day` itself when it is a working day of `country`, else the next one. Without a country every day is one."""
    while country and not is_banking_day(day, country):
        day += timedelta(days=1)
    return day


def anchor_of(debt: Debt, anchor: Anchor, grace_days: int, country: str) -> date:
    """The day after which `debt` is overdue: the due (or issue) date, on a working day, plus grace."""
    day = debt.due_on if anchor is Anchor.DUE_DATE else debt.issued_on
    working_day = working_day_from(day, country)
    return working_day + timedelta(days=grace_days) if grace_days else working_day
