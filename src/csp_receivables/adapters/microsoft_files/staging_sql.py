"""The SQL that turns the cells of a reconciliation file into charges, however they are written.

The tolerant way, for files that `tidy_csv` can't read; what both read, they read the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import duckdb

from csp_receivables.adapters.microsoft_files import forms
from csp_receivables.adapters.microsoft_files.opening import DayFormat, Opening
from csp_receivables.domain.records import CHARGE

PRECISE = "DECIMAL(38,18)"
MONEY_LIMIT = "DECIMAL(31,18)"  # thirteen digits before the point: no single charge is larger, and sums can't overflow
REJECTED_MAX = 100_000  # broken records that are kept to be named
BLANKS = " \u00a0\u202f'"  # what spreadsheets put around numbers: blanks that don't break, and a guard apostrophe


def charges(opening: Opening, *, strict: bool) -> str:
    """SELECT of the file's charges in the columns of the lake, in the file's order. Each cell is parsed once."""
    parsed = [name for name in CHARGE.names if name != "unreadable"]
    fields = ", ".join(f"{_field(opening, name)} AS {name}" for name in parsed)
    cells = ", ".join(f"c{index}" for index in range(len(opening.columns.names)))
    rows = f"SELECT {fields}, {cells} FROM {source(opening, strict=strict)} WHERE {_is_data(opening)}"
    return f"SELECT {', '.join([*parsed, _unreadable_cells(opening), *_others(opening)])} FROM ({rows})"


def source(opening: Opening, *, strict: bool) -> str:
    """The file as text columns c0, c1, …; records that are no CSV go to the table `reject_errors`."""
    kinds = ", ".join(f"'c{index}': 'VARCHAR'" for index in range(len(opening.columns.names)))
    packed = "gzip" if opening.is_packed else "none"
    return (
        f"read_csv('{quoted(opening.path)}', columns = {{{kinds}}}, auto_detect = false, header = true, delim = ',', "
        f"quote = '\"', escape = '\"', compression = '{packed}', strict_mode = {str(strict).lower()}, "
        f"store_rejects = true, rejects_limit = {REJECTED_MAX})"
    )


def numbered(staged: Path) -> str:
    """SELECT of the staged charges with `line_no` counting the rejected records before each as well.

    The n-th rejected record, on line l with the header as line 1, has l - 1 - n good records before it.
    """
    lines = "SELECT DISTINCT line::BIGINT AS line FROM reject_errors"
    counted = f"SELECT line, row_number() OVER (ORDER BY line) AS n FROM ({lines})"
    rejected = f"SELECT line - 1 - n AS before, max(n) AS n FROM ({counted}) GROUP BY ALL"
    return (
        f"SELECT charge.* REPLACE (line_no + coalesce(n, 0) AS line_no) FROM '{quoted(staged)}' AS charge "
        f"ASOF LEFT JOIN ({rejected}) AS rejected ON charge.line_no > rejected.before ORDER BY line_no"
    )


def is_day_first(connection: duckdb.DuckDBPyConnection, opening: Opening, staged: Path) -> bool:
    """Do dates fail month first that would do day first, while none of those read needs month first?"""
    days = [field for field in forms.DAY_COLUMNS if field in opening.columns.place]
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
    return f"({field} IS NULL AND contains(unreadable, '{escaped(key)}'))"


def raw(opening: Opening, field: str) -> str:
    """The text of an unreadable cell, from where it was kept."""
    return f"json_extract_string(nullif(unreadable, ''), '$.{escaped(_path(opening.columns.name_of(field)))}')"


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
        return _untold(opening, name)
    return _READINGS.get(name, _text)(_cell(opening, name), opening)


def _untold(opening: Opening, name: str) -> str:
    """What every line says in a field that no column holds."""
    if CHARGE.field(name).nullable:
        return f"NULL::{_sql_type(name)}"
    if name in forms.MONEY_COLUMNS:
        return f"0::{PRECISE}"
    return f"'{escaped(opening.invoice_id)}'" if name == "invoice_id" else "''"


def _text(cell: str, _: Opening) -> str:
    return f"coalesce({cell}, '')"


def _money(cell: str, _: Opening) -> str:
    return f"{_number(cell, MONEY_LIMIT)}::{PRECISE}"


def _tax(cell: str, opening: Opening) -> str:
    """Blank is 0: where Microsoft states tax on the invoice only, lines may say nothing. The tie-out proves it."""
    return f"CASE WHEN {cell} IS NULL THEN 0 ELSE {_money(cell, opening)} END"


def _number(cell: str, kind: str) -> str:
    """Cast as it stands; only what fails is cleaned of blanks, apostrophe and dollar sign and tried again.

    Legacy usage writes `$` before amounts of any currency.

    `1_000` is a thousand to DuckDB and to nobody who writes invoices: it is left to a person.
    """
    read = f"coalesce(try_cast({cell} AS {kind}), try_cast({_trimmed(cell, BLANKS + '$')} AS {kind}))"
    return f"CASE WHEN NOT contains({cell}, '_') THEN {read} END"


def _day(cell: str, opening: Opening) -> str:
    if opening.day_format is DayFormat.ISO:
        return f"coalesce({_iso_day(cell)}, {_iso_day(_trimmed(cell))})"
    return _slashed(_trimmed(cell), opening.day_format)


def _of_four_digits(day: str) -> str:
    """DuckDB reads `22006-9-30` and the year 0 as days; nobody else has such a day."""
    return f"CASE WHEN {day} BETWEEN DATE '0001-01-01' AND DATE '9999-12-31' THEN {day} END"


def _iso_day(text: str) -> str:
    """The day as written: a time and an offset after it don't move it, for charge days are whole days in UTC."""
    day = _of_four_digits(f"try_cast({text}[1:10] AS DATE)")
    return f"CASE WHEN {text}[11:11] IN ('', 'T', ' ') THEN {day} END"


