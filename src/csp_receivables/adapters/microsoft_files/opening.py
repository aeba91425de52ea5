"""The beginning of a file: is it text, CSV, gzip; what is its header; how are its dates written.

Only the first megabyte is looked at; the rest is read by the reader in one pass.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import re
import zlib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from csp_receivables.adapters.microsoft_files import columns as known
from csp_receivables.adapters.microsoft_files import forms
from csp_receivables.adapters.microsoft_files.columns import Columns
from csp_receivables.domain.charge_data import ChargeKind, FileRefused
from csp_receivables.domain.findings import Finding, Severity

LOOKED_AT = 1 << 20  # bytes; a header of 48 names and hundreds of lines fit
GZIP_MAGIC = b"\x1f\x8b"
BOM = b"\xef\xbb\xbf"
NOT_CSV = (  # first bytes → what such a file is
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook", "Unpack it, or save the sheet as the portal's CSV"),
    (b"%PDF", "a PDF document", "Import the reconciliation CSV of the invoice; the PDF has no lines"),
    (b"\xff\xfe", "UTF-16 text, as Excel saves it", "Download the file again and import it as the portal gave it"),
    (b"\xfe\xff", "UTF-16 text, as Excel saves it", "Download the file again and import it as the portal gave it"),
    (b"{", "JSON", "Import the reconciliation CSV; an invoice's JSON lies beside it as <invoice id>.invoice.json"),
    (b"[", "JSON", "Import the reconciliation CSV; an invoice's JSON lies beside it as <invoice id>.invoice.json"),
    (b"<", "XML or HTML", "Bank statements go in with: csp import bank"),
)
_INVOICE_NAME = re.compile(r"(?<![0-9A-Za-z])[DdGg][0-9A-Za-z]{9}(?![0-9A-Za-z])")  # microsoft.md 1.3
_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")


class DayFormat(StrEnum):
    """How a file writes its dates; one for the whole file."""

    ISO = "ISO 8601"
    MONTH_FIRST = "M/D/YYYY"  # US order: the one Microsoft documents
    DAY_FIRST = "D/M/YYYY"  # only when no date of the file can be read month first alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What the beginning of a reconciliation file tells."""

    path: Path
    size: int
    columns: Columns
    day_format: DayFormat
    is_packed: bool
    lines_before: int = 1  # records before the first charge: the header
    invoice_id: str = ""  # where the file's name tells it, as its lines don't

    @property
    def kind(self) -> ChargeKind:
        return self.columns.form.kind

    @property
    def taken_for(self) -> str:
        return f"{self.columns.form.name}, {len(self.columns.names)} columns"


def file_digest(path: Path) -> str:
    """SHA-256 of the file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def open_file(path: Path) -> Opening:
    """Recognise the file by its content. Raises FileRefused with what it is instead."""
    start, is_whole = _decoded_start(path)
    if not start.removeprefix(BOM).strip():
        raise _refused(path, "microsoft.empty_file", "an empty file", "Download the file again")
    _refuse_by_magic(path, start)
    records = _records(path, start, is_whole=is_whole)
    header = read_known_header(path, records)
    if len(records) == 1:
        raise _refused(
            path, "microsoft.header_only", "a header without lines", "Download the file again once the invoice is ready"
        )
    return Opening(
        path=path,
        size=path.stat().st_size,
        columns=header,
        day_format=day_format(header, records[1:]),
        is_packed=_is_packed(path),
        invoice_id=invoice_told(path, header, records[1:]),
    )


def read_known_header(path: Path, records: list[list[str]]) -> Columns:
    """The header's columns. Raises FileRefused when they are those of no form that is known."""
    names = records[0]
    header = known.read_header(names)
    if not header.missing:
        return header
    if len(names) == 1 and ";" in names[0]:
        raise _refused(
            path,
            "microsoft.resaved_file",
            "separated by semicolons, so it was saved again by a spreadsheet",
            "Download the file again and import it as the portal gave it",
        )
    wanted = ", ".join(header.missing)
    if known.is_excerpt(names):
        remedy = f"It lacks the columns for {wanted}; import the whole reconciliation file of the invoice"
        raise _refused(path, "microsoft.excerpt", f"only an excerpt or a table of {len(names)} columns", remedy)
    raise _refused(path, "microsoft.unknown_file", "no file of charges that is known", f"It lacks columns for {wanted}")


