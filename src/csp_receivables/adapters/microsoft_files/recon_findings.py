"""What was wrong in a reconciliation file, each with line, field, what was found and what to do.

Lines are counted as records, the header being line 1: a cell with a line break inside does not count twice.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from csp_receivables.adapters.microsoft_files import columns as known
from csp_receivables.adapters.microsoft_files import forms
from csp_receivables.adapters.microsoft_files import staging_sql as sql
from csp_receivables.adapters.microsoft_files.opening import DayFormat, Opening
from csp_receivables.domain.findings import Finding, Severity

NAMED_MAX = 100  # findings of one kind that name their line; the rest is told as a number
_SAY_AGAIN = "Download the file again; if the cell stays so, report it in Partner Center"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The findings of one file, and for each invoice how many of its lines are no charges because of them."""

    findings: tuple[Finding, ...]
    unreadable: Mapping[str, int]


def find_problems(connection: duckdb.DuckDBPyConnection, opening: Opening, staged: Path) -> Found:
    """Everything in the staged charges and the rejected records that a person must look at."""
    invoices = _invoice_ids(connection, staged)
    broken, held_by_broken = _broken_records(connection, opening, invoices)
    money, held_by_money = _money_cells(connection, opening, staged)
    findings = (
        *broken,
        *money,
        *_day_first(opening),
        *_number_and_day_cells(connection, opening, staged),
        *find_oddities(connection, opening, staged).findings,
    )
    return Found(findings=findings, unreadable=Counter(held_by_broken) + Counter(held_by_money))


def find_oddities(connection: duckdb.DuckDBPyConnection, opening: Opening, staged: Path) -> Found:
    """What is readable and yet to be looked at: all that a tidy file can have."""
    findings = (*_charge_types(connection, opening, staged), *_tenants(connection, opening, staged))
    return Found(findings=findings, unreadable={})


def _invoice_ids(connection: duckdb.DuckDBPyConnection, staged: Path) -> list[str]:
    query = f"SELECT DISTINCT invoice_id FROM '{sql.quoted(staged)}' WHERE invoice_id <> '' ORDER BY ALL"
    return [row[0] for row in connection.execute(query).fetchall()]


def _broken_records(
    connection: duckdb.DuckDBPyConnection, opening: Opening, invoices: list[str]
) -> tuple[list[Finding], Counter[str]]:
    """Records that are no CSV, or have too few or too many cells: each holds its invoice, or all when it names none."""
    text = "min(ltrim(csv_line, chr(10) || chr(13)))"  # the line's text may begin with the end of the one before
    query = f"SELECT line, min(error_type::VARCHAR), {text} FROM reject_errors GROUP BY line ORDER BY line"
    rejected = connection.execute(f"{query} LIMIT {sql.REJECTED_MAX}").fetchall()
    held: Counter[str] = Counter()
    for _, _, text in rejected:
        held.update(_invoices_named(text or "", opening, invoices))
    kept = connection.execute("SELECT count(*)::BIGINT FROM reject_errors").fetchall()[0][0]
    if kept >= sql.REJECTED_MAX:  # there may be more than were kept, of any invoice
        held.update(invoices)
    findings = [
        Finding(
            code="microsoft.broken_record",
            severity=Severity.HELD,
            found=f"a record of {len(opening.columns.names)} cells was expected, this is none "
            f"({kind.lower()}): {_short(text or '')}",
            remedy="Its invoice is held. Download the file again; don't open and save it in a spreadsheet",
            source=opening.path.name,
            line=line - 1 + opening.lines_before,
        )
        for line, kind, text in rejected[:NAMED_MAX]
    ]
    return [*findings, *_more("microsoft.broken_record", Severity.HELD, len(rejected), opening)], held


def _invoices_named(text: str, opening: Opening, invoices: list[str]) -> list[str]:
    try:
        cells = next(csv.reader([text]), [])
    except csv.Error:
        return invoices
    place = opening.columns.place.get("invoice_id", len(cells))
    named = cells[place].strip(sql.BLANKS) if place < len(cells) else ""
    return [named] if named in invoices else invoices


def _money_cells(
    connection: duckdb.DuckDBPyConnection, opening: Opening, staged: Path
) -> tuple[list[Finding], Counter[str]]:
    """Lines that are no charges: their money, currency or invoice number can't be read."""
    fields = {name: f"{name} IS NULL" for name in opening.columns.one_each(forms.MONEY_COLUMNS)} | {
        "currency": "currency = ''",
        "invoice_id": "invoice_id = ''",
    }
    bad = " OR ".join(fields.values())
    held: Counter[str] = Counter()
    counts = f"SELECT invoice_id, count(*)::BIGINT FROM '{sql.quoted(staged)}' WHERE {bad} GROUP BY ALL ORDER BY ALL"
    for invoice_id, lines in connection.execute(counts).fetchall():
        for held_id in [invoice_id] if invoice_id else _invoice_ids(connection, staged):
            held[held_id] += lines
    rules = [
        _Rule(name, condition, Severity.HELD, _held_because(name))
        for name, condition in fields.items()
        if name in opening.columns.place
    ]
    return _all_cells(connection, opening, staged, rules), held


def _number_and_day_cells(connection: duckdb.DuckDBPyConnection, opening: Opening, staged: Path) -> list[Finding]:
    """Prices, quantities, rates and days that can't be read: the line counts, the value is unknown."""
    rules = []
    for name in opening.columns.one_each((*forms.NUMBER_COLUMNS, *forms.DAY_COLUMNS)):
        remedy = _day_remedy(opening) if name in forms.DAY_COLUMNS else f"The line counts without it. {_SAY_AGAIN}"
        rules.append(_Rule(name, sql.unreadable(opening, name), Severity.WARNING, remedy))
    return _all_cells(connection, opening, staged, rules)


