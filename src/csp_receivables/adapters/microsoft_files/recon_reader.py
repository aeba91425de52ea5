"""Reads Microsoft's files of charges, of every form in `forms`: the portal's CSV in all its dialects, and JSON lines
(microsoft.md 2, 3).

A tidy file goes the quick way (`tidy_csv`, `tidy_json`). Any other goes the tolerant way, one streamed pass by DuckDB:
every column as text, cast to exact decimals and dates, into one Parquet file of CHARGE. What can't be read stays as
text in `unreadable`, under its column's name, and becomes a finding. A line whose money or currency can't be read is no
charge; its invoice can't tie and is held, others in the file are not touched.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from csp_receivables.adapters.engine import engine
from csp_receivables.adapters.microsoft_files import staging_sql, tidy_csv, tidy_json
from csp_receivables.adapters.microsoft_files.json_as_csv import as_csv
from csp_receivables.adapters.microsoft_files.json_lines import JsonOpening, is_json_lines, open_lines
from csp_receivables.adapters.microsoft_files.opening import (
    DayFormat,
    Opening,
    broken_gzip,
    file_digest,
    open_file,
    unreadable_name,
)
from csp_receivables.adapters.microsoft_files.recon_findings import find_oddities, find_problems
from csp_receivables.adapters.microsoft_files.recon_sums import sum_charges
from csp_receivables.adapters.microsoft_files.statement import find_statement
from csp_receivables.adapters.microsoft_files.tidy_charges import NotTidy
from csp_receivables.domain.charge_data import ChargedInvoice, ChargeReading
from csp_receivables.domain.findings import kept
from csp_receivables.domain.vendor_tie_out import InvoiceStatement

MEMORY = "600MB"  # of DuckDB; with the interpreter and the Parquet writer the process stays below 1 GB


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconReader:
    """The reader. `spill` is a folder for what does not fit into memory."""

    spill: Path

    def digest(self, path: Path) -> str:
        """SHA-256 of the file's bytes."""
        return file_digest(path)

    def statement(self, file: Opening, invoice_id: str) -> InvoiceStatement | None:
        """What the invoice says of itself, where its JSON lies beside the charges."""
        return find_statement(file.path, invoice_id)

    def open(self, path: Path) -> Opening:
        """Recognise the file. Raises FileRefused with what it is instead."""
        return open_lines(path) if is_json_lines(path) else open_file(path)

    def read(self, file: Opening, staged: Path) -> ChargeReading:
        """Write the file's charges to the Parquet file `staged`, and sum them. Raises FileRefused."""
        with self._engine() as connection:
            try:
                digest = _write_tidy(file, staged)
                found = find_oddities(connection, file, staged)
            except NotTidy:
                digest = self.digest(file.path)
                plain = as_csv(file, staged.parent) if isinstance(file, JsonOpening) else file
                found = find_problems(connection, stage(connection, plain, staged), staged)
            invoices = sum_charges(connection, staged, found.unreadable)
        return ChargeReading(
            digest=digest,
            kind=file.kind,
            taken_for=file.taken_for,
            invoices=invoices,
            findings=found.findings,
        )

    def sum_kept(self, charges: Path) -> tuple[ChargedInvoice, ...]:
        """The sums of charges that the lake keeps in one Parquet file."""
        with self._engine() as connection:
            return sum_charges(connection, charges, {})

    @contextmanager
    def _engine(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with engine(self.spill) as connection:
            connection.execute(f"SET memory_limit = '{MEMORY}'")
            yield connection


def _write_tidy(file: Opening, staged: Path) -> str:
    if isinstance(file, JsonOpening):
        return tidy_json.write_tidy(file, staged)
    return tidy_csv.write_tidy(file, staged)


def stage(connection: duckdb.DuckDBPyConnection, opening: Opening, staged: Path) -> Opening:
    """Read the whole file into `staged`, the tolerant way; returns the opening with the date format it keeps to.

    Slashed dates are read month first. When some can't be and none needs it, the file is read again, day first.
    """
    if kept(str(opening.path)) != str(opening.path):
        raise unreadable_name(opening.path)
    _copy(connection, opening, staged)
    if opening.day_format is DayFormat.MONTH_FIRST and staging_sql.is_day_first(connection, opening, staged):
        opening = replace(opening, day_format=DayFormat.DAY_FIRST)
        _copy(connection, opening, staged)
    _count_rejected(connection, staged)
    return opening


def _count_rejected(connection: duckdb.DuckDBPyConnection, staged: Path) -> None:
    """Number the charges as the file does, where rejected records stand among them."""
    if connection.execute("SELECT 1 FROM reject_errors LIMIT 1").fetchone() is None:
        return
    counted = staged.with_suffix(".counted")
    connection.execute(f"COPY ({staging_sql.numbered(staged)}) TO '{staging_sql.quoted(counted)}' (FORMAT parquet)")
    counted.rename(staged)


def _copy(connection: duckdb.DuckDBPyConnection, opening: Opening, staged: Path) -> None:
    connection.execute("DROP TABLE IF EXISTS reject_errors; DROP TABLE IF EXISTS reject_scans")
    try:
        _copy_as(connection, opening, staged, strict=True)
    except duckdb.InvalidInputException:  # line ends of two kinds: slower, and said by the lenient parser
        _copy_as(connection, opening, staged, strict=False)
    except duckdb.IOException as broken:
        if "GZIP" in str(broken):
            raise broken_gzip(opening.path, "it ends too early") from None
        raise


def _copy_as(connection: duckdb.DuckDBPyConnection, opening: Opening, staged: Path, *, strict: bool) -> None:
    connection.execute("DROP TABLE IF EXISTS reject_errors; DROP TABLE IF EXISTS reject_scans")
    connection.execute(
        f"COPY ({staging_sql.charges(opening, strict=strict)}) TO '{staging_sql.quoted(staged)}' (FORMAT parquet)"
    )
