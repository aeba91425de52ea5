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
    Played,
    SalesOutstanding,
    first_notices,
    replay,
    sales_outstanding,
)
from csp_receivables.domain.collections.histories import histories
from csp_receivables.domain.collections.policy import CollectionsPolicy
from csp_receivables.domain.day import Mode
from csp_receivables.domain.facts import Facts
from csp_receivables.domain.matching.policy import MatchingPolicy
from csp_receivables.domain.run_plan import RunPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """What the policy in force and the other do, in order of day and customer, and what the other may mean."""

    start: date
    end: date
    customers: int
    in_force: Played
    other: Played
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
        now, then = (_played(everybody, replace(each, live_from=None), start, end) for each in both)
        first = (first_notices(now.steps), first_notices(then.steps))
        return Backtest(
            start=start,
            end=end,
            customers=len(everybody),
            in_force=now,
            other=then,
            outstanding=tuple(sales_outstanding(everybody, *first, start, end)),
        )


def _played(everybody: list[History], policy: CollectionsPolicy, start: date, end: date) -> Played:
    played = [replay(history, policy, start, end) for history in everybody]
    steps = sorted((step for each in played for step in each.steps), key=lambda step: (step.on, step.customer_id))
    letters = sorted((letter for each in played for letter in each.letters), key=lambda one: (one.on, one.action_id))
    return Played(steps=tuple(steps), letters=tuple(letters))
