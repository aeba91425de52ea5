"""How the workbook looks and prints: formats, document properties and page set-up."""

from __future__ import annotations

from typing import Any

from csp_receivables.adapters.day_headline import known_at
from csp_receivables.domain.day import Day

INK, PAPER, ALARM, CALM = "#1F2A44", "#E8ECF4", "#B00020", "#1B6E3C"
FONT = {"font_name": "Calibri", "font_size": 10}
PAPER_A4 = 9


class Styles:
    """The cell formats of one workbook; a format for money is made when its number of decimals is first seen."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._money: dict[int, Any] = {}
        self.text = self._format(valign="top", align="left", indent=1)
        self.wrapped = self._format(valign="top", align="left", indent=1, text_wrap=True)
        self.day = self._format(valign="top", num_format="yyyy-mm-dd", align="right")
        self.count = self._format(valign="top", num_format="#,##0")
        self.share = self._format(valign="top", num_format="0.0%")
        self.quiet = self._format(italic=True, font_color="#5B6475")
        self.heading = self._format(**_HEADING, align="left", indent=1)
        self.heading_right = self._format(**_HEADING, align="right")
        self.title = self._format(bold=True, font_size=18, font_color=INK)
        self.section = self._format(bold=True, font_size=12, font_color=INK, bottom=1, bottom_color=INK)
        self.label = self._format(font_color="#5B6475")
        self.over_text = self._format(bold=True, font_color=INK, bottom=1, bottom_color=INK, align="left", indent=1)
        self.first_day = self._format(align="left", indent=1, num_format="yyyy-mm-dd")
        self.demo = self._format(bold=True, font_size=14, font_color="#FFFFFF", bg_color=ALARM)
        self.over = self._format(bold=True, font_color=INK, bottom=1, bottom_color=INK, align="right")
        self.good = self._format(bold=True, font_color=CALM, align="left", indent=1)
        self.bad = self._format(bold=True, font_color=ALARM, align="left", indent=1)
        self.alarm = {"type": "cell", "criteria": "!=", "value": 0, "format": book.add_format({"font_color": ALARM})}

    def money(self, decimals: int) -> Any:
        """Thousands apart, and as many decimals as the currency has."""
        if decimals not in self._money:
            number = "#,##0" + ("." + "0" * decimals if decimals else "")
            self._money[decimals] = self._format(valign="top", num_format=number)
        return self._money[decimals]

    def _format(self, **properties: Any) -> Any:
        return self._book.add_format({**FONT, **properties})


_HEADING = {"bold": True, "font_color": "#FFFFFF", "bg_color": INK, "text_wrap": True, "valign": "vcenter"}


def document_properties(day: Day) -> dict[str, Any]:
    """Title, subject and a fixed moment of making: the one the day's knowledge is of."""
    return {
        "title": f"Daily reconciliation as of {day.as_of}" + (" (DEMO)" if day.is_demo else ""),
        "subject": "What customers owe, what they paid, and what Microsoft is owed",
        "author": "CSP Receivables",
        "category": f"{day.mode.value} run",
        "comments": f"As of {day.as_of}, known at {day.known_at}",
        "created": known_at(day).replace(tzinfo=None),
    }


def print_setup(sheet: Any, day: Day, title: str) -> None:
    """Landscape A4, as wide as one page, with what and when on every sheet of paper."""
    sheet.set_landscape()
    sheet.set_paper(PAPER_A4)
    sheet.set_margins(left=0.4, right=0.4, top=0.7, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    demo = "&C&K" + ALARM.removeprefix("#") + "&BDEMO" if day.is_demo else ""
    sheet.set_header(f"&L&B{title}{demo}&RAs of {day.as_of}")
    sheet.set_footer(f"&LKnown at {known_at(day):%Y-%m-%d %H:%M} UTC&RPage &P of &N")
    sheet.set_default_row(15)
