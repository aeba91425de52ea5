"""Matching 1 M payments to 1 M open receivables by rules 1 to 4, Parquet to allocations, against DuckDB's own floor.

    python -m bench.matching [rows]

Floor: both files read into DuckDB, one hash join on the reference, one regular-expression extraction from the texts.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from bench.measure import Budget, measure_pair, report
from bench.payment_world import SHARES, make
from csp_receivables.adapters.engine import engine
from csp_receivables.domain.matching.ladder import MatchingPolicy, match

ROWS = 1_000_000
BUDGET = Budget(ratio=2.5, peak_mb=2048)


def floor(receivables: str, payments: str) -> int:
    """What any matching of these files must at least do."""
    with tempfile.TemporaryDirectory() as spill, engine(Path(spill)) as connection:
        connection.execute("CREATE TABLE receivables AS FROM read_parquet($path)", {"path": receivables})
        connection.execute("CREATE TABLE payments AS FROM read_parquet($path)", {"path": payments})
        connection.execute(
            "CREATE TABLE joined AS SELECT payment_id, receivable_id, p.amount "
            "FROM payments p JOIN receivables r ON p.reference = r.reference AND p.currency = r.currency"
        )
        connection.execute("CREATE TABLE said AS SELECT payment_id, regexp_extract(text, '[0-9]{4,}') FROM payments")
        return _one(connection, "SELECT count(*) FROM joined")


def ours(receivables: str, payments: str) -> int:
    """The ladder, from the files to Arrow tables. How many allocations."""
    return int(_matched(receivables, payments).num_rows)


def rightness(receivables: str, payments: str, truth: str) -> dict[str, Any]:
    """How right the allocations are; no part of the work that is measured."""
    allocations = _matched(receivables, payments)
    with duckdb.connect() as connection:
        connection.register("allocations", allocations)
        right = _one(
            connection, f"SELECT count(*) FROM allocations SEMI JOIN '{truth}' USING (payment_id, receivable_id)"
        )
        reachable = _one(connection, f"SELECT count(*) FROM '{truth}' WHERE how IN ('reference', 'text')")
    booked = allocations.num_rows
    return {"booked": booked, "precision": right / booked, "recall_of_rules_1_to_4": right / reachable}


def _matched(receivables: str, payments: str) -> pa.Table:
    with tempfile.TemporaryDirectory() as spill, engine(Path(spill)) as connection:
        connection.execute(f"CREATE VIEW receivables AS FROM read_parquet('{receivables}')")
        connection.execute(f"CREATE VIEW payments AS FROM read_parquet('{payments}')")
        return match(connection, "receivables", "payments", MatchingPolicy()).allocations


def main(rows: int = ROWS) -> bool:
    """Measure in turns, report, and say whether the budget was kept."""
    with tempfile.TemporaryDirectory() as folder:
        world = make(Path(folder), rows)
        files = (str(world.receivables), str(world.payments))
        lowest, taken = measure_pair(("bench.matching:floor", *files), ("bench.matching:ours", *files))
        right = rightness(*files, str(world.truth))
    print(right)
    return report("matching", lowest, taken, BUDGET, rows=rows, shares=SHARES, **right)


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = connection.execute(sql).fetchone()
    assert row is not None
    return int(row[0])


if __name__ == "__main__":
    sys.exit(0 if main(*(int(argument) for argument in sys.argv[1:])) else 1)
