"""Decide what follows from being late: gather a day's facts, decide every customer, keep it; live only: propose it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

import duckdb

from csp_receivables.domain.bank_line_policy import BankLinePolicy
from csp_receivables.domain.booking import decide_booking
from csp_receivables.domain.collections.caseload import Decided, decide_caseload
from csp_receivables.domain.collections.feed_age import feed_age
from csp_receivables.domain.collections.policy import CollectionsPolicy
from csp_receivables.domain.day import Mode
from csp_receivables.domain.facts import Facts
from csp_receivables.domain.feeds import feeds_table
from csp_receivables.domain.matching.policy import MatchingPolicy
from csp_receivables.domain.money_sql import define_money
from csp_receivables.domain.run_plan import RunPlan
from csp_receivables.ports import DecisionBook, DecisionRun


class NotLiveAnyMore(RuntimeError):
    """The run was planned live and its day has passed: it must propose nothing any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decider:
    """What deciding needs: the book, a DuckDB connection to compute in, the policies."""

    book: DecisionBook
    engine: Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]]
    policy: CollectionsPolicy
    matching: MatchingPolicy
    lines: BankLinePolicy
    is_still_live: Callable[[RunPlan], bool]
    is_pinned: bool = True  # open rounds keep the policy under which they began; False: as if `policy` had always held

    def compute(self, facts: Facts) -> Decided:
        """Everybody's decision by the facts of a day. What matching would still book counts as booked."""
        feed = feed_age(feeds_table(facts, self.policy.daily_statements), self.policy.feed_hours_max, facts.as_of)
        known = facts.collections if self.is_pinned else replace(facts.collections, policies={})
        with self.engine() as connection:
            booking = decide_booking(connection, facts, self.matching, self.lines)
            define_money(connection)
            return decide_caseload(connection, booking.suggestions, known, self.policy, on=facts.as_of, feed=feed)

    def decide(self, plan: RunPlan) -> DecisionRun:
        """Decide the plan's day and keep it. Raises NotLiveAnyMore when a live plan's day has passed meanwhile."""
        if plan.mode is Mode.HISTORICAL:
            return self.book.record(plan, self.compute)
        if not self.is_still_live(plan):
            raise NotLiveAnyMore(f"{plan.as_of} is not yesterday any more; decide it as historical, or as of yesterday")
        return self.book.decide(plan.as_of, self.compute)

    def look(self, plan: RunPlan) -> Decided:
        """The decisions of the plan's day, without writing anything."""
        return self.book.look(plan, self.compute)
