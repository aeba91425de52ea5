"""Arrow tables into and out of the ledger: COPY on PostgreSQL, raw `executemany` on SQLite.

Row by row through the ORM was measured fifty times slower. `insert_new` skips rows whose key is known, so a load may be
repeated.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
from sqlalchemy import Connection, Date, Select, Table

from csp_receivables.domain.records import empty

ROWS_PER_BATCH = 50_000  # bounds the memory of a load to some 50 MB whatever the number of rows


def insert_new(connection: Connection, into: Table, rows: pa.Table, **same: Any) -> int:
    """Insert the rows whose primary key is new; `same` are columns with one value for all. Returns how many."""
    if rows.num_rows == 0:
        return 0
    if connection.dialect.name == "postgresql":
        return _copy_new(connection, into, rows, same)
    return _executemany_new(connection, into, rows, same)


def read_table(
    connection: Connection, query: Select[Any], schema: pa.Schema, values: Mapping[str, Any] | None = None
) -> pa.Table:
    """The result of `query` as an Arrow table of `schema` (columns by position); `values` of its parameters by name."""
    batches = list(read_batches(connection, query, schema, values))
    return pa.Table.from_batches(batches, schema=schema) if batches else empty(schema)


def read_batches(
    connection: Connection, query: Select[Any], schema: pa.Schema, values: Mapping[str, Any] | None = None
) -> Iterator[pa.RecordBatch]:
    """`read_table` in batches, for results that should not lie in memory whole."""
    # Of this query alone: the connection may write afterwards, and PostgreSQL streams no INSERT.
    result = connection.execute(query, values, execution_options={"stream_results": True})
    for part in result.partitions(ROWS_PER_BATCH):
        columns: Sequence[Sequence[Any]] = list(zip(*part, strict=True))
        arrays = [pa.array(column, type=field.type) for column, field in zip(columns, schema, strict=True)]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def _with_constants(into: Table, rows: pa.Table, same: dict[str, Any]) -> pa.Table:
    for name, value in same.items():
        rows = rows.append_column(name, pa.repeat(value, rows.num_rows))
    return rows.select([name for name in rows.column_names if name in into.c])


def _copy_new(connection: Connection, into: Table, rows: pa.Table, same: dict[str, Any]) -> int:
    rows = _with_constants(into, rows, same)
    cursor = connection.connection.cursor()
    staging, columns = f"staging_{into.name}", ", ".join(f'"{name}"' for name in rows.column_names)
    cursor.execute(f"CREATE TEMP TABLE IF NOT EXISTS {staging} (LIKE {into.name} INCLUDING DEFAULTS) ON COMMIT DROP")
    cursor.execute(f"TRUNCATE {staging}")
    with cursor.copy(f"COPY {staging} ({columns}) FROM STDIN (FORMAT csv)") as copy:
        for batch in rows.to_batches(max_chunksize=ROWS_PER_BATCH):
            buffer = io.BytesIO()
            pa_csv.write_csv(batch, buffer, pa_csv.WriteOptions(include_header=False))
            copy.write(buffer.getbuffer())
    cursor.execute(f"INSERT INTO {into.name} ({columns}) SELECT {columns} FROM {staging} ON CONFLICT DO NOTHING")
    return int(cursor.rowcount)


def _executemany_new(connection: Connection, into: Table, rows: pa.Table, same: dict[str, Any]) -> int:
    rows = _as_sqlite_values(into, _with_constants(into, rows, same))
    names, marks = ", ".join(f'"{name}"' for name in rows.column_names), ", ".join("?" * rows.num_columns)
    statement = f"INSERT OR IGNORE INTO {into.name} ({names}) VALUES ({marks})"
    cursor = connection.connection.cursor()
    before = _changes(cursor)
    for batch in rows.to_batches(max_chunksize=ROWS_PER_BATCH):
        cursor.executemany(statement, list(zip(*(column.to_pylist() for column in batch.columns), strict=True)))
    return _changes(cursor) - before


def _changes(cursor: Any) -> int:
    return int(cursor.execute("SELECT total_changes()").fetchone()[0])


def _as_sqlite_values(into: Table, rows: pa.Table) -> pa.Table:
    """Days as ISO text: what SQLAlchemy's Date writes and reads on SQLite."""
    for index, name in enumerate(rows.column_names):
        if isinstance(into.c[name].type, Date):
            rows = rows.set_column(index, name, rows.column(name).cast(pa.date32()).cast(pa.string()))
    return rows
