"""Identity of an allocation: its source, its receivable, what it takes back, and its place among equals."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from csp_receivables.domain.records import ALLOCATION, empty
from csp_receivables.domain.relations import ask, load


def allocation_id(source_kind: str, source_id: str, receivable_id: str, reverses: str, place: str) -> str:
    """SQL for the id; each argument is SQL. `place` (1-based) tells apart a pair that is allocated again."""
    return f"left(sha256(concat_ws('|', {source_kind}, {source_id}, {receivable_id}, {reverses}, {place})), 32)"


# The place among equals makes the id differ when a pair is allocated again after it was undone.
_PLACE = """coalesce(e.earlier, 0) + row_number() OVER (PARTITION BY n.source_kind, n.source_id, n.receivable_id,
                n.reverses ORDER BY n.amount)"""
_ID = allocation_id("n.source_kind", "n.source_id", "n.receivable_id", "n.reverses", _PLACE)
_NAMED = f"""
    SELECT {_ID} AS allocation_id, n.*
      FROM newly n
      LEFT JOIN (SELECT source_kind, source_id, receivable_id, reverses, count(*) AS earlier
                   FROM allocations GROUP BY ALL) e USING (source_kind, source_id, receivable_id, reverses)
     ORDER BY allocation_id
"""


def name_allocations(connection: duckdb.DuckDBPyConnection, newly: pa.Table) -> pa.Table:
    """`newly` (NEW_ALLOCATION) with their ids (ALLOCATION), after what `allocations` has."""
    if not newly.num_rows:  # a quiet day asks three times
        return empty(ALLOCATION)
    load(connection, "newly", newly)
    return ask(connection, _NAMED, ALLOCATION)
