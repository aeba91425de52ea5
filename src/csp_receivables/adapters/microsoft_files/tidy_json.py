"""The quick way through an export in JSON lines: Arrow parses the numbers exactly, whether written as such or as text.

What differs from the first megabyte (a new attribute, another kind of value, a number that is none) raises NotTidy, and
the whole export goes through `json_as_csv`. What this module reads, that way reads the same; a test holds them so.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
from pyarrow import json as arrow_json

from csp_receivables.adapters.microsoft_files.json_lines import (
    JsonOpening,
    Kind,
    LineSource,
    PartStreams,
    number_columns,
)
from csp_receivables.adapters.microsoft_files.opening import file_digest
from csp_receivables.adapters.microsoft_files.tidy_charges import NotTidy, write_charges
from csp_receivables.domain.records import PRECISE

BLOCK = 4 << 20  # bytes parsed at a time, on each core
_TYPES = {
    Kind.TEXT: pa.string(),
    Kind.NUMBER: PRECISE,
    Kind.FLAG: pa.bool_(),
    Kind.LIST: pa.list_(pa.string()),
}


def write_tidy(opening: JsonOpening, staged: Path) -> str:
    """Write the export's charges to the Parquet file `staged`; returns the SHA-256 of the file it was opened by.

    Raises NotTidy, `staged` may be half written then; FileRefused when a part is broken or not what was downloaded.
    """
    if Kind.MIXED in opening.kinds:
        raise NotTidy("an attribute has values of several kinds")
    parts = PartStreams(opening.path, opening.parts)
    try:
        reader = arrow_json.open_json(
            pa.PythonFile(LineSource(parts.blocks(BLOCK)), mode="r"),
            read_options=arrow_json.ReadOptions(block_size=BLOCK, use_threads=True),
            parse_options=arrow_json.ParseOptions(
                explicit_schema=_schema(opening), unexpected_field_behavior="error", newlines_in_values=False
            ),
        )
        write_charges(opening, _in_order(opening, reader), staged)
    except pa.ArrowInvalid as unclear:
        raise NotTidy(str(unclear)) from None
    return file_digest(opening.path) if opening.parts[0].digest else parts.digest


def _schema(opening: JsonOpening) -> pa.Schema:
    numbers = number_columns(opening)
    return pa.schema(
        [
            pa.field(name, PRECISE if place in numbers else _TYPES[kind])
            for place, (name, kind) in enumerate(zip(opening.columns.names, opening.kinds, strict=True))
        ]
    )


def _in_order(opening: JsonOpening, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The batches with text where the lake keeps text."""
    numbers = number_columns(opening)
    names = [f"c{place}" for place in range(len(opening.columns.names))]
    for batch in batches:
        batch.validate(full=True)  # Arrow's JSON parser takes bytes that are no UTF-8 as they come
        cells = [
            batch.column(place) if place in numbers else _as_text(batch.column(place), kind)
            for place, kind in enumerate(opening.kinds)
        ]
        yield pa.RecordBatch.from_arrays(cells, names=names)


def _as_text(cells: pa.Array, kind: Kind) -> pa.Array:
    if kind is Kind.NUMBER:
        coded = cells.dictionary_encode()
        cells = pa.array([shortest(value) for value in coded.dictionary.to_pylist()], pa.string()).take(coded.indices)
    elif kind is Kind.FLAG:
        cells = cells.cast(pa.string())
    elif kind is Kind.LIST:
        cells = pa.array([None if each is None else list_text(each) for each in cells.to_pylist()], pa.string())
    return cells.fill_null("")


def shortest(number: Decimal) -> str:
    """A number that is a name, without zeros that say nothing."""
    return f"{number.normalize():f}" if number else "0"


def list_text(values: list[str]) -> str:
    """A list as the lake keeps it: JSON without blanks."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))
