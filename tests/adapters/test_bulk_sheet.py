"""Rows written at once are, byte by byte, the rows that xlsxwriter writes cell by cell."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from csp_receivables.adapters.outside_text import cell_text
from csp_receivables.adapters.workbook.bulk_sheet import BulkSheet
from csp_receivables.adapters.workbook.cells import put

Row = Sequence[str | float | int | None]
COLUMNS = 4
AWKWARD = [
    "",
    " x",
    "x ",
    "a & b",
    "<b>",
    'say "x"',
    "_x0041_",
    "a\nb",
    "tab\t",
    "\u00a0x",
    "株式会社 🧾",
    "مؤسسة",
    "=1+1",
    "<r>x</r>",
]
CELLS = st.one_of(
    st.none(),
    st.sampled_from(AWKWARD),
    st.text(max_size=12),
    st.integers(-(10**15), 10**15),
    st.floats(allow_nan=False, allow_infinity=False),
)
ROWS = st.lists(st.tuples(*[CELLS] * COLUMNS), min_size=1, max_size=6)


def written(rows: Sequence[Row], folder: Path, *, at_once: bool, height: int = 15) -> bytes:
    """A workbook of a heading and `rows`; whole numbers and others have formats of their own."""
    options = {"constant_memory": True, "in_memory": False, "tmpdir": str(folder), "strings_to_formulas": False}
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, options) as book:
        book.set_properties({"created": datetime(2026, 11, 1)})  # else it is now
        whole, other, text = (book.add_format({"num_format": form}) for form in ("#,##0", "0.00", "@"))
        sheet = book.add_worksheet("Rows", BulkSheet)
        sheet.set_column(0, 1, 10, text)
        sheet.set_default_row(height)
        for place in range(COLUMNS):
            sheet.write_string(0, place, f"Heading {place}")
        cells = [[_cell(value, whole, other) for value in row] for row in rows]
        if at_once:
            sheet.write_rows(1, cells)
        else:
            for number, row in enumerate(cells, start=1):
                for place, cell in enumerate(row):
                    put(sheet, number, place, cell)
        book.add_worksheet("Behind").write_string(0, 0, "still there")
    return file.getvalue()


def _cell(value: Any, whole: Any, other: Any) -> Any:
    if isinstance(value, str):
        return cell_text(value)
    return None if value is None else (value, whole if isinstance(value, int) else other)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(rows=ROWS)
def test_rows_at_once_are_the_rows_cell_by_cell(tmp_path: Path, rows: list[Row]) -> None:
    rows = [*rows, ("an", "end", 1, "that is never empty")]

    assert written(rows, tmp_path, at_once=True) == written(rows, tmp_path, at_once=False)


@pytest.mark.parametrize("height", [15, 22])
def test_the_height_of_rows_is_kept(tmp_path: Path, height: int) -> None:
    rows = [("x", 1, 1.5, None)] * 3

    at_once = written(rows, tmp_path, at_once=True, height=height)

    assert at_once == written(rows, tmp_path, at_once=False, height=height)
