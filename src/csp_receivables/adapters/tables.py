"""Every table of the day as Parquet and CSV, and the digest that tells whether two days show the same."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from csp_receivables.adapters.day_reports import digits
from csp_receivables.adapters.outside_text import no_formula
from csp_receivables.domain.day import Day
from csp_receivables.domain.money import to_text
from csp_receivables.domain.records import MONEY

# Money and counts are both int64, so the tables' int64 columns that are no money are named here.
COUNTS = frozenset({"count", "line", "receivables", "days_overdue", "days_to_due", "covered_per_mille", "option"})


def write_tables(day: Day, folder: Path) -> None:
    """Write `<table>.parquet` and `<table>.csv` for every table of `day` into `folder`. Equal days give equal bytes.

    Parquet is exact: int64 minor units and the text as it came. CSV is for spreadsheets: amounts as decimal text in
    major units, a text that a spreadsheet would take for a formula has an apostrophe before it, and what would turn the
    reading direction is shown by its name.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, table in day.tables().items():
        pq.write_table(table.combine_chunks(), folder / f"{name}.parquet", compression="zstd", store_schema=False)
        pa_csv.write_csv(_for_spreadsheets(table), folder / f"{name}.csv")


def content_digest(day: Day) -> str:
    """SHA-256 (hexadecimal) over the as-of day and every table's name, columns and rows, in order.

    `known_at`, `mode` and the demo mark are left out: a backfilled day that shows the same as the live one is the same
    day, whatever run made it and when.
    """
    sink = _Hash()
    sink.write(f"{day.as_of.isoformat()}\n".encode())
    for name, table in day.tables().items():
        sink.write(f"\n{name} {table.num_rows}\n".encode())
        # Every value is quoted and a null is not, so "" and null differ; how the rows are chunked does not show.
        pa_csv.write_csv(table, pa.PythonFile(sink, mode="w"), pa_csv.WriteOptions(quoting_style="all_valid"))
    return sink.hexdigest()


def money_columns(table: pa.Table) -> list[str]:
    """Names of the columns that hold minor units of the row's currency."""
    return [field.name for field in table.schema if field.type == MONEY and field.name not in COUNTS]


def _for_spreadsheets(table: pa.Table) -> pa.Table:
    amounts = set(money_columns(table))
    columns = []
    for field in table.schema:
        values = table[field.name].to_pylist()
        if field.name in amounts:
            texts = [_amount(m, code) for m, code in zip(values, table["currency"].to_pylist(), strict=True)]
            columns.append(pa.array(texts, pa.string()))
        elif field.type == pa.string():
            columns.append(pa.array([text and no_formula(text) for text in values], pa.string()))
        else:
            columns.append(table[field.name])
    return pa.table(columns, names=table.column_names)


def _amount(minor: int | None, currency: str) -> str | None:
    if minor is None:
        return None
    return to_text(minor, currency) if digits(currency) is not None else f"{minor} minor units"


class _Hash:
    """A file to write to that only keeps the digest of what was written."""

    closed = False

    def __init__(self) -> None:
        self._sha = hashlib.sha256()

    def write(self, data: Any) -> int:
        self._sha.update(data)
        return len(data)

    def flush(self) -> None:
        """Nothing is buffered."""

    def close(self) -> None:
        """Nothing to close; the next table goes on."""

    def hexdigest(self) -> str:
        return self._sha.hexdigest()
