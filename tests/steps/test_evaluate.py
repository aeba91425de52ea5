"""A world is played on the days on which something is new, each day with what was known by then."""

from __future__ import annotations

from datetime import date

import duckdb
import pyarrow as pa

from csp_receivables.domain.booking import Booking
from csp_receivables.domain.facts import Facts
from csp_receivables.domain.findings import FINDING
from csp_receivables.domain.records import ALLOCATION, SUGGESTION, UNAPPLIED
from csp_receivables.steps.evaluate import play
from tests import worlds

MONDAY, TUESDAY, SATURDAY, NEXT_MONDAY = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 7), date(2026, 3, 9)


def _suggestion(payment_id: str, receivable_id: str) -> dict[str, object]:
    return {
        "payment_id": payment_id, "receivable_id": receivable_id, "amount": 1, "currency": "SEK", "option": 1,
        "rule": "name_likeness", "because": "it looks alike",
    }  # fmt: skip


class _Days:
    """Decides nothing but what the test hands out, and remembers what it was shown."""

    def __init__(self, suggestions: dict[date, list[dict[str, object]]] | None = None) -> None:
        self.seen: list[tuple[date, int, int]] = []
        self._suggestions = suggestions or {}

    def __call__(self, _connection: duckdb.DuckDBPyConnection, facts: Facts) -> Booking:
        self.seen.append((facts.as_of, facts.payments.num_rows, facts.receivables.num_rows))
        shown = pa.Table.from_pylist(self._suggestions.get(facts.as_of, []), schema=SUGGESTION)
        return Booking(
            allocations=ALLOCATION.empty_table(),
            suggestions=shown,
            unapplied=UNAPPLIED.empty_table(),
            findings=FINDING.empty_table(),
        )


def _facts() -> Facts:
    return worlds.world(
        receivables=[
            worlds.receivable("r1", "K1", 500, issued_on=MONDAY, due_on=SATURDAY),
            worlds.receivable("r2", "K1", 700, issued_on=NEXT_MONDAY, due_on=date(2026, 4, 1)),
        ],
        payments=[
            worlds.payment("p1", 500, booked_on=TUESDAY),
            worlds.payment("p2", 700, booked_on=NEXT_MONDAY),
        ],
    )


def test_each_day_knows_what_came_by_then_and_the_weekend_waits_for_monday() -> None:
    decide = _Days()
    played = play(_facts(), worlds.duck, decide)

    assert decide.seen == [(MONDAY, 0, 1), (TUESDAY, 1, 1), (NEXT_MONDAY, 2, 2)]
    assert played.days == 3


def test_of_a_payment_the_first_suggestion_counts() -> None:
    shown = {
        TUESDAY: [_suggestion("p1", "r1"), _suggestion("p1", "r3")],
        NEXT_MONDAY: [_suggestion("p1", "r2"), _suggestion("p2", "r2")],
    }
    suggested = pa.concat_tables(play(_facts(), worlds.duck, _Days(shown)).suggested).to_pylist()

    assert [(row["payment_id"], row["receivable_id"]) for row in suggested] == [
        ("p1", "r1"),
        ("p1", "r3"),
        ("p2", "r2"),
    ]
