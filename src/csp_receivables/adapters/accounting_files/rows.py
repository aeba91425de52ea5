"""Rows of a delimited file as they stand, each with its line: streamed, never whole in memory."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from pathlib import Path

from csp_receivables.adapters.accounting_files.forms import Form
from csp_receivables.adapters.accounting_files.refusals import refused
from csp_receivables.domain.findings import Finding, Severity

Row = tuple[int, Sequence[str]]  # 1-based line of the file on which the row starts, and its values
FIELD_CHARACTERS_MAX = 10_000_000  # Python's reader stops at 128 kB, and with it the rest of the file
_UNREADABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\udc80-\udcff]"
)  # the last: bytes that the encoding has no letter for


def rows_of(
    path: Path, form: Form, header: Sequence[str], fields: Sequence[str], report: Callable[[Finding], None]
) -> Iterator[Row]:
    """The values of `fields` for each row, in that order; a field without a column has its constant, or "".

    Blank rows are passed over. A row that can't be read goes to `report` and is left out. Raises FileRefused when
    quotes do not close: then nobody can tell where the next row starts.
    """
    csv.field_size_limit(FIELD_CHARACTERS_MAX)
    pick = _picker(form, header, fields)
    constants = [form.constants.get(name, "") for name in fields]
    with path.open(encoding=form.encoding, errors="surrogateescape", newline="") as file:
        reader = csv.reader(file, delimiter=form.separator, strict=True)
        ended, is_header = 0, True
        try:
            for row in reader:
                started, ended = ended + 1, reader.line_num
                joined = "".join(row)
                if not joined.strip():
                    continue
                if is_header:
                    is_header = False
                elif problem := _problem(row, joined, header):
                    report(_unreadable(path.name, started, *problem))
                else:
                    yield started, pick(row + constants)
        except csv.Error as error:
            found = f"quotes or field sizes are broken from here on: {error}"
            raise refused(
                "accounting.broken_quotes", path.name, found, "Export the file again", line=ended + 1
            ) from None


def _picker(form: Form, header: Sequence[str], fields: Sequence[str]) -> Callable[[list[str]], Sequence[str]]:
    """Takes the fields from a row to whose end the constants were put."""
    place = {form.columns[name]: index for index, name in enumerate(header) if name in form.columns}
    return itemgetter(*(place.get(name, len(header) + index) for index, name in enumerate(fields)))


def _problem(row: Sequence[str], joined: str, header: Sequence[str]) -> tuple[str, str, str] | None:
    """(field, found, remedy) where the row is not one value of readable text for each column."""
    if len(row) != len(header):
        return "", f"{len(row)} values for {len(header)} columns", "Export again; a separator in a text needs quotes"
    if joined.isprintable() or not _UNREADABLE.search(joined):
        return None
    field = next(name for name, value in zip(header, row, strict=True) if _UNREADABLE.search(value))
    return field, "bytes that are no text in the file's encoding", "Export in the encoding that the form asks for"


def _unreadable(source: str, line: int, field: str, found: str, remedy: str) -> Finding:
    return Finding(
        code="accounting.row_unreadable",
        severity=Severity.REFUSED,
        found=found,
        remedy=remedy,
        source=source,
        line=line,
        field=field,
    )
