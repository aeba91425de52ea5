"""What escalation calls things, for people of the house: English, as the pages of finance are."""

from __future__ import annotations

from csp_receivables.adapters.page import NO_BREAK, count, money
from csp_receivables.domain.escalation import measures
from csp_receivables.domain.escalation.items import Section
from csp_receivables.domain.escalation.measures import DAYS, MINUTES, PER_MILLE, TENTHS_OF_DAYS, Measure

SECTIONS = {
    Section.LEFT_THE_LADDER: "Debts that left the ladder",
    Section.OWN_DUES: "Our own dues to Microsoft, not covered",
    Section.SUSPENSIONS: "Suspensions waiting or blocked",
    Section.ACTIONS: "Actions in doubt or failed",
    Section.CASES_LATE: "Support cases past their clock",
    Section.CASES_WITH_MICROSOFT: "Support cases with Microsoft",
    Section.UNAPPLIED: "Money not applied",
    Section.FINDINGS: "Findings",
}
MEASURES = {
    measures.DSO: "Days of sales outstanding",
    measures.CEI: "Collection effectiveness",
    measures.KEPT: "Promises kept",
    measures.MATCHED: "Matched by rules alone",
    measures.RESTORED: "From a payment's import to access restored",
    measures.BOOKED: "From the bank's booking to access restored",
}
BUCKETS = {
    "not_due": "Not due",
    "days_1_30": "1–30 days",
    "days_31_60": "31–60 days",
    "days_61_90": "61–90 days",
    "days_over_90": "Over 90 days",
}
_MINUTES_AN_HOUR = 60


def amount(minor: int | None, currency: str) -> str:
    """`1 234.50 EUR`; "" where it is no money."""
    return "" if minor is None else f"{money(minor, currency)}{NO_BREAK}{currency}"


def age(days: int) -> str:
    """`45 days`; of what is still to come `in 7 days`."""
    if days < 0:
        return f"in{NO_BREAK}{age(-days)}"
    return f"{count(days)}{NO_BREAK}day{'' if days == 1 else 's'}"


def figure(measure: Measure) -> str:
    """A measure's value in words."""
    value = measure.value
    if value is None:
        return "nothing to measure yet"
    match measure.unit:
        case units if units == TENTHS_OF_DAYS:
            return f"{value // 10}.{value % 10} days"
        case units if units == PER_MILLE:
            sign = "-" if value < 0 else ""
            return f"{sign}{abs(value) // 10}.{abs(value) % 10} %"
        case units if units == MINUTES:
            return f"{value // _MINUTES_AN_HOUR} h {value % _MINUTES_AN_HOUR:02} min"
        case units if units == DAYS:
            return age(value) if value else "the same day"
    return str(value)
