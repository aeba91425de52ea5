"""What is open and left, counted in piece by piece, is what it is when everything is summed anew."""

from __future__ import annotations

from datetime import date
from typing import Any

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from csp_receivables.domain.positions import count_in, keep_positions
from csp_receivables.domain.records import ALLOCATION
from tests.worlds import duck, payment, receivable, rows, world

RECEIVABLES = [
    receivable("1", "A", 900),
    receivable("2", "B", 900),
    receivable("9", "A", 900, kind="credit_note"),
]
PAYMENTS = [payment("P1", 900), payment("P2", 900), payment("P3", -900, kind="return")]
TABLES = ("allocations", "invoice_positions", "credit_positions", "payment_positions")


@st.composite
def an_allocation(draw: st.DrawFn) -> dict[str, Any]:
    source_kind = draw(st.sampled_from(["payment", "credit_note", "exchange"]))
    return {
        "source_kind": source_kind,
        "source_id": "partner/9" if source_kind == "credit_note" else draw(st.sampled_from(["P1", "P2", "P3"])),
        "receivable_id": draw(st.sampled_from(["partner/1", "partner/2", ""])),
        "amount": draw(st.integers(-50, 50)),
        "difference": draw(st.integers(-5, 5)),
        "currency": "SEK",
        "rule": draw(st.sampled_from(["exact_reference", "returned_payment"])),
        "effective_on": date(2026, 10, 20),
    }


def positions(connection: duckdb.DuckDBPyConnection) -> list[list[tuple[Any, ...]]]:
    return [connection.execute(f"FROM {table} ORDER BY ALL").fetchall() for table in TABLES]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.lists(an_allocation(), max_size=4), min_size=1, max_size=3))
def test_counting_in_is_summing_anew(parts: list[list[dict[str, Any]]]) -> None:
    before, *later = [
        [row | {"allocation_id": f"{nth}-{place}"} for place, row in enumerate(part)] for nth, part in enumerate(parts)
    ]
    with duck() as connection:
        world(receivables=RECEIVABLES, payments=PAYMENTS, allocations=before).load(connection)
        keep_positions(connection)
        for part in later:
            count_in(connection, rows("allocations", part))
        counted = positions(connection)
        keep_positions(connection)

        assert counted == positions(connection)
        assert connection.execute("SELECT count(*) FROM allocations").fetchall() == [(sum(map(len, parts)),)]
    assert rows("allocations", before).schema == ALLOCATION
