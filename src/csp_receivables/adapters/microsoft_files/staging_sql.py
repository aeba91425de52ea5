"""The SQL that turns the cells of a reconciliation file into charges. Fast in the usual case, exact in every case."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb

from csp_receivables.adapters.microsoft_files import columns as known
from csp_receivables.adapters.microsoft_files.opening import DayFormat, Opening
from csp_receivables.domain.records import CHARGE

PRECISE = "DECIMAL(38,18)"
MONEY_LIMIT = "DECIMAL(31,18)"  # thirteen digits before the point: no single charge is larger, and sums can't overflow
REJECTED_MAX = 100_000  # broken records that are kept to be named
BLANKS = " \u00a0\u202f'"  # what spreadsheets put around numbers: blanks that don't break, and a guard apostrophe


def charges(opening: Opening, *, strict: bool) -> str:
    """SELECT of the file's charges in the columns of CHARGE, in the file's order. Each cell is parsed once."""
    parsed = [name for name in CHARGE.names if name != "other"]
    fields = ", ".join(f"{_field(opening, name)} AS {name}" for name in parsed)
    rows = f"SELECT {fields}, {_kept_cells(opening)} FROM {source(opening, strict=strict)} WHERE {_is_data(opening)}"
    return f"SELECT {', '.join(parsed)}, {_other(opening)} AS other FROM ({rows})"


def source(opening: Opening, *, strict: bool) -> str:
    """The file as text columns c0, c1, …; records that are no CSV go to the table `reject_errors`."""
    kinds = ", ".join(f"'c{index}': 'VARCHAR'" for index in range(len(opening.columns.names)))
    packed = "gzip" if opening.is_packed else "none"
    return (
        f"read_csv('{quoted(opening.path)}', columns = {{{kinds}}}, auto_detect = false, header = true, delim = ',', "
        f"quote = '\"', escape = '\"', compression = '{packed}', strict_mode = {str(strict).lower()}, "
        f"store_rejects = true, rejects_limit = {REJECTED_MAX})"
    )


def is_day_first(connection: duckdb.DuckDBPyConnection, opening: Opening, staged: Path) -> bool:
    """Do dates fail month first that would do day first, while none of those read needs month first?"""
    days = [field for field in known.DAY_COLUMNS if field in opening.columns.place]
    failed = " UNION ALL ".join(
        f"SELECT {raw(opening, field)} AS written FROM '{quoted(staged)}' WHERE {unreadable(opening, field)}"
        for field in days
    )
    would_do = f"SELECT 1 FROM ({failed}) WHERE {_slashed('written', DayFormat.DAY_FIRST)} IS NOT NULL LIMIT 1"
    if connection.execute(would_do).fetchone() is None:
        return False
    needs = " OR ".join(f"day({field}) > 12" for field in days)
    return connection.execute(f"SELECT 1 FROM '{quoted(staged)}' WHERE {needs} LIMIT 1").fetchone() is None


def unreadable(opening: Opening, field: str) -> str:
    """A condition on staged rows: the cell of `field` said something that could not be read."""
    key = _json_key(opening.columns.name_of(field))
    return f"({field} IS NULL AND contains(other, '{escaped(key)}'))"


def raw(opening: Opening, field: str) -> str:
    """The text of an unreadable cell, from where it was kept."""
    return f"json_extract_string(other, '$.{escaped(_path(opening.columns.name_of(field)))}')"


def quoted(path: Path) -> str:
    """A path inside a string literal of SQL."""
    return escaped(str(path))


def escaped(text: str) -> str:
    """Text inside a string literal of SQL."""
    return text.replace("'", "''")


def _field(opening: Opening, name: str) -> str:
    if name == "line_no":
        return "row_number() OVER ()"
    if name not in opening.columns.place:
        return f"NULL::{_sql_type(name)}" if CHARGE.field(name).nullable else "''"
    return _READINGS.get(name, _text)(_cell(opening, name), opening)


def _text(cell: str, _: Opening) -> str:
    return f"coalesce({cell}, '')"


def _money(cell: str, _: Opening) -> str:
    return f"{_number(cell, MONEY_LIMIT)}::{PRECISE}"


def _tax(cell: str, opening: Opening) -> str:
    """Blank is 0: where Microsoft states tax on the invoice only, lines may say nothing. The tie-out proves it."""
    return f"CASE WHEN {cell} IS NULL THEN 0 ELSE {_money(cell, opening)} END"


def _number(cell: str, kind: str) -> str:
    """Cast as it stands; only what fails is cleaned of blanks and apostrophe and tried again."""
    return f"coalesce(try_cast({cell} AS {kind}), try_cast({_trimmed(cell)} AS {kind}))"


def _day(cell: str, opening: Opening) -> str:
    if opening.day_format is DayFormat.ISO:
        return f"coalesce({_iso_day(cell)}, {_iso_day(_trimmed(cell))})"
    return _slashed(_trimmed(cell), opening.day_format)


def _iso_day(text: str) -> str:
    """The day as written: a time and an offset after it don't move it, for charge days are whole days in UTC."""
    return f"CASE WHEN {text}[11:11] IN ('', 'T', ' ') THEN try_cast({text}[1:10] AS DATE) END"


