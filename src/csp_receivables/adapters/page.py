"""The daily reconciliation as one HTML page that needs nothing but itself: no request, no script, printable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from babel.numbers import format_decimal
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from csp_receivables.adapters import day_reports as reports
from csp_receivables.adapters.compiled_templates import Compiled
from csp_receivables.adapters.day_headline import BUCKETS, headline, known_at
from csp_receivables.adapters.day_reports import Column, Kind, Report, digits, report_table
from csp_receivables.adapters.outside_text import visible_text
from csp_receivables.adapters.page_charts import ageing_segments, bar_width
from csp_receivables.domain.day import Day
from csp_receivables.domain.money import to_decimal

TEMPLATES = Path("include/templates")
ROWS_MAX = 200  # of one table on the page: more is for the workbook, where it can be filtered
SECTIONS = (
    reports.NON_PAYMENT,
    reports.LATE,
    reports.RECONCILIATION,
    reports.COVERAGE,
    reports.UNAPPLIED,
    reports.FINDINGS,
    reports.SUGGESTIONS,
    reports.ALLOCATIONS,
    reports.NOT_CUSTOMER_MONEY,
    reports.TIE_OUT,
)
NO_BREAK, THIN_NO_BREAK, MINUS = "\u00a0", "\u202f", "\u2212"
_NUMBERS = (Kind.MONEY, Kind.COUNT, Kind.SHARE)
_compiled = Compiled()


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A report cut to what a page can hold: `rows` are dicts by column name, `more` lie in the workbook."""

    report: Report
    rows: list[dict[str, Any]]
    more: int


def write_page(day: Day, path: Path, templates: Path = TEMPLATES) -> None:
    """Write `day` to `path` (.html) by the template `daily.html.j2` in `templates`. Equal days give equal bytes."""
    template = _environment(templates).get_template("daily.html.j2")
    head = headline(day)
    text = template.render(
        day=day,
        known_at=f"{known_at(day):%Y-%m-%d %H:%M} UTC",
        head=head,
        sections=[_section(day, report) for report in SECTIONS],
        coverage=report_table(day, reports.COVERAGE).slice(0, ROWS_MAX).to_pylist(),
        buckets=BUCKETS,
    )
    path.write_text(text, encoding="utf-8", newline="\n")


def money(minor: int | None, currency: str) -> str:
    """An amount for reading: `1 234.50`, thousands apart by a narrow no-break space, a true minus; "–" for none."""
    if minor is None:
        return "–"
    places = digits(currency)
    if places is None:
        return f"{minor}{NO_BREAK}minor{NO_BREAK}units"
    pattern = "#,##0" + ("." + "0" * places if places else "")
    return _spaced(to_decimal(minor, currency), pattern)


def count(number: int | None) -> str:
    """A whole number for reading, thousands apart; "–" for none."""
    return "–" if number is None else _spaced(Decimal(number), "#,##0")


def share(per_mille: int | None) -> str:
    """Per mille as per cent, rounded down, so that 100 % means all of it."""
    return "–" if per_mille is None else f"{_spaced(Decimal(per_mille // 10), '#,##0')}{NO_BREAK}%"


def cell(row: dict[str, Any], column: Column) -> str:
    """One value of a row as its column wants it shown."""
    value = row[column.name]
    if value is None:
        return ""
    return money(value, row["currency"]) if column.kind is Kind.MONEY else _SHOW[column.kind](value)


def day_text(value: date | None) -> str:
    """A day as ISO 8601 with hyphens that don't break; "–" for none."""
    return "–" if value is None else value.isoformat().replace("-", "\u2011")


_SHOW: dict[Kind, Callable[[Any], str]] = {
    Kind.TEXT: str,
    Kind.DAY: day_text,
    Kind.COUNT: count,
    Kind.SHARE: share,
    Kind.FLAG: lambda flag: "yes" if flag else "no",
}


def _spaced(number: Decimal, pattern: str) -> str:
    # The locale gives only the point; exponents come from ISO 4217 (digits above), never from CLDR.
    shown = format_decimal(number, format=pattern, locale="en", decimal_quantization=False)
    return shown.replace(",", THIN_NO_BREAK).replace("-", MINUS)


def _section(day: Day, report: Report) -> Section:
    table = report_table(day, report)
    return Section(report=report, rows=table.slice(0, ROWS_MAX).to_pylist(), more=max(table.num_rows - ROWS_MAX, 0))


def _environment(templates: Path) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(templates),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
        bytecode_cache=_compiled,
    )
    environment.filters |= {"money": money, "count": count, "share": share, "day": day_text}
    environment.globals |= {
        "cell": cell,
        "ageing_segments": ageing_segments,
        "bar_width": bar_width,
        "is_number": lambda column: column.kind in _NUMBERS,
    }
    return environment


def _finalize(value: Any) -> Any:
    """Text without characters that HTML can't carry; what Jinja marked as safe stays marked."""
    return visible_text(value) if type(value) is str else value
