"""Receivables and payments for `csp match`: CSV and Parquet, read into an engine as typed rows."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa

from csp_receivables.adapters.engine import engine
from csp_receivables.adapters.match_files.reading import SCHEMAS, read_file
from csp_receivables.domain.findings import Finding
from csp_receivables.domain.match_files import PAYMENTS, RECEIVABLES, FileKind, FileRefused
from fuzz import claims

_FOLDER = tempfile.TemporaryDirectory(prefix="csp-fuzz-")
_PATH = Path(_FOLDER.name) / "fuzzed"
Outcome = tuple[pa.Table | None, tuple[Finding, ...], str]  # the last: why the file was refused, or ""


def match_files(data: bytes) -> None:
    """Read the file as what its beginning names, one in four twice, and check the rows."""
    _PATH.write_bytes(data)
    kind = RECEIVABLES if b"receivable_id" in data[:4_096].lower() or b"receivable_id" in data[-4_096:] else PAYMENTS
    first = _read(kind)
    if claims.one_in_four(data):
        claims.same_again(first, _read(kind))


def _read(kind: FileKind) -> Outcome:
    with engine(Path(_FOLDER.name)) as connection:
        try:
            file = read_file(connection, _PATH, kind)
        except FileRefused as refusal:
            claims.holds(bool(str(refusal)), "a refusal says why")
            return None, (), str(refusal)
        schema = SCHEMAS[kind.name]
        rows = connection.cursor().sql(f"FROM {file.name} ORDER BY {kind.id_column}").to_arrow_table()
    claims.findings_say_where(file.findings, _PATH.name, "match.")
    claims.holds(rows.num_rows == file.rows, "the rows are counted")
    _check(rows.to_pylist(), kind)
    claims.table_can_be_kept(rows.cast(schema), schema)
    return rows, file.findings, ""


def _check(rows: list[dict[str, Any]], kind: FileKind) -> None:
    claims.unique([row[kind.id_column] for row in rows], kind.id_column)
    for row in rows:
        claims.holds(bool(row[kind.id_column].strip()), "each row has an id")
        amounts = [row[name] for name in ("amount", "open_amount") if name in row]
        claims.holds(all(isinstance(amount, int) and amount >= 0 for amount in amounts), "amounts are whole, none < 0")
