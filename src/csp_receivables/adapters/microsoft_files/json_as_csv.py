"""The tolerant way through an export in JSON lines: written as a CSV, which the tolerant reader of those then reads.

Numbers keep every digit they were written with. A line that is no JSON object becomes a record of one cell, so that the
reader names it as broken and holds its invoice.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from csp_receivables.adapters.microsoft_files.download_record import Part
from csp_receivables.adapters.microsoft_files.json_lines import JsonOpening, PartStreams, number_columns
from csp_receivables.adapters.microsoft_files.opening import Opening, read_known_header
from csp_receivables.adapters.microsoft_files.tidy_json import list_text, shortest

BLOCK = 1 << 20
DIGITS_MAX = 38  # of a number that is written out; one with an exponent beyond is no name of anything


class _Number(str):
    """A number as it was written."""

    __slots__ = ()


def as_csv(opening: JsonOpening, folder: Path) -> Opening:
    """Write the export as `folder`/<its name>; returns the opening of that. Raises FileRefused for a broken part."""
    names = list(dict.fromkeys((*opening.columns.names, *_later_names(opening))))
    columns = read_known_header(opening.path, [names])
    path = folder / opening.path.name
    plain = Opening(
        path=path,
        size=0,
        columns=columns,
        day_format=opening.day_format,
        is_packed=False,
        lines_before=0,
        invoice_id=opening.invoice_id,
    )
    numbers = number_columns(plain)
    with path.open("w", encoding="utf-8", newline="", errors="replace") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(names)
        for line in lines_of(opening.path, opening.parts):
            value = object_of(line)
            writer.writerow(
                [cell(value.get(name), is_number=place in numbers) for place, name in enumerate(names)]
                if value is not None
                else [line.decode(errors="replace")]
            )
    return replace(plain, size=path.stat().st_size)


def _later_names(opening: JsonOpening) -> Iterator[str]:
    for line in lines_of(opening.path, opening.parts):
        yield from object_of(line) or ()


def lines_of(path: Path, parts: Sequence[Part]) -> Iterator[bytes]:
    """The lines that hold something. Raises FileRefused in the name of `path`."""
    rest = b""
    for block in PartStreams(path, parts).blocks(BLOCK):
        *lines, rest = (rest + block).split(b"\n")
        yield from (line for line in lines if line.strip())


def object_of(line: bytes) -> dict[str, Any] | None:
    """The line's object, numbers as they were written; None where it is none."""
    try:
        value = json.loads(line, parse_float=_Number, parse_int=_Number, parse_constant=_Number)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def cell(value: Any, *, is_number: bool) -> str:
    """The value as a cell of a CSV; a number that `is_number` keeps its digits, any other is a name."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case _Number():
            return value if is_number else _shortest(value)
        case str():
            return value
        case list() if all(isinstance(one, str) and not isinstance(one, _Number) for one in value):
            return list_text(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _shortest(number: str) -> str:
    try:
        value = Decimal(number)
    except InvalidOperation:
        return number
    return shortest(value) if value.is_finite() and abs(value.adjusted()) < DIGITS_MAX else number
