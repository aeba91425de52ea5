"""Reconcile a day: gather its facts, decide what to book, and (live only) book it. Then issue what people are shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from csp_receivables.domain.bank_line_policy import BankLinePolicy
from csp_receivables.domain.booking import NO_LINE_RULES, decide_booking
from csp_receivables.domain.collections.policy import CollectionsPolicy
from csp_receivables.domain.daily import compute_day
from csp_receivables.domain.day import Day, Mode
from csp_receivables.domain.facts import Facts
from csp_receivables.domain.matching.policy import MatchingPolicy
from csp_receivables.domain.payables.settling import PAYMENT_TERM_DAYS
from csp_receivables.domain.run_plan import RunPlan
from csp_receivables.ports import Booked, Books, DayOutputs


class NoLongerLive(RuntimeError):
    """The run was planned live and its day has passed: it must not book any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciler:
    """What reconciling needs: the books, a DuckDB connection to compute in, the policies, and the digest of a day."""

    books: Books
    engine: Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]]
    policy: MatchingPolicy
    digest: Callable[[Day], str]
    is_still_live: Callable[[RunPlan], bool]
    lines: BankLinePolicy = NO_LINE_RULES
    collections: CollectionsPolicy | None = None  # None: it can't be used, and nothing is said of what comes next
    vendor_term_days: int = PAYMENT_TERM_DAYS

    def compute(self, facts: Facts, mode: Mode) -> Booked:
        """The day that follows from `facts`, with the allocations it wants booked."""
        with self.engine() as connection:
            day, booking = compute_day(
                connection,
                facts,
                self.policy,
                self.lines,
                mode=mode,
                is_demo=self.books.is_demo(),
                collections=self.collections,
                vendor_term_days=self.vendor_term_days,
            )
        return Booked(day=day, allocations=booking.allocations, digest=self.digest(day))

    def reconcile(self, plan: RunPlan) -> Booked:
        """Book the day when the plan is live; otherwise compute the same and keep the snapshot only.

        Raises NoLongerLive when a live plan's day has passed meanwhile.
        """
        if plan.mode is Mode.HISTORICAL:
            booked = self.compute(self.books.facts(plan), Mode.HISTORICAL)
            self.books.record(booked)
            return booked
        if not self.is_still_live(plan):
            raise NoLongerLive(
                f"{plan.as_of} is not yesterday any more; run it again as historical, or as of yesterday"
            )
        return self.books.book(plan.as_of, lambda facts: self.compute(facts, Mode.LIVE))

    def as_shown(self, plan: RunPlan) -> RunPlan:
        """The plan with what the day's own live run knew, where there was one.

        That is more than was known when it was due: the run takes files before it reconciles.
        """
        shown_at = self.books.shown_at(plan.as_of)
        return replace(plan, known_at=shown_at) if shown_at else plan

    def not_older_than_shown(self, plan: RunPlan) -> RunPlan:
        """The plan; or, where a live one knew less than the day's newest live run, that run's: no page goes back."""
        shown = self.as_shown(plan)
        is_older = plan.mode is Mode.LIVE and plan.known_at and shown.known_at and plan.known_at < shown.known_at
        return shown if is_older else plan

    def book_so_far(self, today: date) -> int:
        """Book what the rules are sure of by now, in the middle of the day, and nothing else. How many allocations."""

        def allocations(facts: Facts) -> pa.Table:
            with self.engine() as connection:
                return decide_booking(connection, facts, self.policy, self.lines, told=False).allocations

        return self.books.book_so_far(today, allocations)

    def look(self, plan: RunPlan) -> Booked:
        """The day as the plan sees it, without writing anything."""
        return self.compute(self.books.facts(plan), plan.mode)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """A reconciled day and where its files lie. `changed` is False when neither ledger nor files are any different."""

    day: Day
    digest: str
    allocations_booked: int  # by this run; 0 for a historical one
    changed: bool
    workbook: Path
    page: Path


def issue(booked: Booked, outputs: DayOutputs, customers: Sequence[str] = ()) -> Reconciled:
    """Write the day's workbook, page and tables; for a few `customers` only when they are named."""
    day = booked.day.only(customers) if customers else booked.day
    issued = outputs.issue(day, customers)
    booked_now = booked.allocations.num_rows if day.mode is Mode.LIVE else 0
    return Reconciled(
        day=day,
        digest=issued.digest,
        allocations_booked=booked_now,
        changed=issued.changed or booked_now > 0,
        workbook=issued.workbook,
        page=issued.page,
    )
