"""Rows of text become typed rows: nearly all at once in SQL, the odd ones by the rules of `domain.match_files`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from csp_receivables.adapters.match_files.text_table import TextTable, read_text_table
from csp_receivables.domain.currencies import exponents
from csp_receivables.domain.findings import DAMAGED, Finding, Severity
from csp_receivables.domain.match_files import PAYMENTS, RECEIVABLES, FileKind
from csp_receivables.domain.money_sql import define_money
from csp_receivables.domain.records import OPEN_PAYMENT, OPEN_RECEIVABLE

SCHEMAS = {RECEIVABLES.name: OPEN_RECEIVABLE, PAYMENTS.name: OPEN_PAYMENT}

# Plain amounts only; whatever looks otherwise is null here and judged one by one, exactly.
_USUAL_MINOR = r"""
CREATE OR REPLACE TEMP MACRO usual_minor(amount, currency) AS
    CASE WHEN regexp_full_match(amount, '[0-9]{1,11}(\.[0-9]{1,6})?')
            AND (amount::DECIMAL(21, 6) * (10 ** minor_digits(currency))::BIGINT)::BIGINT
                = amount::DECIMAL(21, 6) * (10 ** minor_digits(currency))::BIGINT
        THEN (amount::DECIMAL(21, 6) * (10 ** minor_digits(currency))::BIGINT)::BIGINT END
"""
_USUAL_DAY = r"""
CREATE OR REPLACE TEMP MACRO usual_day(day) AS
    CASE WHEN regexp_full_match(day, '[0-9]{4}-[0-9]{2}-[0-9]{2}') AND day >= '0001' THEN TRY_CAST(day AS DATE) END
"""
_FIELDS = {
    "amount": "usual_minor(amount, currency)",
    "open_amount": "usual_minor(CASE WHEN open_amount = '' THEN amount ELSE open_amount END, currency)",
    "issued_on": "usual_day(issued_on)",
    "due_on": "usual_day(due_on)",
    "booked_on": "usual_day(booked_on)",
    "currency": "CASE WHEN list_contains($currencies, currency) THEN currency END",
    "kind": "CASE kind WHEN '' THEN 'invoice' WHEN 'invoice' THEN kind WHEN 'credit_note' THEN kind END",
}
_PLAIN_TEXT = f"trim(replace({{0}}, chr(0), '{DAMAGED}'), e' \\t\\r\\n') AS {{0}}"  # no database keeps a zero


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFile:
    """A file as the relation `name` of its record's schema; `rows` count, `findings` say what does not."""

    name: str
    rows: int
    findings: tuple[Finding, ...]


def read_file(connection: duckdb.DuckDBPyConnection, path: Path, kind: FileKind) -> ReadFile:
    """Load a CSV or Parquet file as the relation `kind.name`. Raises FileRefused."""
    define_money(connection)
    connection.execute(_USUAL_MINOR)
    connection.execute(_USUAL_DAY)
    text = read_text_table(connection, path, f"{kind.name}_text", kind.required, kind.optional)
    _read_usual(connection, kind)
    findings = text.findings() + _read_unusual(connection, text, kind) + _refuse_twice(connection, text, kind)
    connection.execute(f"CREATE VIEW {kind.name} AS SELECT {', '.join(SCHEMAS[kind.name].names)} FROM {kind.name}_read")
    counted = connection.execute(f"SELECT count(*) FROM {kind.name}").fetchone()
    return ReadFile(name=kind.name, rows=int(counted[0]) if counted else 0, findings=tuple(findings))


def _read_usual(connection: duckdb.DuckDBPyConnection, kind: FileKind) -> None:
    names = SCHEMAS[kind.name].names
    fields = ", ".join(_field(name) for name in names)
    complete = " AND ".join(f"{name} IS NOT NULL" for name in _FIELDS if name in names)
    connection.execute(
        f"CREATE TABLE {kind.name}_read AS SELECT * FROM (SELECT rowid AS row, {fields} FROM {kind.name}_text) "
        f"WHERE {complete} AND {kind.id_column} <> ''",
        {"currencies": sorted(exponents())},
    )


def _field(name: str) -> str:
    return f"{_FIELDS[name]} AS {name}" if name in _FIELDS else _PLAIN_TEXT.format(name)


def _read_unusual(connection: duckdb.DuckDBPyConnection, text: TextTable, kind: FileKind) -> list[Finding]:
    """The rows that SQL did not take: read exactly, or explained."""
    columns = (*kind.required, *kind.optional)
    odd = connection.execute(
        f"SELECT rowid, {', '.join(columns)} FROM {kind.name}_text "
        f"WHERE rowid NOT IN (SELECT row FROM {kind.name}_read) ORDER BY rowid"
    ).fetchall()
    lines = text.lines([row for row, *_ in odd])
    judged = [
        (row, kind.judge(dict(zip(columns, values, strict=True)), text.path.name, lines[row])) for row, *values in odd
    ]
    read = [{"row": row, **values} for row, values in judged if not isinstance(values, Finding)]
    if read:
        schema = SCHEMAS[kind.name].insert(0, pa.field("row", pa.int64()))
        connection.register("odd_rows", pa.Table.from_pylist(read, schema=schema))
        connection.execute(f"INSERT INTO {kind.name}_read BY NAME FROM odd_rows")
        connection.unregister("odd_rows")
    return [values for _, values in judged if isinstance(values, Finding)]


def _refuse_twice(connection: duckdb.DuckDBPyConnection, text: TextTable, kind: FileKind) -> list[Finding]:
    """An id counts once: the first row in the file; the later ones are findings."""
    key = kind.id_column
    later = connection.execute(
        f"SELECT row, {key}, min(row) OVER (PARTITION BY {key}) AS first FROM {kind.name}_read "
        f"WHERE {key} IN (SELECT {key} FROM {kind.name}_read GROUP BY {key} HAVING count(*) > 1) "
        f"QUALIFY row > first ORDER BY row"
    ).fetchall()
    if not later:
        return []
    lines = text.lines([row for row, *_ in later] + [first for *_, first in later])
    connection.execute(
        f"DELETE FROM {kind.name}_read WHERE row IN (SELECT unnest($rows))", {"rows": [row for row, *_ in later]}
    )
    return [
        Finding(
            code="match.id_stands_twice",
            severity=Severity.REFUSED,
            source=text.path.name,
            line=lines[row],
            field=key,
            found=f"{identity!r} stands in line {lines[first]} already, and that row counts",
            remedy="give each row an id of its own, or take one of the rows out",
            subject=identity,
        )
        for row, identity, first in later
    ]
