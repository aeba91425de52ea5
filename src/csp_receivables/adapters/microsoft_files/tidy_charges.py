"""From parsed cells to charges in the lake's form, the quick way: for files in which every cell is what it should be.

Text is neither cast twice nor held back for its order, and cells with few distinct values (keys and days) are looked at
once per value. The first cell that is not plain raises NotTidy: then the whole file goes the tolerant way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NoReturn

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from csp_receivables.adapters.microsoft_files import columns as known
from csp_receivables.adapters.microsoft_files import forms
from csp_receivables.adapters.microsoft_files.columns import Columns
from csp_receivables.adapters.microsoft_files.opening import DayFormat, Opening
from csp_receivables.domain.records import CHARGE, PRECISE

ROWS_PER_GROUP = 50_000
COMPRESSION = "lz4"
MONEY_LIMIT, NUMBER_LIMIT = Decimal(10**13), Decimal(10**20)  # digits before the point, as in the tolerant reader
BLANKS = " \u00a0\u202f'"
LOOKED_FOR = ["tenant_id", "line_no", "charge_from"]  # columns with lowest and highest values, for readers to skip by
MANY_VALUES = frozenset({"orderid", "alternateid", "referenceid"})  # a dictionary would be in vain
_ISO_DAY = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})(?:[T ].*)?", re.DOTALL)
_SLASHED_DAY = re.compile(r"(?P<month>[0-9]{1,2})/(?P<day>[0-9]{1,2})/(?P<year>[0-9]{4})(?: .*)?", re.DOTALL)


class NotTidy(ValueError):
    """Something in the file needs the tolerant reader."""


def write_charges(opening: Opening, batches: Iterable[pa.RecordBatch], staged: Path) -> None:
    """Write the batches (columns in the order of the opening's) to the Parquet file `staged`. Raises NotTidy."""
    schema = pa.schema([*CHARGE, *(pa.field(name, pa.string()) for name in opening.columns.other_names)])
    coded = _repeating(opening.columns, schema)
    how = {
        "use_dictionary": coded,
        "compression": {name: "none" if name in coded else COMPRESSION for name in schema.names},
        "write_statistics": LOOKED_FOR,
    }
    with pq.ParquetWriter(staged, schema, **how) as out, ThreadPoolExecutor(max_workers=1) as writer:
        writing: Future[None] | None = None  # one group is written while the next is parsed
        first = 1
        for group in _groups(batches):
            if writing:
                writing.result()
            writing = writer.submit(lambda *charges: out.write_table(_charges(*charges)), opening, group, first, schema)
            first += group.num_rows
        if writing:
            writing.result()


def _groups(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """The batches in tables of some ROWS_PER_GROUP rows: what is looked at once per value is looked at less often."""
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        if sum(one.num_rows for one in waiting) >= ROWS_PER_GROUP:
            yield pa.Table.from_batches(waiting)
            waiting = []
    if waiting:
        yield pa.Table.from_batches(waiting)


def _repeating(columns: Columns, schema: pa.Schema) -> list[str]:
    """Text and days of the lake's file that repeat: a dictionary makes them small, and quicker than packing would."""
    others = zip(columns.others, columns.other_names, strict=True)
    alone = {name for place, name in others if known.simplified(columns.names[place]) in MANY_VALUES}
    alone |= {field for field, names in columns.form.fields.items() if MANY_VALUES.intersection(names)}
    return [field.name for field in schema if field.type in (pa.string(), pa.date32()) and field.name not in alone]


def _charges(opening: Opening, group: pa.Table, first: int, schema: pa.Schema) -> pa.Table:
    """The group in the columns of the lake. `first`: 1-based number of its first line."""
    arrays = [_field(opening, group, field, first) for field in CHARGE]
    arrays += [group.column(place) for place in opening.columns.others]
    return pa.Table.from_arrays(arrays, schema=schema)


def _field(opening: Opening, group: pa.Table, field: pa.Field, first: int) -> pa.Array | pa.ChunkedArray:
    if field.name == "line_no":
        return pa.arange(first, first + group.num_rows)
    place = opening.columns.place.get(field.name)
    if place is None:
        return pa.repeat(pa.scalar(_untold(opening, field), field.type), group.num_rows)
    cells = group.column(place)
    if field.name in forms.KEY_COLUMNS:
        return _each_once(cells, partial(_key, field.name), pa.string())
    if field.name in forms.DAY_COLUMNS:
        return _each_once(cells, _DAYS[opening.day_format], pa.date32())
    if field.name == "tax":
        cells = cells.fill_null(Decimal(0))  # as in the tolerant reader: where tax is on the invoice, lines say nothing
    if cells.null_count and not field.nullable:
        raise NotTidy(f"a line has no {field.name}")
    if field.type == PRECISE:
        _check_size(cells, MONEY_LIMIT if field.name in forms.MONEY_COLUMNS else NUMBER_LIMIT)
    return cells


def _untold(opening: Opening, field: pa.Field) -> str | Decimal | None:
    """What every line says in a field that no column holds."""
    if field.nullable:
        return None
    return Decimal(0) if field.type == PRECISE else opening.invoice_id if field.name == "invoice_id" else ""


def _check_size(cells: pa.ChunkedArray, limit: Decimal) -> None:
    """Arrow reads decimals of more digits than their type holds."""
    low_high = pc.min_max(cells).as_py()
    if low_high["max"] is not None and not -limit < low_high["min"] <= low_high["max"] < limit:
        raise NotTidy("a number of too many digits")


def _each_once(cells: pa.ChunkedArray, reading: Callable[[str], Any], kind: pa.DataType) -> pa.Array:
    """The cells read by `reading`, once for each distinct value."""
    coded = cells.combine_chunks().dictionary_encode()
    values = pa.array([reading(text) for text in coded.dictionary.to_pylist()], kind)
    return values.take(coded.indices)


@lru_cache(maxsize=100_000)  # the same few thousand keys come in every group
def _key(field: str, text: str) -> str:
    """The key as the lake keeps it. NotTidy where a line names no invoice or currency: that is a finding."""
    plain = text.strip(BLANKS)
    if not plain.isascii():  # Python and DuckDB fold the case of such letters differently
        raise NotTidy(f"{text!r} as {field}")
    if field == "tenant_id":
        return plain.lower().removeprefix("org:")
    if not plain:
        raise NotTidy(f"a line has no {field}")
    return plain.upper() if field == "currency" else plain


@lru_cache(maxsize=10_000)
def _iso_day(text: str) -> date | None:
    """The day as written, whatever time and offset follow."""
    return _matched_day(text, _ISO_DAY)


@lru_cache(maxsize=10_000)
def _month_first_day(text: str) -> date | None:
    return _matched_day(text, _SLASHED_DAY)


def _matched_day(text: str, pattern: re.Pattern[str]) -> date | None:
    if not text:
        return None
    found = pattern.fullmatch(text)
    try:
        return date(*(int(found[part]) for part in ("year", "month", "day"))) if found else _no_day(text)
    except ValueError:
        return _no_day(text)


def _no_day(text: str) -> NoReturn:
    raise NotTidy(f"{text!r} is no day")


_DAYS = {DayFormat.ISO: _iso_day, DayFormat.MONTH_FIRST: _month_first_day}
