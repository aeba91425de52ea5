"""Deciding 100 k customers with 1 M open receivables: from the positions of the day to a decision for each.

    python -m bench.decisions [customers]

Floor: what any such day must do, the positions summed by customer in DuckDB. Also how it grows from 10 k to 1 M.
"""

from __future__ import annotations

import math
import sys
import tempfile
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from bench.measure import Budget, measure, measure_pair, report
from csp_receivables.adapters.collections_policy import read_collections_policy
from csp_receivables.adapters.engine import engine, uncollected
from csp_receivables.domain.collections.caseload import decide_caseload
from csp_receivables.domain.collections.cases import Delivery, Notice, Round
from csp_receivables.domain.collections.facts import CollectionsFacts
from csp_receivables.domain.collections.feed_age import FeedAge
from csp_receivables.domain.money_sql import define_money
from csp_receivables.domain.records import SUGGESTION

CUSTOMERS = 100_000
GROWTH = (10_000, 1_000_000)
BUDGET = Budget(seconds=5, peak_mb=1536)
EXPONENT_MAX = 1.1
ON = date(2026, 10, 31)
POLICY = Path(__file__).parents[1] / "include" / "policies" / "collections.yaml"
# One customer in seven is late, as in the sample's habits: half of them have had a reminder, in a round that is open.
_WORLD = """
CREATE TABLE receivables AS
SELECT 'C' || lpad((i // 10)::VARCHAR, 8, '0') AS customer_id, 'partner/' || i AS receivable_id, i::VARCHAR AS number,
       'invoice' AS kind, due_on - 30 AS issued_on, due_on,
       CASE (i // 10) % 3 WHEN 0 THEN 'SEK' WHEN 1 THEN 'EUR' ELSE 'NOK' END AS currency,
       (10000 + hash(i) % 500000)::BIGINT AS amount, 0::BIGINT AS net, 0::BIGINT AS tax
  FROM (SELECT i, ($on::DATE + CASE WHEN (i // 10) % 7 = 0 THEN (i % 10)::INTEGER * 9 - 40
                               ELSE 4 + (i % 10)::INTEGER * 8 END) AS due_on FROM range($receivables) r(i));
CREATE TABLE customers AS
SELECT DISTINCT customer_id, 'A customer' AS name, ['SE', 'DE', 'NO'][1 + (hash(customer_id) % 3)::INTEGER] AS country,
       'company' AS party_kind FROM receivables;
CREATE TABLE invoice_positions AS
SELECT r.*, 0::BIGINT AS paid, 0::BIGINT AS credited, 0::BIGINT AS written_off, amount AS open_amount
  FROM receivables r;
CREATE TABLE credit_positions AS SELECT '' AS customer_id, '' AS currency, 0::BIGINT AS left_amount LIMIT 0;
CREATE TABLE payment_positions AS
SELECT 'P' || i AS payment_id, 'payment' AS kind, $on::DATE AS booked_on, 'EUR' AS currency, 500::BIGINT AS amount,
       500::BIGINT AS left_amount, 'C' || lpad((i * 70)::VARCHAR, 8, '0') AS customer_id FROM range($payments) p(i);
CREATE TABLE allocations AS
SELECT '' AS receivable_id, 0::BIGINT AS amount, 0::BIGINT AS difference, $on::DATE AS effective_on, '' AS reverses,
       '' AS source_kind, '' AS source_id, '' AS currency LIMIT 0;
CREATE TABLE stated_open AS SELECT '' AS receivable_id, $on::DATE AS stated_on, 0::BIGINT AS open_amount LIMIT 0;
"""
_FLOOR = """
SELECT customer_id, currency, sum(open_amount)::BIGINT, sum(open_amount) FILTER (due_on < $on)::BIGINT, min(due_on)
  FROM invoice_positions GROUP BY ALL ORDER BY customer_id, currency
"""


def floor(file: str) -> int:
    """Read what is open and sum it by customer. How many sums."""
    with tempfile.TemporaryDirectory() as spill, engine(Path(spill)) as connection:
        _read(connection, file)
        return len(connection.execute(_FLOOR, {"on": ON}).fetchall())


def decided(file: str) -> dict[str, int]:
    """Decide everybody. How many, how many one by one, and how many steps."""
    policy = read_collections_policy(POLICY)
    with tempfile.TemporaryDirectory() as spill, uncollected(partial(engine, Path(spill))) as connection:
        _read(connection, file)
        define_money(connection)
        known = _known(connection)
        made = decide_caseload(connection, SUGGESTION.empty_table(), known, policy, on=ON, feed=FeedAge(until=ON))
        return {"customers": len(made.decisions), "one_by_one": len(made.cases), "acts": len(made.acts())}


def _known(connection: duckdb.DuckDBPyConnection) -> CollectionsFacts:
    """Every second late customer has had a reminder about what was late ten days ago."""
    rows = connection.execute(
        "SELECT customer_id, list(receivable_id ORDER BY receivable_id) FROM receivables "
        "WHERE due_on < $on::DATE - 20 AND (hash(customer_id) % 2) = 0 GROUP BY customer_id ORDER BY customer_id",
        {"on": ON},
    ).fetchall()
    opened = date(2026, 10, 20)
    rounds, notices = {}, {}
    for customer_id, ids in rows:
        named = frozenset(ids)
        rounds[customer_id] = (Round(round_id="1.1", opened_on=opened, policy_version="", receivable_ids=named),)
        accepted = Delivery.ACCEPTED
        notices[customer_id] = (
            Notice(stage="reminder", round_id="1.1", on=opened, delivery=accepted, receivable_ids=named),
        )
    return CollectionsFacts(rounds=rounds, notices=notices)


def _read(connection: duckdb.DuckDBPyConnection, file: str) -> None:
    connection.execute(f"ATTACH '{file}' AS world (READ_ONLY)")
    for name in _TABLES:
        connection.execute(f"CREATE TEMP VIEW {name} AS FROM world.{name}")


_TABLES = (
    "receivables", "customers", "invoice_positions", "credit_positions", "payment_positions", "allocations",
    "stated_open",
)  # fmt: skip


def _make(folder: Path, customers: int) -> str:
    file = str(folder / f"world-{customers}.duckdb")
    with duckdb.connect(file) as connection:
        for statement in _WORLD.strip().split(";\n"):
            if statement.strip():
                values = {"on": ON, "receivables": customers * 10, "payments": customers // 100}
                used = {name: value for name, value in values.items() if f"${name}" in statement}
                connection.execute(statement, used or None)
    return file


def main(customers: int = CUSTOMERS) -> bool:
    """Measure, report, and say whether the budgets were kept: seconds, memory, growth."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = _make(folder, customers)
        lower, ours = measure_pair(("bench.decisions:floor", file), ("bench.decisions:decided", file))
        facts: dict[str, Any] = {"decided": ours.returned, "growth": {}}
        sizes = {size: measure("bench.decisions:decided", _make(folder, size), rounds=1).best for size in GROWTH}
        first, last = GROWTH
        exponent = math.log(sizes[last] / sizes[first]) / math.log(last / first)
        facts["growth"] = {str(size): round(seconds, 2) for size, seconds in sizes.items()}
        facts["exponent"] = round(exponent, 3)
        print(f"decisions: {ours.returned}; grows as n^{exponent:.2f} (≤ {EXPONENT_MAX})")
        kept = report("decisions", lower, ours, BUDGET, **facts)
        return kept and exponent <= EXPONENT_MAX


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