def invoice_told(path: Path, header: Columns, records: list[list[str]], recorded: str = "") -> str:
    """The invoice by its record or the file's name, "" where the lines name theirs. FileRefused where none do."""
    place = header.place.get("invoice_id")
    if place is None:
        if recorded:
            return recorded
        named = _INVOICE_NAME.search(path.name)
        if named:
            return named[0].upper()
        remedy = "Begin its name with the invoice's number, as in D02005YFHI.csv, and import it again"
        raise _refused(path, "microsoft.no_invoice_number", f"{_a(header)} that names no invoice", remedy)
    numbers = [one[place].strip() for one in records if place < len(one)]
    if numbers and not any(numbers):
        remedy = "Import the billed file once the invoice is out; estimates are nobody's charges yet"
        code = "microsoft.unbilled_usage" if header.form.kind.is_detail else "microsoft.unbilled_charges"
        raise _refused(path, code, f"{_a(header)} of a month without an invoice", remedy)
    return ""


def _a(header: Columns) -> str:
    return f"a file of {header.form.name}"


def _decoded_start(path: Path) -> tuple[bytes, bool]:
    """The first megabyte of text bytes, and whether that is all of it."""
    try:
        with gzip.open(path) if _is_packed(path) else path.open("rb") as file:
            start = file.read(LOOKED_AT)
            return start, not file.read(1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as broken:
        raise broken_gzip(path, str(broken)) from None


def _is_packed(path: Path) -> bool:
    with path.open("rb") as raw:
        return raw.read(2) == GZIP_MAGIC


def broken_gzip(path: Path, detail: str) -> FileRefused:
    """The refusal of a gzip file that ends too early or was damaged."""
    found = f"a gzip file that is cut off or damaged ({detail})"
    return _refused(path, "microsoft.broken_gzip", found, "Download the file again")


def unreadable_name(path: Path) -> FileRefused:
    """The refusal of a file that the engine can't open, as its name is no text."""
    return _refused(path, "microsoft.file_name", "a file whose name is no UTF-8", "Rename it and import it again")


def _refuse_by_magic(path: Path, start: bytes) -> None:
    text = start.removeprefix(BOM).lstrip()
    for magic, what, remedy in NOT_CSV:
        if text.startswith(magic):
            raise _refused(path, "microsoft.not_csv", what, remedy)
    if b"\x00" in start:
        raise _refused(path, "microsoft.not_csv", "binary data", "Import the reconciliation CSV or its .csv.gz")


def _records(path: Path, start: bytes, *, is_whole: bool) -> list[list[str]]:
    """The records in the file's beginning; the last is left out where it may be cut."""
    text = start.decode("utf-8-sig", errors="replace")
    records: list[list[str]] = []
    try:
        for record in csv.reader(io.StringIO(text, newline="")):
            records += [record] if record else []
    except csv.Error as broken:  # an endless cell: the reader names its line later, only the header is needed here
        if not records:
            raise _refused(path, "microsoft.not_csv", f"no CSV ({broken})", "Download the file again") from None
        records.append([])  # it is there all the same: this is no header without lines
    return records if is_whole or len(records) < 3 else records[:-1]


def day_format(header: Columns, records: list[list[str]]) -> DayFormat:
    """ISO when the first date in the file is; else month first, until the whole file is read."""
    for record in records:
        for field in forms.DAY_COLUMNS:
            index = header.place.get(field, len(record))
            if index < len(record) and "/" in record[index]:
                return DayFormat.MONTH_FIRST
            if index < len(record) and _ISO_DAY.match(record[index].strip("' \u00a0")):
                return DayFormat.ISO
    return DayFormat.ISO


def _refused(path: Path, code: str, what: str, remedy: str) -> FileRefused:
    finding = Finding(code=code, severity=Severity.REFUSED, found=f"this is {what}", remedy=remedy, source=path.name)
    return FileRefused(finding, what)
