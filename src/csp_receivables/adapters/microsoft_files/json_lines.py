"""The beginning of an export in JSON lines: which attributes it has, of which kinds; and its parts as one stream.

An export is one file of JSON lines, plain or gzip, or a download of several such parts (`download_record`). Only the
first megabyte is looked at to learn the attributes; what comes later and differs goes the tolerant way.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from csp_receivables.adapters.microsoft_files import columns as known
from csp_receivables.adapters.microsoft_files import forms
from csp_receivables.adapters.microsoft_files.download_record import (
    Part,
    changed_since,
    is_record,
    read_record,
    recorded_invoice,
)
from csp_receivables.adapters.microsoft_files.opening import (
    BOM,
    GZIP_MAGIC,
    LOOKED_AT,
    Opening,
    broken_gzip,
    day_format,
    invoice_told,
    read_known_header,
)
from csp_receivables.adapters.microsoft_files.streams import ByteStream, Digested
from csp_receivables.domain.charge_data import FileRefused
from csp_receivables.domain.findings import Finding, Severity


class Kind(StrEnum):
    """What the values of one attribute are. Numbers may be written as text and are numbers all the same."""

    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"
    LIST = "list of text"
    MIXED = "mixed"


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonOpening(Opening):
    """What the beginning of an export tells. `path` is the file, or the record of a download of several `parts`."""

    parts: tuple[Part, ...]
    kinds: tuple[Kind, ...]  # of each column

    @property
    def taken_for(self) -> str:
        return f"{self.columns.form.name} export, {len(self.columns.names)} attributes"


def is_json_lines(path: Path) -> bool:
    """Is the file a download, or does its first line hold an object with attributes of charges?"""
    if is_record(path):
        return True
    try:
        with gzip.open(path) if is_packed(path) else path.open("rb") as file:
            first = json.loads(file.readline(LOOKED_AT).removeprefix(BOM))
    except (ValueError, RecursionError, EOFError, zlib.error, gzip.BadGzipFile):
        return False
    return isinstance(first, dict) and (bool(known.read_header(list(first)).place) or known.is_excerpt(list(first)))


def open_lines(path: Path) -> JsonOpening:
    """Recognise an export of charges. Raises FileRefused with what it is instead."""
    parts = read_record(path) or (Part(path=path),)
    lines = list(_first_lines(path, parts[0]))
    names = list(dict.fromkeys(name for line in lines for name in line))
    columns = read_known_header(path, [names])
    records = [[_shown(line.get(name)) for name in names] for line in lines]
    return JsonOpening(
        path=path,
        size=path.stat().st_size,
        columns=columns,
        day_format=day_format(columns, records),
        is_packed=False,
        lines_before=0,
        invoice_id=invoice_told(path, columns, records, recorded_invoice(path)),
        parts=parts,
        kinds=tuple(_kind([line.get(name) for line in lines]) for name in names),
    )


@dataclass(slots=True)
class PartStreams:
    """The parts as one stream of lines. Reading to the end proves that each part is what was downloaded."""

    path: Path
    parts: Sequence[Part]
    digest: str = ""  # of the last part that was read

    def blocks(self, size: int) -> Iterator[bytes]:
        """The text in blocks of some `size` bytes; each part ends with a line break. Raises FileRefused."""
        for part in self.parts:
            with part.path.open("rb", buffering=0) as file:
                raw = Digested(file)
                yield from self._text(part, raw, size)
                self.digest = raw.digest()
            if part.digest and part.digest != self.digest:
                raise changed_since(self.path, part.path.name)

    def _text(self, part: Part, raw: Digested, size: int) -> Iterator[bytes]:
        stream = _inflated(part.path, raw)
        last, first = b"\n", True
        try:
            while block := stream.read(size):
                yield block.removeprefix(BOM) if first else block
                last, first = block, False
        except OSError as broken:  # Arrow's name for a gzip file that is cut or damaged
            raise broken_gzip(self.path, f"{part.path.name}: {broken}") from None
        if not last.endswith(b"\n"):
            yield b"\n"


class LineSource(ByteStream):
    """Blocks of text in the form that Arrow asks of files."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._rest = b""

    def read(self, nbytes: int, /) -> bytes:
        """The next bytes; empty at the end."""
        if not self._rest:
            self._rest = next(self._blocks, b"")
        taken, self._rest = self._rest[:nbytes], self._rest[nbytes:]
        return taken


def _inflated(path: Path, raw: Digested) -> Any:
    return pa.CompressedInputStream(raw, "gzip") if is_packed(path) else raw


def is_packed(path: Path) -> bool:
    """Does the file begin as gzip does?"""
    with path.open("rb") as file:
        return file.read(2) == GZIP_MAGIC


def _first_lines(path: Path, part: Part) -> Iterator[dict[str, Any]]:
    """The objects on the first lines. A line that is none is left to the tolerant way, unless it is the first."""
    with part.path.open("rb") as file:
        whole, start = _start(path, part, file)
    lines = start.split(b"\n")
    found = False
    for line in lines if whole else lines[:-1]:
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict):
            found = True
            yield value
    if not found:
        raise _refused(path, "microsoft.not_csv", "no export in JSON lines", "Download the export again")


def _start(path: Path, part: Part, file: BinaryIO) -> tuple[bool, bytes]:
    stream = pa.CompressedInputStream(pa.PythonFile(file, mode="r"), "gzip") if is_packed(part.path) else file
    start = b""
    try:
        while len(start) < LOOKED_AT and (block := stream.read(LOOKED_AT - len(start))):
            start += block
        return not stream.read(1), start.removeprefix(BOM)
    except OSError as broken:
        raise broken_gzip(path, f"{part.path.name}: {broken}") from None


def _kind(values: Sequence[Any]) -> Kind:
    kinds = {_kind_of(value) for value in values if value is not None}
    return kinds.pop() if len(kinds) == 1 else Kind.TEXT if not kinds else Kind.MIXED


def _kind_of(value: Any) -> Kind:
    match value:
        case bool():
            return Kind.FLAG
        case str():
            return Kind.TEXT
        case list() if all(isinstance(one, str) for one in value):
            return Kind.LIST
        case list() | dict():
            return Kind.MIXED
    return Kind.NUMBER


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _refused(path: Path, code: str, what: str, remedy: str) -> FileRefused:
    finding = Finding(code=code, severity=Severity.REFUSED, found=f"this is {what}", remedy=remedy, source=path.name)
    return FileRefused(finding, what)


def number_columns(opening: Opening) -> frozenset[int]:
    """Places of the columns that hold numbers of CHARGE."""
    fields = (*forms.MONEY_COLUMNS, *forms.NUMBER_COLUMNS)
    return frozenset(opening.columns.place[field] for field in fields if field in opening.columns.place)
