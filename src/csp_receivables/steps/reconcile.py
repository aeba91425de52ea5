"""Reconcile a day: gather its facts, decide what to book, and (live only) book it. Then issue what people are shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import duckdb

from csp_receivables.domain.daily import compute_day
from csp_receivables.domain.day import Day, Mode
from csp_receivables.domain.facts import Facts
from csp_receivables.domain.matching.ladder import MatchingPolicy
from csp_receivables.domain.run_plan import RunPlan
from csp_receivables.ports import Booked, Books, DayOutputs, Issued


class NoLongerLive(RuntimeError):
    """The run was planned live and its day has passed: it must not book any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciler:
    """What reconciling needs: the books, a DuckDB connection to compute in, the policy, and the digest of a day."""

    books: Books
    engine: Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]]
    policy: MatchingPolicy
    digest: Callable[[Day], str]
    is_still_live: Callable[[RunPlan], bool]

    def compute(self, facts: Facts, mode: Mode) -> Booked:
        """The day that follows from `facts`, with the allocations it wants booked."""
        with self.engine() as connection:
            day, booking = compute_day(connection, facts, self.policy, mode=mode, is_demo=self.books.is_demo())
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
            raise NoLongerLive(f"{plan.as_of} is not yesterday any more; run it again as historical, or as of yesterday")
        return self.books.book(plan.as_of, lambda facts: self.compute(facts, Mode.LIVE))

    def look(self, plan: RunPlan) -> Booked:
        """The day as the plan sees it, without writing anything."""
        return self.compute(self.books.facts(plan), plan.mode)


def issue(booked: Booked, outputs: DayOutputs, customers: Sequence[str] = ()) -> Issued:
    """Write the day's workbook, page and tables; for a few `customers` only when they are named."""
    return outputs.issue(booked.day.only(customers) if customers else booked.day)
