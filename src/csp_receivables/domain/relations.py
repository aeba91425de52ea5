"""Asking DuckDB for a table of a known schema. The connection is handed in, with its memory and spill folder."""

from __future__ import annotations

from typing import Any

import duckdb
import pyarrow as pa


def ask(connection: duckdb.DuckDBPyConnection, sql: str, schema: pa.Schema, **values: Any) -> pa.Table:
    """The answer to `sql` as a table with the columns of `schema`, by name; `$name` in it is `values[name]`."""
    answer = connection.sql(sql, params=values or None).to_arrow_table()
    return answer.select(schema.names).cast(schema)


def keep(connection: duckdb.DuckDBPyConnection, name: str, sql: str, **values: Any) -> int:
    """Keep the answer to `sql` as the table `name`, replacing an earlier one. How many rows it has."""
    made = connection.execute(f"CREATE OR REPLACE {_table(name)} AS {sql}", values or None)
    ((rows,),) = made.fetchall()
    return int(rows)


def load(connection: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> None:
    """Copy an Arrow table into the table `name`, replacing an earlier one."""
    connection.register("arriving", rows)
    connection.execute(f"CREATE OR REPLACE {_table(name)} AS SELECT * FROM arriving")
    connection.unregister("arriving")


def _table(name: str) -> str:
    """A table is temporary, unless its name says the schema that it belongs to."""
    return f"TABLE {name}" if "." in name else f"TEMP TABLE {name}"
