"""The workbook of a day with 200,000 allocations: ours against bare xlsxwriter writing the same cells.

    python -m bench.workbook

The floor writes the same numbers and texts, with a format for each column, through xlsxwriter's `write_number` and
`write_string` with `constant_memory`, as its manual shows, and nothing else: no money in minor units, no check of text.
"""

from __future__ import annotations

import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import xlsxwriter

from bench.measure import Budget, measure_pair, report
from csp_receivables.adapters.day_reports import ALLOCATIONS, Kind
from csp_receivables.adapters.workbook import write_workbook
from csp_receivables.domain import records
from csp_receivables.domain.day import Day, Mode
from csp_receivables.domain.findings import findings_table

ALLOCATED = 200_000
_FIRST = date(2026, 10, 1)
_EXCEL_DAYS = (_FIRST - date(1899, 12, 30)).days
_SCHEMAS = {
    "summary": records.SUMMARY, "reconciliation": records.RECONCILIATION, "standings": records.STANDING,
    "late": records.LATE, "allocations": records.ALLOCATION_VIEW, "unapplied": records.UNAPPLIED_VIEW,
    "not_customer_money": records.NOT_CUSTOMER_MONEY, "coverage": records.COVERAGE, "tie_out": records.TIE_OUT,
    "feeds": records.FEED, "suggestions": records.SUGGESTION_VIEW,
}  # fmt: skip


def our_workbook(rows: int) -> int:
    """Bytes of the workbook of a day with that many allocations."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "day.xlsx"
        write_workbook(_day(rows), path)
        return path.stat().st_size


def bare_xlsxwriter(rows: int) -> int:
    """The floor: bytes of a workbook of the same cells."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "day.xlsx"
        with xlsxwriter.Workbook(str(path), {"constant_memory": True, "tmpdir": folder}) as book:
            sheet = book.add_worksheet("Allocations")
            formats = {Kind.DAY: book.add_format({"num_format": "yyyy-mm-dd"}),
                       Kind.MONEY: book.add_format({"num_format": "#,##0.00"}),
                       Kind.TEXT: book.add_format({"align": "left"})}  # fmt: skip
            kinds = [column.kind for column in ALLOCATIONS.columns]
            for place, column in enumerate(ALLOCATIONS.columns):
                sheet.set_column(place, place, column.width, formats[Kind.TEXT])
                sheet.write_string(0, place, column.heading)
            for row in range(rows):
                for place, (kind, value) in enumerate(zip(kinds, _bare(row), strict=True)):
                    if kind is Kind.TEXT:
                        sheet.write_string(row + 1, place, value)
                    else:
                        sheet.write_number(row + 1, place, value, formats[kind])
        return path.stat().st_size


def _row(number: int) -> dict[str, Any]:
    """One allocation; every value differs from row to row where it would in a real month."""
    receivable = f"INV-{number:07d}"
    return {
        "booked_on": _FIRST + timedelta(days=number % 31),
        "payer_name": f"Kund {number % 20_000} & Söner AB",
        "customer_id": f"C{number % 20_000:06d}",
        "customer_name": f"Kund {number % 20_000} & Söner AB",
        "number": receivable,
        "currency": "SEK",
        "amount": 100_000 + number * 37 % 9_000_000,
        "difference": 0,
        "rule": "structured_reference",
        "outcome": "full",
        "because": f"the payment's reference {number:09d} is that of {receivable} and the amount is what is open",
        "source_kind": "payment",
        "source_id": f"{number:032x}",
        "allocation_id": f"{number * 7:032x}",
    }


def _bare(number: int) -> list[Any]:
    row = _row(number)
    row["booked_on"] = _EXCEL_DAYS + number % 31
    row["amount"] /= 100
    return [row[column.name] for column in ALLOCATIONS.columns]


def _day(rows: int) -> Day:
    tables = {name: schema.empty_table() for name, schema in _SCHEMAS.items()}
    made = [_row(number) for number in range(rows)]
    rest = {field.name: _nothing(field.type) for field in records.ALLOCATION_VIEW}
    tables["allocations"] = pa.Table.from_pylist([{**rest, **row} for row in made], schema=records.ALLOCATION_VIEW)
    tables["findings"] = findings_table([])
    return Day(as_of=date(2026, 10, 31), known_at="2026-11-01T05:00:00+00:00", mode=Mode.LIVE, is_demo=False, **tables)


def _nothing(kind: pa.DataType) -> Any:
    """A value for the columns that the sheet does not show."""
    return "" if pa.types.is_string(kind) else None if pa.types.is_date(kind) else 0


def main() -> bool:
    """Measure both, print, and tell whether the workbook keeps its budget."""
    floor, ours = measure_pair(
        ("bench.workbook:bare_xlsxwriter", ALLOCATED), ("bench.workbook:our_workbook", ALLOCATED)
    )
    return report("workbook", floor, ours, Budget(ratio=0.7, peak_mb=500), allocations=ALLOCATED)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