def _slashed(text: str, order: DayFormat) -> str:
    pattern = "%m/%d/%Y" if order is DayFormat.MONTH_FIRST else "%d/%m/%Y"
    return _of_four_digits(f"try_strptime(split_part({text}, ' ', 1), '{pattern}')::DATE")


def _tenant(cell: str) -> str:
    """Lower case, without `org:`: as every other interface of Microsoft writes the tenant."""
    plain = f"lower({_trimmed(cell)})"
    return f"CASE WHEN starts_with({plain}, 'org:') THEN {plain}[5:] ELSE {plain} END"


def _trimmed(cell: str, around: str = BLANKS) -> str:
    return f"trim({cell}, '{escaped(around)}')"


def _is_data(opening: Opening) -> str:
    """Not a header again: each member of a gzip file may repeat it."""
    place = opening.columns.place["tenant_id"]
    return f"coalesce(c{place}, '') <> '{escaped(opening.columns.names[place])}'"


def _others(opening: Opening) -> list[str]:
    """Columns that hold no field of CHARGE, as they are."""
    named = zip(opening.columns.others, opening.columns.other_names, strict=True)
    return [f"coalesce(c{place}, '') AS {_identifier(name)}" for place, name in named]


def _unreadable_cells(opening: Opening) -> str:
    """JSON of each cell that can't be read, under its column's name; "" where all could."""
    failed = [_member(opening, field) for field in _may_fail(opening)]
    members = f"concat({', '.join(failed)})"
    return f"CASE WHEN {members} = '' THEN '' ELSE '{{' || {members}[2:] || '}}' END AS unreadable"


def _may_fail(opening: Opening) -> list[str]:
    return opening.columns.one_each((*forms.MONEY_COLUMNS, *forms.NUMBER_COLUMNS, *forms.DAY_COLUMNS))


def _member(opening: Opening, field: str) -> str:
    """`,"name":"text"` where the cell of `field` says something that could not be read."""
    key, cell = escaped(_json_key(opening.columns.name_of(field))), _cell(opening, field)
    return f"CASE WHEN {field} IS NULL AND {cell} IS NOT NULL THEN concat(',{key[:-1]}', to_json({cell})) END"


def _json_key(name: str) -> str:
    return json.dumps(name, ensure_ascii=False) + ':"'


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _path(name: str) -> str:
    return '"' + name.replace('"', '\\"') + '"'


def _cell(opening: Opening, field: str) -> str:
    return f"c{opening.columns.place[field]}"


def _sql_type(name: str) -> str:
    return "DATE" if name in forms.DAY_COLUMNS else PRECISE


_READINGS: dict[str, Callable[[str, Opening], str]] = {
    **dict.fromkeys(forms.NUMBER_COLUMNS, lambda cell, _: _number(cell, PRECISE)),
    **dict.fromkeys(forms.DAY_COLUMNS, _day),
    **dict.fromkeys(forms.MONEY_COLUMNS, _money),
    "tax": _tax,
    "tenant_id": lambda cell, _: f"coalesce({_tenant(cell)}, '')",
    "currency": lambda cell, _: f"coalesce(upper({_trimmed(cell)}), '')",
    "invoice_id": lambda cell, _: f"coalesce({_trimmed(cell)}, '')",
}
