"""The first sheet of the workbook: the day's headline on one sheet of paper."""

from __future__ import annotations

from typing import Any

from csp_receivables.adapters.day_headline import Headline, headline, known_at
from csp_receivables.adapters.outside_text import cell_text
from csp_receivables.adapters.workbook.cells import day_cell, money_cell, put
from csp_receivables.adapters.workbook.styles import Styles, print_setup
from csp_receivables.domain.day import Day

LABEL_WIDTH, VALUE_WIDTH = 34, 18


class _Pen:
    """A sheet that is written from the top down, as streaming wants it."""

    def __init__(self, sheet: Any, styles: Styles) -> None:
        self.sheet, self.styles, self.row = sheet, styles, 0

    def section(self, title: str, headings: tuple[str, ...], texts: tuple[str, ...] = ()) -> None:
        """One row free, then a title with the headings of its columns; those in `texts` are over text, not numbers."""
        self.row += 1
        for place, text in enumerate((title, *headings)):
            over = self.styles.over_text if text in texts else self.styles.over
            self.sheet.write_string(self.row, place, text, over if place else self.styles.section)
        self.row += 1

    def line(self, label: str, *cells: Any, style: Any = None) -> None:
        """A label and its cells, in one row."""
        self.sheet.write_string(self.row, 0, label, self.styles.label)
        for place, cell in enumerate(cells, start=1):
            put(self.sheet, self.row, place, cell, style)
        self.row += 1


def write_summary(book: Any, styles: Styles, day: Day) -> None:
    """Write the sheet "Summary": what the day is, whether it ties, and the figures in each currency."""
    sheet = book.add_worksheet("Summary")
    sheet.set_column(0, 0, LABEL_WIDTH, styles.text)
    sheet.set_column(1, 6, VALUE_WIDTH, styles.text)
    print_setup(sheet, day, "Summary")
    sheet.fit_to_pages(1, 1)
    sheet.freeze_panes(1, 1)
    sheet.hide_gridlines(2)
    pen, head = _Pen(sheet, styles), headline(day)
    _write_identity(pen, day, head)
    _write_figures(pen, head)
    _write_coverage(pen, head)
    _write_findings(pen, head)
    _write_feeds(pen, head)


def _write_identity(pen: _Pen, day: Day, head: Headline) -> None:
    pen.sheet.set_row(0, 28)
    pen.sheet.write_string(0, 0, "Daily reconciliation", pen.styles.title)
    pen.row = 1
    if day.is_demo:
        pen.sheet.set_row(1, 22)
        pen.sheet.merge_range(1, 0, 1, 4, "DEMO: made-up figures, not anybody's money", pen.styles.demo)
        pen.row = 2
    pen.line("As of the end of", day_cell(day.as_of, pen.styles, pen.styles.first_day))
    pen.line("Known at", f"{known_at(day):%Y-%m-%d %H:%M} UTC")
    pen.line("Mode", day.mode.value)
    if day.limits:
        pen.line("Limited", cell_text(day.limits))
    verdict, style = {
        True: ("✓ ties to the last minor unit", pen.styles.good),
        False: ("✗ DOES NOT TIE: see the sheet Tie-out", pen.styles.bad),
        None: ("no money has moved, nothing to tie", pen.styles.text),
    }[head.ties]
    pen.line("Tie-out", verdict, style=style)


def _write_figures(pen: _Pen, head: Headline) -> None:
    codes = list(head.currencies)
    pen.section("Figures", (*codes, *(["Number"] if codes else [])))
    for entry in head.lines:
        is_money = any(entry.values)  # a line that only counts has no currency
        amounts = [money_cell(head.amount(entry.name, code) if is_money else None, code, pen.styles) for code in codes]
        counts = [count for _, count in entry.values.values() if count is not None]
        pen.line(_sentence_case(entry.name), *amounts, (sum(counts), pen.styles.count) if counts else None)


def _write_coverage(pen: _Pen, head: Headline) -> None:
    pen.section("Vendor invoices", ("Before tax", "Missing", "Covered", "Next due", "Not wholly covered"))
    for total in head.coverage:
        pen.line(
            f"{total.currency}: {total.invoices} vendor invoice{'s' if total.invoices != 1 else ''}",
            money_cell(total.pre_tax, total.currency, pen.styles),
            money_cell(total.missing, total.currency, pen.styles),
            (total.covered_per_mille / 1000, pen.styles.share),
            day_cell(total.next_due_on, pen.styles),
            (total.uncovered, pen.styles.count),
        )


def _write_findings(pen: _Pen, head: Headline) -> None:
    pen.section("Findings", ("Number",))
    for severity, count in head.findings.items():
        pen.line(_sentence_case(severity), (count, pen.styles.count))
    if not head.findings:
        pen.line("Nothing needs a look", (0, pen.styles.count))


def _write_feeds(pen: _Pen, head: Headline) -> None:
    pen.section("Bank feeds", ("Currency", "Newest booking", "Age", "State"), texts=("Currency", "Age", "State"))
    for feed in head.feeds:
        newest = day_cell(feed.newest_booking_on, pen.styles)
        pen.line(cell_text(feed.account), feed.currency, newest, feed.words, cell_text(feed.state))


def _sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]