@dataclass(frozen=True, slots=True)
class _Rule:
    """One field's condition for a cell that can't be read, and what to say of it."""

    field: str
    condition: str
    severity: Severity
    remedy: str


def _all_cells(
    connection: duckdb.DuckDBPyConnection, opening: Opening, staged: Path, rules: list[_Rule]
) -> list[Finding]:
    """What each rule says. One look at the charges tells which rules have anything to say, as few ever have."""
    if not rules:
        return []
    any_of_each = ", ".join(f"coalesce(bool_or({rule.condition}), false)" for rule in rules)
    ((*broken,),) = connection.execute(f"SELECT {any_of_each} FROM '{sql.quoted(staged)}'").fetchall()
    return [
        found
        for rule, is_broken in zip(rules, broken, strict=True)
        if is_broken
        for found in _cells(connection, opening, staged, rule)
    ]


def _cells(connection: duckdb.DuckDBPyConnection, opening: Opening, staged: Path, rule: _Rule) -> list[Finding]:
    code = "microsoft.unreadable_cell"
    written = sql.raw(opening, rule.field)
    rows = connection.execute(
        f"SELECT line_no, invoice_id, {written}, count(*) OVER ()::BIGINT FROM '{sql.quoted(staged)}' "
        f"WHERE {rule.condition} ORDER BY line_no LIMIT {NAMED_MAX}"
    ).fetchall()
    findings = [
        Finding(
            code=code,
            severity=rule.severity,
            found=f"{_short(text)!r} is no {_kind(rule.field)}" if text else "the cell is empty",
            remedy=rule.remedy,
            source=opening.path.name,
            line=line_no + opening.lines_before,
            field=opening.columns.name_of(rule.field),
            subject=invoice_id,
        )
        for line_no, invoice_id, text, _ in rows
    ]
    found = rows[0][3] if rows else 0
    return [*findings, *_more(code, rule.severity, found, opening, opening.columns.name_of(rule.field))]


def _day_first(opening: Opening) -> list[Finding]:
    if opening.day_format is not DayFormat.DAY_FIRST:
        return []
    return [
        Finding(
            code="microsoft.dates_day_first",
            severity=Severity.WARNING,
            found="the dates of this file only make sense day first; Microsoft writes them month first",
            remedy="They are read day first. If the file went through a spreadsheet, import the portal's own instead",
            source=opening.path.name,
        )
    ]


def _charge_types(connection: duckdb.DuckDBPyConnection, opening: Opening, staged: Path) -> Iterable[Finding]:
    """Charge types that nobody has described pass through, with one warning each."""
    query = f"""SELECT charge_type, min(line_no), count(*)::BIGINT FROM '{sql.quoted(staged)}'
                 GROUP BY ALL ORDER BY charge_type"""
    for charge_type, first, lines in connection.execute(query).fetchall():
        described = opening.columns.form.charge_types
        if known.simplified(charge_type) in described or "charge_type" not in opening.columns.place:
            continue
        yield Finding(
            code="microsoft.unknown_charge_type",
            severity=Severity.WARNING,
            found=f"{_short(charge_type)!r} on {lines} lines is no charge type that is known",
            remedy="The lines count. Look at them, and tell the maintainers what the type means",
            source=opening.path.name,
            line=first + opening.lines_before,
            field=opening.columns.name_of("charge_type"),
        )


def _tenants(connection: duckdb.DuckDBPyConnection, opening: Opening, staged: Path) -> Iterable[Finding]:
    """Customer ids that are no tenant: their lines count, but belong to nobody until someone says to whom."""
    query = f"""WITH odd AS (SELECT DISTINCT tenant_id FROM '{sql.quoted(staged)}'), named AS (
                    SELECT tenant_id FROM odd
                     WHERE NOT regexp_full_match(tenant_id, '[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}'))
                SELECT tenant_id, arg_min(customer_name, line_no), min(line_no), count(*)::BIGINT
                  FROM '{sql.quoted(staged)}' WHERE tenant_id IN (FROM named)
                 GROUP BY ALL ORDER BY tenant_id LIMIT {NAMED_MAX}"""
    for tenant_id, name, first, lines in connection.execute(query).fetchall():
        yield Finding(
            code="microsoft.no_tenant",
            severity=Severity.WARNING,
            found=f"{_short(tenant_id)!r} ({_short(name)}) on {lines} lines is no tenant id",
            remedy="The lines count as cost of nobody. Map the id to its customer in the customers file",
            source=opening.path.name,
            line=first + opening.lines_before,
            field=opening.columns.name_of("tenant_id"),
        )


def _more(code: str, severity: Severity, found: int, opening: Opening, field: str = "") -> list[Finding]:
    """One finding for all that are not named one by one."""
    if found <= NAMED_MAX:
        return []
    return [
        Finding(
            code=code,
            severity=severity,
            found=f"{found - NAMED_MAX} more like the ones named",
            remedy="Correct the ones named first; they are often of one kind",
            source=opening.path.name,
            field=field,
        )
    ]


def _held_because(field: str) -> str:
    return f"The invoice can't tie without its {_kind(field)} and is held. {_SAY_AGAIN}"


def _day_remedy(opening: Opening) -> str:
    return f"The line counts without it. The dates of this file are read as {opening.day_format.value}. {_SAY_AGAIN}"


def _kind(field: str) -> str:
    if field in forms.DAY_COLUMNS:
        return "date"
    if field in forms.NUMBER_COLUMNS:
        return "number"
    return {"currency": "currency", "invoice_id": "invoice number"}.get(field, "amount")


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"
