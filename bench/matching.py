"""Matching 1 M payments to 1 M open receivables, Parquet to allocations, against DuckDB's own floor.

    python -m bench.matching [rows]

Twice: by rules 1 to 4, and by the whole ladder on the 10 % that those leave over. Floor of both: the files read into
DuckDB, one hash join on the reference, one regular-expression extraction from the texts.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb

from bench.measure import Budget, measure_pair, report
from bench.payment_world import SHARES, make
from csp_receivables.adapters.engine import engine
from csp_receivables.domain.matching.ladder import LIKENESS_RULES, PAYER_RULES, MatchingPolicy, Mode, allocate

ROWS = 1_000_000
FIRST_RULES = Budget(ratio=2.5, peak_mb=2048)
WHOLE_LADDER = Budget(ratio=10, peak_mb=2048)
_LATER_OFF = MappingProxyType({rule.name: Mode.OFF for rule in PAYER_RULES + LIKENESS_RULES})


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


def first_rules(receivables: str, payments: str) -> int:
    """Rules 1 to 4, from the files to a table of allocations, as the floor's join ends in one. How many allocations."""
    return _allocated(receivables, payments, MatchingPolicy(modes=_LATER_OFF))


def whole_ladder(receivables: str, payments: str) -> int:
    """Every rule. How many allocations."""
    return _allocated(receivables, payments, MatchingPolicy())


def rightness(receivables: str, payments: str, truth: str) -> dict[str, Any]:
    """How right the whole ladder is on this easy world, by rule; no part of the work that is measured."""
    with _world(receivables, payments) as connection:
        left = allocate(connection, "receivables", "payments", MatchingPolicy())
        connection.register("suggested", left.suggestions)
        answers = {}
        for name, table in (("allocations", "matched"), ("suggestions", "suggested")):
            rows = connection.execute(
                f"SELECT rule, count(*), count(t.receivable_id) FROM {table} "
                f"LEFT JOIN '{truth}' t USING (payment_id, receivable_id) GROUP BY rule ORDER BY rule"
            ).fetchall()
            answers[name] = {rule: {"rows": count, "right": right} for rule, count, right in rows}
    return answers


def _allocated(receivables: str, payments: str, policy: MatchingPolicy) -> int:
    with _world(receivables, payments) as connection:
        allocate(connection, "receivables", "payments", policy)
        return _one(connection, "SELECT count(*) FROM matched")


@contextmanager
def _world(receivables: str, payments: str) -> Iterator[duckdb.DuckDBPyConnection]:
    with tempfile.TemporaryDirectory() as spill, engine(Path(spill)) as connection:
        connection.execute(f"CREATE VIEW receivables AS FROM read_parquet('{receivables}')")
        connection.execute(f"CREATE VIEW payments AS FROM read_parquet('{payments}')")
        yield connection


def main(rows: int = ROWS) -> bool:
    """Measure in turns, report, and say whether the budgets were kept."""
    with tempfile.TemporaryDirectory() as folder:
        world = make(Path(folder), rows)
        files = (str(world.receivables), str(world.payments))
        first = measure_pair(("bench.matching:floor", *files), ("bench.matching:first_rules", *files))
        whole = measure_pair(("bench.matching:floor", *files), ("bench.matching:whole_ladder", *files))
        right = rightness(*files, str(world.truth))
    print(right)
    kept = report("matching", *first, FIRST_RULES, rows=rows, shares=SHARES)
    return report("matching_whole_ladder", *whole, WHOLE_LADDER, rows=rows, shares=SHARES, **right) and kept


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = connection.execute(sql).fetchone()
    assert row is not None
    return int(row[0])


if __name__ == "__main__":
    sys.exit(0 if main(*(int(argument) for argument in sys.argv[1:])) else 1)
