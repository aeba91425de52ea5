"""The report as a workbook, to be filtered and sorted. Equal reports give equal bytes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import xlsxwriter

from csp_receivables.adapters.escalation.words import BUCKETS, MEASURES, SECTIONS, figure
from csp_receivables.adapters.outside_text import cell_text
from csp_receivables.adapters.workbook.cells import Cell, day_cell, money_cell, put
from csp_receivables.adapters.workbook.styles import PAPER_A4, Styles
from csp_receivables.domain.escalation.items import Item
from csp_receivables.domain.escalation.report import EscalationReport

_ITEMS = (
    ("Section", 26), ("Age (days)", 10), ("Customer", 24), ("Customer id", 16), ("What", 60), ("Amount", 16),
    ("Currency", 9), ("Since", 12), ("Owner", 22), ("Next step", 60), ("Change", 10),
)  # fmt: skip


def report_workbook(report: EscalationReport) -> bytes:
    """The workbook (.xlsx): everything that waits, what is gone, the measures, and ageing with its chart."""
    data = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(data, options) as book:
        book.set_properties(_properties(report))
        styles = Styles(book)
        _write_items(book, styles, "Waiting", report.items, _changes(report))
        _write_items(book, styles, "Gone", report.changed.gone, {})
        _write_measures(book, styles, report)
        _write_ageing(book, styles, report)
    return data.getvalue()


def _properties(report: EscalationReport) -> dict[str, Any]:
    return {
        "title": f"Escalation report ({report.kind}) as of {report.as_of}" + (" (DEMO)" if report.is_demo else ""),
        "author": "CSP Receivables",
        "comments": f"As of {report.as_of}, known at {report.known_at}",
        "created": datetime.fromisoformat(report.known_at).replace(tzinfo=None),
    }


def _changes(report: EscalationReport) -> dict[Any, str]:
    grown = {item.identity: "larger" for item, _ in report.changed.grown}
    return grown | {item.identity: "new" for item in report.changed.new}


def _write_items(book: Any, styles: Styles, title: str, items: Sequence[Item], changed: dict[Any, str]) -> None:
    sheet = _sheet(book, styles, title, _ITEMS)
    for row, item in enumerate(items, start=1):
        for place, cell in enumerate(_cells(item, styles, changed.get(item.identity, ""))):
            put(sheet, row, place, cell)
    sheet.autofilter(0, 0, max(len(items), 1), len(_ITEMS) - 1)


def _cells(item: Item, styles: Styles, change: str) -> tuple[Cell, ...]:
    return (
        SECTIONS[item.section],
        (item.age_days, styles.count),
        cell_text(item.customer_name),
        cell_text(item.customer_id),
        cell_text(item.about),
        money_cell(item.amount, item.currency, styles),
        item.currency,
        day_cell(item.since, styles),
        cell_text(item.owner),
        cell_text(item.next_step),
        change,
    )


def _write_measures(book: Any, styles: Styles, report: EscalationReport) -> None:
    sheet = _sheet(book, styles, "Measures", (("Measure", 34), ("Currency", 10), ("Value", 24), ("Of what", 80)))
    for row, each in enumerate(report.measures, start=1):
        for place, text in enumerate((MEASURES[each.name], each.currency, figure(each), each.because)):
            sheet.write_string(row, place, text, styles.text)


def _write_ageing(book: Any, styles: Styles, report: EscalationReport) -> None:
    """Figures by currency and age, and beside them one chart a currency: their sizes can't be compared."""
    sheet = _sheet(book, styles, "Ageing", (("Currency", 10), *((label, 16) for label in BUCKETS.values())))
    for row, ageing in enumerate(report.ageing, start=1):
        sheet.write_string(row, 0, ageing.currency, styles.text)
        for place, name in enumerate(BUCKETS, start=1):
            put(sheet, row, place, money_cell(getattr(ageing, name), ageing.currency, styles))
        chart = book.add_chart({"type": "bar"})
        last = len(BUCKETS)
        chart.add_series(
            {
                "name": ageing.currency,
                "categories": ["Ageing", 0, 1, 0, last],
                "values": ["Ageing", row, 1, row, last],
                "fill": {"color": "#3B6EA8"},
            }
        )
        chart.set_title({"name": f"Open in {ageing.currency}, by age", "name_font": {"size": 11}})
        chart.set_legend({"none": True})
        chart.set_y_axis({"reverse": True})
        chart.set_size({"width": 620, "height": 220})
        sheet.insert_chart(len(report.ageing) + 2 + (row - 1) * 12, 0, chart)


def _sheet(book: Any, styles: Styles, title: str, columns: Sequence[tuple[str, int]]) -> Any:
    sheet = book.add_worksheet(title)
    for place, (heading, width) in enumerate(columns):
        sheet.set_column(place, place, width, styles.wrapped)
        sheet.write_string(0, place, heading, styles.heading)
    sheet.freeze_panes(1, 0)
    sheet.set_landscape()
    sheet.set_paper(PAPER_A4)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    return sheet
