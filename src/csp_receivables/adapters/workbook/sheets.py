"""The daily reconciliation as an Excel workbook that a finance director would keep.

Cells are true numbers and dates, made from int64 minor units at the last moment; text from outside is always text. Rows
are streamed (`constant_memory`), so memory does not grow with the day, and nothing in the file depends on the moment
or the machine it was written on.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import xlsxwriter

from csp_receivables.adapters.day_reports import SHEETS, Column, Kind, Report, report_table
from csp_receivables.adapters.outside_text import cell_text
from csp_receivables.adapters.workbook.bulk_sheet import BulkSheet
from csp_receivables.adapters.workbook.cells import Cell, day_cell, money_cell
from csp_receivables.adapters.workbook.styles import Styles, document_properties, print_setup
from csp_receivables.adapters.workbook.summary import write_summary
from csp_receivables.domain.day import Day

if TYPE_CHECKING:
    import pandas as pd

ROWS_PER_SHEET_MAX = 1_048_575  # Excel's 1 048 576 rows less the header
TITLE_MAX = 28  # of a sheet that is continued: Excel takes 31 characters, and the number needs some
ROWS_PER_CHUNK = 10_000  # bounds the Python values alive at a time to some 20 MB


def write_workbook(day: Day, path: Path) -> None:
    """Write `day` to `path` (.xlsx): Summary first, then one sheet for each report. Equal days give equal bytes."""
    options = {
        "constant_memory": True,
        "tmpdir": str(path.parent),  # the rows on their way lie beside the result, where only the owner looks
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "use_zip64": True,
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties(document_properties(day))
        styles = Styles(book)
        write_summary(book, styles, day)
        for report in SHEETS:
            _write_report(book, styles, day, report)


def report_frame(day: Day, report: Report) -> pd.DataFrame:
    """The report's columns under their headings, as Arrow-backed pandas: money stays int64 minor units, gaps or not."""
    names = [column.name for column in report.columns]
    import pandas as pd  # here, as most commands of `csp` write no workbook

    frame: pd.DataFrame = report_table(day, report).select(names).to_pandas(types_mapper=pd.ArrowDtype)
    return frame.set_axis([column.heading for column in report.columns], axis="columns")


def _write_report(book: Any, styles: Styles, day: Day, report: Report) -> None:
    frame = report_frame(day, report)
    for number, first in enumerate(range(0, max(len(frame), 1), ROWS_PER_SHEET_MAX), start=1):
        title = report.title if number == 1 else f"{report.title[:TITLE_MAX]} {number}"
        sheet = book.add_worksheet(title, BulkSheet)
        part = frame.iloc[first : first + ROWS_PER_SHEET_MAX]
        _set_up(sheet, styles, day, report, rows=len(part))
        _write_rows(sheet, styles, report, part)


def _set_up(sheet: Any, styles: Styles, day: Day, report: Report, rows: int) -> None:
    """Headings, widths, filter, frozen panes and print: everything but the rows."""
    for place, column in enumerate(report.columns):
        sheet.set_column(place, place, column.width, styles.wrapped if column.wraps else styles.text)
    sheet.set_row(0, 30)
    for place, column in enumerate(report.columns):
        is_right = column.kind in (Kind.MONEY, Kind.COUNT, Kind.SHARE, Kind.DAY)
        sheet.write_string(0, place, column.heading, styles.heading_right if is_right else styles.heading)
        if column.name in report.alarms and rows:
            sheet.conditional_format(1, place, rows, place, styles.alarm)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(rows, 1), len(report.columns) - 1)
    print_setup(sheet, day, report.title)
    sheet.repeat_rows(0)


def _write_rows(sheet: BulkSheet, styles: Styles, report: Report, frame: pd.DataFrame) -> None:
    if frame.empty:
        sheet.write_string(1, 0, report.empty, styles.quiet)
        return
    sheet.write_rows(1, _rows(frame, report, styles))


def _rows(frame: pd.DataFrame, report: Report, styles: Styles) -> Iterator[tuple[Cell, ...]]:
    for first in range(0, len(frame), ROWS_PER_CHUNK):
        chunk = pa.Table.from_pandas(frame.iloc[first : first + ROWS_PER_CHUNK], preserve_index=False)
        values = {column.name: chunk[column.heading].to_pylist() for column in report.columns}
        yield from zip(*(_cells(column, values, styles) for column in report.columns), strict=True)


def _cells(column: Column, values: dict[str, list[Any]], styles: Styles) -> list[Cell]:
    """One column of a chunk as cells."""
    own = values[column.name]
    match column.kind:
        case Kind.MONEY:
            return [money_cell(minor, code, styles) for minor, code in zip(own, values["currency"], strict=True)]
        case Kind.DAY:
            return [day_cell(value, styles) for value in own]
        case Kind.COUNT:
            return [None if value is None else (value, styles.count) for value in own]
        case Kind.SHARE:
            return [None if value is None else (value / 1000, styles.share) for value in own]
        case Kind.FLAG:
            return [None if value is None else "yes" if value else "no" for value in own]
        case Kind.TEXT:
            return [cell_text(value) if value else None for value in own]
