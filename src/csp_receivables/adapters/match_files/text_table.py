"""CSV and Parquet files as a table of text, so that amounts stay exact: nothing is guessed, floats are refused.

CSV: UTF-8 with or without BOM; `,` `;` tab or `|`; quotes as in RFC 4180. Parquet: text, whole numbers,
DECIMAL and dates.
"""

from __future__ import annotations

import csv
import mmap
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from csp_receivables.domain.findings import Finding, Severity, kept
from csp_receivables.domain.match_files import FileRefused

DELIMITERS = ",;\t|"
HEADER_BYTES_MAX = 1_000_000  # a longer first line is no header
LINE_BYTES_MAX = 16_000_000
NAME_CHARACTERS_MAX = 1 << 17  # of a column
FIELD_CHARACTERS_MAX = 10_000_000  # Python's reader stops at 128 kB, which a pasted mail in a bank text exceeds
PARQUET_MAGIC, GZIP_MAGIC = b"PAR1", b"\x1f\x8b"
_PARQUET_TEXT = {
    "VARCHAR": '"{}"',
    "DATE": '"{}"::VARCHAR',
    "TINYINT": '"{}"::VARCHAR',
    "SMALLINT": '"{}"::VARCHAR',
    "INTEGER": '"{}"::VARCHAR',
    "BIGINT": '"{}"::VARCHAR',
    "HUGEINT": '"{}"::VARCHAR',
    "UTINYINT": '"{}"::VARCHAR',
    "USMALLINT": '"{}"::VARCHAR',
    "UINTEGER": '"{}"::VARCHAR',
    "UBIGINT": '"{}"::VARCHAR',
    '"NULL"': "''",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTable:
    """A file's rows as the table `name` of text columns, in file order (`rowid` counts from 0)."""

    name: str
    path: Path
    columns: tuple[str, ...]
    is_csv: bool
    delimiter: str
    rejected: tuple[tuple[int, str], ...]  # (record, counted from the header as 1; what is wrong with it)
    unclosed_quote: bool

    def lines(self, rows: Collection[int]) -> dict[int, int]:
        """The line of the file, 1-based, on which each of the rows (by rowid) begins. Parquet: the row, 1-based."""
        if not self.is_csv:
            return {row: row + 1 for row in rows}
        return _csv_lines(self, rows)[0] if rows else {}

    def findings(self) -> list[Finding]:
        """What could not be read as a row."""
        if not self.is_csv:
            return []
        lines = _csv_lines(self, ())[1] if self.rejected else {}
        found = [self._unreadable(lines.get(record), what) for record, what in self.rejected]
        if self.unclosed_quote and (line := _last_line(self)) not in lines.values():
            found.append(self._unreadable(line, "a quotation mark opens and never closes"))
        return found

    def _unreadable(self, line: int | None, what: str) -> Finding:
        return Finding(
            code="match.unreadable_row",
            severity=Severity.REFUSED,
            source=self.path.name,
            line=line,
            found=what,
            remedy="correct the row; the others count",
        )


def read_text_table(
    connection: duckdb.DuckDBPyConnection, path: Path, name: str, required: Sequence[str], optional: Sequence[str]
) -> TextTable:
    """Load the file as table `name` with all of `required` and `optional` columns (absent ones are empty text).

    Raises FileRefused when the file is missing, empty, neither format, or lacks a required column.
    """
    if not path.is_file():
        raise FileRefused(f"{path}: there is no such file. Name a CSV or Parquet file")
    if kept(str(path)) != str(path):  # the engine opens no such file
        raise FileRefused(f"{kept(str(path))}: the file's name is no UTF-8. Rename it")
    with path.open("rb") as file:
        head = file.read(len(PARQUET_MAGIC))
    if head.startswith(GZIP_MAGIC):
        raise FileRefused(f"{path}: the file is gzip-compressed. Unpack it first")
    if head == PARQUET_MAGIC:
        return _read_parquet(connection, path, name, required, optional)
    return _read_csv(connection, path, name, required, optional)


def _read_parquet(
    connection: duckdb.DuckDBPyConnection, path: Path, name: str, required: Sequence[str], optional: Sequence[str]
) -> TextTable:
    with _refusing_what_is_damaged(path):
        described = connection.execute("DESCRIBE FROM read_parquet($path)", {"path": str(path)}).fetchall()
    kinds = {column.strip().lower(): (column, kind) for column, kind, *_ in described}
    _require(path, list(kinds), required)
    taken = ", ".join(
        f"{_as_text(path, *kinds[column]) if column in kinds else repr('')} AS {column}"
        for column in (*required, *optional)
    )
    with _refusing_what_is_damaged(path):
        connection.execute(f"CREATE TABLE {name} AS SELECT {taken} FROM read_parquet($path)", {"path": str(path)})
    columns = tuple(column for column in (*required, *optional) if column in kinds)
    return TextTable(
        name=name, path=path, columns=columns, is_csv=False, delimiter="", rejected=(), unclosed_quote=False
    )


@contextmanager
def _refusing_what_is_damaged(path: Path) -> Iterator[None]:
    """A Parquet file may be found damaged at its end, where its columns stand, and only later in its pages."""
    try:
        yield
    except duckdb.Error as error:
        raise FileRefused(f"{path}: the Parquet file can't be read: {error}. Write it again") from None


def _as_text(path: Path, column: str, kind: str) -> str:
    """SQL for a Parquet column as exact text, never null."""
    if kind in ("FLOAT", "DOUBLE"):
        raise FileRefused(
            f"{path}: column {column} is {kind}, which holds no exact amount. Write it as DECIMAL or text"
        )
    if kind.startswith("DECIMAL"):
        form = '"{}"::VARCHAR'
    elif kind.startswith("TIMESTAMP"):
        form = '"{}"::DATE::VARCHAR'
    else:
        form = _PARQUET_TEXT.get(kind, "")
    if not form:
        raise FileRefused(f"{path}: column {column} is {kind}. Write it as text, DECIMAL or DATE")
    return f"coalesce({form.format(column.replace(chr(34), chr(34) * 2))}, '')"


def _read_csv(
    connection: duckdb.DuckDBPyConnection, path: Path, name: str, required: Sequence[str], optional: Sequence[str]
) -> TextTable:
    delimiter, header = _csv_header(path)
    _require(path, header, required)
    _load_csv(connection, path, name, delimiter, len(header))
    places = {column: place for place, column in enumerate(header)}
    taken = ", ".join(
        f"coalesce(c{places[column]}, '') AS {column}" if column in places else f"'' AS {column}"
        for column in (*required, *optional)
    )
    connection.execute(f"CREATE VIEW {name} AS SELECT rowid, {taken} FROM {name}_raw")
    rejected = connection.execute(
        f"SELECT line, min(error_type::VARCHAR || ': ' || error_message) FROM {name}_rejects "
        "GROUP BY line ORDER BY line"
    ).fetchall()
    return TextTable(
        name=name,
        path=path,
        columns=tuple(column for column in (*required, *optional) if column in places),
        is_csv=True,
        delimiter=delimiter,
        rejected=tuple((int(record), _plain(str(what))) for record, what in rejected),
        unclosed_quote=_quotes(path) % 2 == 1,
    )


def _load_csv(connection: duckdb.DuckDBPyConnection, path: Path, name: str, delimiter: str, columns: int) -> None:
    names = [f"c{place}" for place in range(columns)]
    try:
        connection.execute(
            f"CREATE TABLE {name}_raw AS FROM read_csv($path, auto_detect = false, header = true, columns = $columns, "
            "delim = $delimiter, quote = '\"', escape = '\"', strict_mode = true, ignore_errors = true, "
            f"store_rejects = true, rejects_table = '{name}_rejects', rejects_scan = '{name}_scans', "
            f"max_line_size = {LINE_BYTES_MAX})",
            {"path": str(path), "columns": dict.fromkeys(names, "VARCHAR"), "delimiter": delimiter},
        )
    except duckdb.InvalidInputException:  # the parser can't go on behind such a sign, and names no line
        raise FileRefused(
            f"{path}:{_line_of_stray_return(path)}: a carriage return stands where no line ends. "
            "Save it again with line ends of one kind, or put the text into quotation marks"
        ) from None


def _line_of_stray_return(path: Path) -> int:
    """The line of the first carriage return that stands alone outside of quotes; the last line, if there is none."""
    data = path.read_bytes().replace(b"\r\n", b"\n")
    before = 0
    for place, part in enumerate(data.split(b'"')):
        if place % 2 == 0 and b"\r" in part:
            return 1 + before + part.partition(b"\r")[0].count(b"\n")
        before += part.count(b"\n")
    return 1 + before


def _csv_header(path: Path) -> tuple[str, list[str]]:
    with path.open("rb") as file:
        first = file.readline(HEADER_BYTES_MAX)
    try:
        text = first.decode("utf-8-sig").strip("\r\n")
    except UnicodeDecodeError:
        raise FileRefused(f"{path}: the file is neither Parquet nor UTF-8 text. Save it as CSV in UTF-8") from None
    if not text.strip() or "\0" in text:
        raise FileRefused(f"{path}: the first line is no CSV header. Name a CSV or Parquet file")
    delimiter = max(DELIMITERS, key=text.count)
    csv.field_size_limit(NAME_CHARACTERS_MAX)  # the process has one limit, and `_records` needs another
    try:
        header = [column.strip().lower() for column in next(csv.reader([text], delimiter=delimiter, strict=True))]
    except csv.Error as error:  # a bare carriage return, a quotation mark that does not close, an endless name
        raise FileRefused(f"{path}:1: the first line is no CSV header: {error}. Name a CSV or Parquet file") from None
    twice = sorted({column for column in header if header.count(column) > 1})
    if twice:
        raise FileRefused(f"{path}:1: column {', '.join(twice)} stands twice in the header. Keep one of them")
    return delimiter, header


def _require(path: Path, header: Sequence[str], required: Sequence[str]) -> None:
    missing = [column for column in required if column not in header]
    if missing:
        raise FileRefused(
            f"{path}:1: required column {', '.join(missing)} is missing; the file has {', '.join(header)}. "
            f"Required are {', '.join(required)}"
        )


def _quotes(path: Path) -> int:
    """How many quotation marks the file has: in a CSV file that is read to its end, an even number."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return sum(data[start : start + (1 << 24)].count(b'"') for start in range(0, len(data), 1 << 24))


def _records(table: TextTable) -> Iterator[tuple[int, list[str]]]:
    """(line on which it begins, fields) of every record of the file, the header first."""
    csv.field_size_limit(FIELD_CHARACTERS_MAX)
    with table.path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        reader = csv.reader(file, delimiter=table.delimiter)
        begins = 1
        for record in reader:
            yield begins, record
            begins = reader.line_num + 1


def _csv_lines(table: TextTable, rows: Collection[int]) -> tuple[dict[int, int], dict[int, int]]:
    """Lines of the wanted rows, and of the rejected records. Only read when there is something to report."""
    wanted, rejected = set(rows), {record for record, _ in table.rejected}
    of_rows: dict[int, int] = {}
    of_records: dict[int, int] = {}
    row = -1
    for record, (line, fields) in enumerate(_records(table), start=1):
        if record in rejected:
            of_records[record] = line
        elif fields and record > 1:
            row += 1
            if row in wanted:
                of_rows[row] = line
    return of_rows, of_records


def _last_line(table: TextTable) -> int:
    """The line of the last record: where a quotation mark was opened that ran to the end of the file."""
    return max(line for line, _ in _records(table))


def _plain(what: str) -> str:
    """DuckDB's reason in words of a person."""
    kind, _, detail = what.partition(": ")
    if kind == "INVALID ENCODING":
        return "the row is not UTF-8 text"
    if kind in ("TOO MANY COLUMNS", "MISSING COLUMNS"):
        return f"{kind.lower()}: {detail.splitlines()[0].lower()}"
    return f"{kind.lower()}: {detail.splitlines()[0] if detail else 'unreadable'}"
