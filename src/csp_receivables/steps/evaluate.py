"""Play a made-up world day by day as the product would have booked it, then compare with the truth."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from csp_receivables.domain.accuracy import Accuracy, judge
from csp_receivables.domain.booking import Booking
from csp_receivables.domain.facts import Facts
from csp_receivables.domain.records import ALLOCATION, SUGGESTION, empty

Engine = Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]]
Decide = Callable[[duckdb.DuckDBPyConnection, Facts], Booking]

_SATURDAY = 5


@dataclass(slots=True)
class Played:
    """What the days came to: allocations (ALLOCATION), and of each payment what was suggested when it first was."""

    allocations: pa.Table = field(default_factory=ALLOCATION.empty_table)
    suggested: list[pa.Table] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    days: int = 0

    def take(self, booking: Booking) -> None:
        self.days += 1
        self.allocations = pa.concat_tables([self.allocations, booking.allocations])
        shown = booking.suggestions
        new = [payment_id not in self.seen for payment_id in shown["payment_id"].to_pylist()]
        if any(new):
            first = shown.filter(pa.array(new))
            self.suggested.append(first)
            self.seen.update(first["payment_id"].to_pylist())


def evaluate(facts: Facts, truth: pa.Table, engine: Engine, decide: Decide, until: date | None = None) -> Accuracy:
    """Book the days of `facts` in order, up to `until`, and judge them by `truth` (TRUTH). Raises TruthDiffers."""
    if until is not None:
        truth = truth.filter(pc.less_equal(truth["booked_on"], until))
        facts = _by(until, facts, facts.allocations)
    played = play(facts, engine, decide)
    with engine() as connection:
        return judge(
            connection,
            truth=truth,
            payments=facts.payments,
            receivables=facts.receivables,
            allocations=played.allocations,
            suggested=pa.concat_tables([empty(SUGGESTION), *played.suggested]),
            days=played.days,
        )


def play(facts: Facts, engine: Engine, decide: Decide) -> Played:
    """Every banking day on which something is new: a payment or receivable came, or a receivable became overdue.

    Between such days nothing that decides differs, so that a run would book and say the same again; what comes up on a
    weekend is looked at on Monday. A day has a connection of its own, as a live run has.
    """
    played = Played()
    for day in _days(facts):
        with engine() as connection:
            played.take(decide(connection, _by(day, facts, played.allocations)))
    return played


def _days(facts: Facts) -> list[date]:
    came = {*_distinct(facts.payments["booked_on"]), *_distinct(facts.receivables["issued_on"])}
    overdue = {day + timedelta(days=1) for day in _distinct(facts.receivables["due_on"])}
    last = max(came, default=date.min)
    return sorted({_not_on_a_weekend(day) for day in came | overdue if day <= last})


def _not_on_a_weekend(day: date) -> date:
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() >= _SATURDAY else 0)


def _distinct(days: pa.ChunkedArray) -> Iterable[date]:
    return pc.unique(days).to_pylist()  # type: ignore[no-any-return]


def _by(day: date, facts: Facts, allocations: pa.Table) -> Facts:
    """The facts effective by the end of `day`."""
    return replace(
        facts,
        as_of=day,
        payments=facts.payments.filter(pc.less_equal(facts.payments["booked_on"], day)),
        receivables=facts.receivables.filter(pc.less_equal(facts.receivables["issued_on"], day)),
        receivable_lines=facts.receivable_lines.slice(0, 0),  # no rule of matching looks at lines
        allocations=allocations,
    )
