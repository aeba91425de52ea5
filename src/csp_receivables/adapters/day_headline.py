"""What must be seen in ten seconds, summed from the day's tables: the same figures for workbook and page."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa

from csp_receivables.domain.day import Day
from csp_receivables.domain.feeds import FRESH
from csp_receivables.domain.findings import Severity
from csp_receivables.domain.summary import LINES

BUCKETS = {
    "not_due": "Not due",
    "days_1_30": "1–30 days",
    "days_31_60": "31–60 days",
    "days_61_90": "61–90 days",
    "days_over_90": "Over 90 days",
}  # columns of STANDING, youngest debt first


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryLine:
    """One line of the summary: what it came to in each currency, as (amount in minor units, count)."""

    name: str
    values: dict[str, tuple[int | None, int | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ageing:
    """What is open in one currency, by age, in minor units."""

    currency: str
    open: int
    overdue: int
    buckets: dict[str, int]  # by column of STANDING


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageTotal:
    """The vendor invoices of one currency together."""

    currency: str
    invoices: int
    uncovered: int  # invoices with something missing
    pre_tax: int
    missing: int
    next_due_on: date  # of the uncovered ones; of all when everything is covered

    @property
    def covered_per_mille(self) -> int:
        """Rounded down: 1000 only when nothing is missing."""
        return 1000 if self.missing <= 0 or self.pre_tax <= 0 else (self.pre_tax - self.missing) * 1000 // self.pre_tax


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedAge:
    """One receiving account and how many days before `as_of` its newest booking lies (None: it never had one)."""

    account: str
    currency: str
    newest_booking_on: date | None
    days: int | None
    state: str

    @property
    def is_fresh(self) -> bool:
        return self.state == FRESH

    @property
    def words(self) -> str:
        if self.days is None:
            return "no booking yet"
        return {0: "same day", 1: "1 day old"}.get(self.days, f"{self.days} days old")


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """The day at a glance; `ageing` and `coverage` have one entry for each currency that they are about."""

    currencies: tuple[str, ...]
    lines: tuple[SummaryLine, ...]
    ageing: tuple[Ageing, ...]
    coverage: tuple[CoverageTotal, ...]
    findings: dict[str, int]  # by severity, the most serious first
    feeds: tuple[FeedAge, ...]
    ties: bool | None  # None: no money has moved, so there is nothing to tie

    def amount(self, line: str, currency: str) -> int:
        """A line of the summary in minor units; 0 where it is left out, because nothing of it happened."""
        return next((entry.values.get(currency, (0, 0))[0] or 0 for entry in self.lines if entry.name == line), 0)


def headline(day: Day) -> Headline:
    """The headline of `day`; currencies in alphabetical order, lines in the order of the summary."""
    return Headline(
        currencies=_currencies(day),
        lines=_lines(day.summary),
        ageing=_ageing(day.standings),
        coverage=_coverage(day.coverage),
        findings=_findings(day.findings),
        feeds=tuple(_feed_age(feed, day.as_of) for feed in day.feeds.to_pylist()),
        ties=_ties(day.tie_out),
    )


def known_at(day: Day) -> datetime:
    """The moment whose knowledge the day uses, in UTC."""
    moment = datetime.fromisoformat(day.known_at)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _currencies(day: Day) -> tuple[str, ...]:
    named = (day.summary, day.standings, day.coverage, day.tie_out)
    return tuple(sorted({code for table in named for code in table["currency"].unique().to_pylist() if code}))


def _lines(summary: pa.Table) -> tuple[SummaryLine, ...]:
    values: dict[str, dict[str, tuple[int | None, int | None]]] = {}
    for row in summary.to_pylist():
        values.setdefault(row["line"], {})[row["currency"]] = (row["amount"], row["count"])
    place = {name: number for number, name in enumerate(LINES)}
    ordered = sorted(values, key=lambda name: (place.get(name, len(place)), name))
    return tuple(SummaryLine(name=name, values=values[name]) for name in ordered)


def _ageing(standings: pa.Table) -> tuple[Ageing, ...]:
    return tuple(
        Ageing(
            currency=row["currency"],
            open=row["open_sum"],
            overdue=row["overdue_sum"],
            buckets={bucket: row[f"{bucket}_sum"] for bucket in BUCKETS},
        )
        for row in _sums(standings, ["open", "overdue", *BUCKETS])
    )


def _coverage(coverage: pa.Table) -> tuple[CoverageTotal, ...]:
    rows = coverage.to_pylist()
    return tuple(
        _coverage_total(currency, [row for row in rows if row["currency"] == currency])
        for currency in sorted({row["currency"] for row in rows})
    )


def _coverage_total(currency: str, invoices: list[dict[str, Any]]) -> CoverageTotal:
    uncovered = [invoice for invoice in invoices if invoice["missing"] > 0]
    return CoverageTotal(
        currency=currency,
        invoices=len(invoices),
        uncovered=len(uncovered),
        pre_tax=sum(invoice["pre_tax"] for invoice in invoices),
        missing=sum(invoice["missing"] for invoice in invoices),
        next_due_on=min(invoice["due_on"] for invoice in uncovered or invoices),
    )


def _sums(table: pa.Table, columns: list[str]) -> list[dict[str, Any]]:
    sums = table.group_by("currency").aggregate([(column, "sum") for column in columns])
    rows: list[dict[str, Any]] = sums.sort_by("currency").to_pylist()
    return rows


def _findings(findings: pa.Table) -> dict[str, int]:
    counts = Counter(findings["severity"].to_pylist())
    known = [severity.value for severity in (Severity.REFUSED, Severity.HELD, Severity.WARNING)]
    return {severity: counts[severity] for severity in [*known, *sorted(set(counts) - set(known))] if counts[severity]}


def _feed_age(feed: dict[str, Any], as_of: date) -> FeedAge:
    newest = feed["newest_booking_on"]
    return FeedAge(
        account=feed["account"],
        currency=feed["currency"],
        newest_booking_on=newest,
        days=None if newest is None else (as_of - newest).days,
        state=feed["state"],
    )


def _ties(tie_out: pa.Table) -> bool | None:
    differences = tie_out["difference"].to_pylist()
    return not any(differences) if differences else None