def _slashed(text: str, order: DayFormat) -> str:
    pattern = "%m/%d/%Y" if order is DayFormat.MONTH_FIRST else "%d/%m/%Y"
    return f"try_strptime(split_part({text}, ' ', 1), '{pattern}')::DATE"


def _tenant(cell: str) -> str:
    """Lower case, without `org:`: as every other interface of Microsoft writes the tenant."""
    plain = f"lower({_trimmed(cell)})"
    return f"CASE WHEN starts_with({plain}, 'org:') THEN {plain}[5:] ELSE {plain} END"


def _trimmed(cell: str) -> str:
    return f"trim({cell}, '{escaped(BLANKS)}')"


def _is_data(opening: Opening) -> str:
    """Not a header again: each member of a gzip file may repeat it."""
    place = opening.columns.place["invoice_id"]
    return f"coalesce(c{place}, '') <> '{escaped(opening.columns.names[place])}'"


def _kept_cells(opening: Opening) -> str:
    """The cells that `other` is made from, as they are: other columns, and those whose reading may fail."""
    places = (*opening.columns.others, *(opening.columns.place[field] for field in _may_fail(opening)))
    return ", ".join(f"c{place}" for place in sorted(set(places)))


def _other(opening: Opening) -> str:
    """JSON of every other column that says something, and of each cell that can't be read, under its column's name.

    Most cells need no escaping: one look at the row's cells together tells, and only a row that does is escaped.
    """
    names = opening.columns.names
    simple = [index for index in opening.columns.others if known.simplified(names[index]) not in known.JSON_COLUMNS]
    quick = [
        _member(names[index], f"c{index}", f"c{index} <> ''", plain=index in simple) for index in opening.columns.others
    ]
    careful = [_member(names[index], f"c{index}", f"c{index} <> ''", plain=False) for index in opening.columns.others]
    failed = [
        _member(opening.columns.name_of(field), _cell(opening, field), _has_failed(opening, field), plain=False)
        for field in _may_fail(opening)
    ]
    cells = ", ".join(f"c{index}" for index in simple) or "''"
    needs_care = f"regexp_matches(concat({cells}), '[\\x00-\\x1f\"\\\\]')"
    members = f"CASE WHEN {needs_care} THEN {_joined(careful)} ELSE {_joined(quick)} END"
    return f"'{{' || concat({members}, {_joined(failed)})[2:] || '}}'"


def _may_fail(opening: Opening) -> list[str]:
    fields = (*known.MONEY_COLUMNS, *known.NUMBER_COLUMNS, *known.DAY_COLUMNS)
    return [field for field in fields if field in opening.columns.place]


def _has_failed(opening: Opening, field: str) -> str:
    return f"{field} IS NULL AND {_cell(opening, field)} IS NOT NULL"


def _joined(members: list[str]) -> str:
    return f"concat({', '.join(members)})" if members else "''"


def _member(name: str, cell: str, condition: str, *, plain: bool) -> str:
    """`,"name":"text"` where `condition` holds; not `plain` text is escaped by JSON's own rules."""
    key = escaped(_json_key(name))
    text = f"'{key}', {cell}, '\"'" if plain else f"'{key[:-1]}', to_json({cell})"
    return f"CASE WHEN {condition} THEN concat(',', {text}) END"


def _json_key(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '":"'


def _path(name: str) -> str:
    return '"' + name.replace('"', '\\"') + '"'


def _cell(opening: Opening, field: str) -> str:
    return f"c{opening.columns.place[field]}"


def _sql_type(name: str) -> str:
    return "DATE" if name in known.DAY_COLUMNS else PRECISE


_READINGS: dict[str, Callable[[str, Opening], str]] = {
    **dict.fromkeys(known.NUMBER_COLUMNS, lambda cell, _: _number(cell, PRECISE)),
    **dict.fromkeys(known.DAY_COLUMNS, _day),
    **dict.fromkeys(known.MONEY_COLUMNS, _money),
    "tax": _tax,
    "tenant_id": lambda cell, _: f"coalesce({_tenant(cell)}, '')",
    "currency": lambda cell, _: f"coalesce(upper({_trimmed(cell)}), '')",
    "invoice_id": lambda cell, _: f"coalesce({_trimmed(cell)}, '')",
}
