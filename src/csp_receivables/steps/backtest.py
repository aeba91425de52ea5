"""Play a period again under another policy: gather the books as known now, replay both policies, compare. No effect."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date

import duckdb

from csp_receivables.domain.bank_line_policy import BankLinePolicy
from csp_receivables.domain.booking import decide_booking
from csp_receivables.domain.collections.backtest import (
    History,
    SalesOutstanding,
    first_notices,
    replay,
    sales_outstanding,
)
from csp_receivables.domain.collections.decisions import Decision
from csp_receivables.domain.collections.histories import histories
from csp_receivables.domain.collections.policy import CollectionsPolicy
from csp_receivables.domain.day import Mode
from csp_receivables.domain.facts import Facts
from csp_receivables.domain.matching.policy import MatchingPolicy
from csp_receivables.domain.run_plan import RunPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """The steps of the policy in force and of the other, in order of day and customer, and what the other may mean."""

    start: date
    end: date
    customers: int
    in_force: tuple[Decision, ...]
    other: tuple[Decision, ...]
    outstanding: tuple[SalesOutstanding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtester:
    """What playing again needs: the books, a DuckDB connection to compute in, and the policies in force."""

    facts_of: Callable[[RunPlan], Facts]
    engine: Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]]
    policy: CollectionsPolicy
    matching: MatchingPolicy
    lines: BankLinePolicy

    def play(self, other: CollectionsPolicy, start: date, end: date) -> Backtest:
        """Both policies from `start` to `end`, on what is known now. Nothing is written."""
        facts = self.facts_of(RunPlan(as_of=end, known_at=None, mode=Mode.HISTORICAL, because="a backtest"))
        with self.engine() as connection:
            decide_booking(connection, facts, self.matching, self.lines)
            everybody = histories(connection, facts.collections)
        # As if each had always held: the day on which one goes live is no part of what it says.
        both = (self.policy, other)
        now, then = (_steps(everybody, replace(each, live_from=None), start, end) for each in both)
        return Backtest(
            start=start,
            end=end,
            customers=len(everybody),
            in_force=now,
            other=then,
            outstanding=tuple(sales_outstanding(everybody, first_notices(now), first_notices(then), start, end)),
        )


def _steps(everybody: list[History], policy: CollectionsPolicy, start: date, end: date) -> tuple[Decision, ...]:
    steps = [step for history in everybody for step in replay(history, policy, start, end)]
    return tuple(sorted(steps, key=lambda step: (step.on, step.customer_id)))
