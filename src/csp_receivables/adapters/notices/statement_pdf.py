"""A document as PDF on A4, with its font inside: Latin, Greek, Cyrillic, Hebrew and Arabic read the same everywhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from fpdf import FPDF
from fpdf.enums import Align, TableBordersLayout, XPos, YPos
from fpdf.fonts import FontFace

from csp_receivables.adapters.notices.lean_fonts import add_font
from csp_receivables.adapters.notices.parts import DOT, Bars, Document, Facts, Heading, Lines, Paragraph, Part, Table

FONT = "text"
REGULAR, BOLD = "DejaVuSans.ttf", "DejaVuSans-Bold.ttf"
MARGIN_MM = 18
BOTTOM_MM = 15
RULE = (59, 110, 168)  # the blue of the HTML layout
ISOLATES = str.maketrans(
    "", "", "\u2068\u2069"
)  # the layout orders right-to-left text itself; the font can't draw them
# Written from right to left, or with marks that stand on their letters.
_NEEDS_SHAPING = re.compile("[\u0300-\u036f\u0590-\u1dff\u2de0-\u2dff\ua640-\uabff\ufb1d-\ufdff\ufe70-\ufeff]")
NO_SIGN = "\u25a1"  # □ for a sign that the font lacks: the customer's number still says who is meant


def document_pdf(document: Document, dated: date, fonts: Path) -> bytes:
    """`document` as PDF, by the fonts in the folder `fonts`. The same document and day give the same bytes."""
    pdf = _Paper(document, fonts)
    pdf.set_creation_date(datetime(dated.year, dated.month, dated.day, tzinfo=UTC))
    pdf.add_page()
    pdf.line_of(document.title, size=15, bold=True, after=3)
    for part in document.parts:
        pdf.part(part)
    return bytes(pdf.output())


class _Paper(FPDF):
    """The page: sender above, page numbers below."""

    def __init__(self, document: Document, fonts: Path) -> None:
        super().__init__(format="A4")
        self._sender = document.sender
        self._drawn = _drawn(fonts / REGULAR)
        # Shaping takes a third of the time and the whole font, and nearly nobody needs it.
        written = json.dumps(asdict(document), ensure_ascii=False)  # every sign as it is
        needs_shaping = _NEEDS_SHAPING.search(written) is not None
        signs = self._drawn if needs_shaping else frozenset(map(ord, self.drawable(written)))
        add_font(self, FONT, "", fonts / REGULAR, signs)
        add_font(self, FONT, "B", fonts / BOLD, signs)
        self.set_text_shaping(use_shaping_engine=needs_shaping, direction=document.direction)
        self.set_margin(MARGIN_MM)
        self.set_auto_page_break(auto=True, margin=BOTTOM_MM)
        self.set_title(self.drawable(document.title))
        self.set_author(self.drawable(document.sender))
        self.set_lang(document.language)

    def header(self) -> None:
        self.line_of(self._sender, size=9, bold=True, after=1)
        self.set_draw_color(*RULE)
        self.set_line_width(0.8)
        self.line(self.l_margin, self.get_y(), self.w - self.r_margin, self.get_y())
        self.set_line_width(0.2)
        self.ln(5)

    def footer(self) -> None:
        self.set_y(-12)
        self.set_font(FONT, "", 8)
        self.cell(0, 5, f"{self.page_no()} / {{nb}}", align=Align.R)

    def drawable(self, text: str) -> str:
        """`text` as far as the font can draw it."""
        plain = text.translate(ISOLATES)
        return plain if plain.isascii() else "".join(s if ord(s) in self._drawn else NO_SIGN for s in plain)

    def line_of(self, text: str, *, size: int, bold: bool = False, after: int = 0) -> None:
        self.set_font(FONT, "B" if bold else "", size)
        self.multi_cell(0, size * 0.47, self.drawable(text), align=Align.L, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(after)

    def part(self, part: Part) -> None:
        match part:
            case Paragraph(text=text):
                self.line_of(text, size=9, after=2)
            case Heading(text=text):
                self.line_of(text, size=10, bold=True, after=1)
            case Lines(lines=lines):
                for line in lines:
                    self.line_of(line, size=9)
            case Facts(rows=rows):
                self._rows(rows, widths=(35, 65), aligns=(Align.L, Align.L))
                self.ln(2)
            case Table():
                self._receivables(part)
            case Bars():
                self._bars(part)

    def _rows(self, rows: Iterable[tuple[str, ...]], widths: tuple[int, ...], aligns: tuple[Align, ...]) -> None:
        self.set_font(FONT, "", 9)
        with self.table(**_plain_table(widths, aligns)) as table:
            for row in rows:
                table.row([self.drawable(text) for text in row])

    def _bars(self, part: Bars) -> None:
        self.line_of(part.caption, size=10, bold=True, after=1)
        self.set_font(FONT, "", 9)
        self.set_fill_color(*RULE)
        for bar in part.bars:
            self.cell(30, 5, self.drawable(bar.label))
            self.cell(38, 5, self.drawable(bar.figure), align=Align.R)
            room = self.w - self.r_margin - self.get_x() - 3
            self.rect(self.get_x() + 3, self.get_y() + 0.8, room * bar.per_mille / 1000, 3.4, style="F")
            self.ln(5)
        self.ln(3)

    def _receivables(self, part: Table) -> None:
        self.line_of(part.caption, size=10, bold=True, after=1)
        self.set_font(FONT, "", 9)
        bold = FontFace(emphasis="BOLD")
        style = _plain_table((44, 22, 34), (Align.L, Align.L, Align.R))
        style |= {"first_row_as_headings": True, "headings_style": bold, "num_heading_rows": 1}
        style["borders_layout"] = TableBordersLayout.SINGLE_TOP_LINE
        with self.table(**style) as table:
            table.row([self.drawable(text) for text in part.columns])
            for row in part.rows:
                table.row([self.drawable(text) for text in row.cells])
                table.row().cell(self.drawable(DOT.join(row.details)), colspan=3, style=FontFace(size_pt=7))
            for place, (label, amount) in enumerate(part.sums, 1):
                style_of = bold if part.all_count or place == len(part.sums) else None
                sums = table.row()
                sums.cell(self.drawable(label), colspan=2, style=style_of)
                sums.cell(self.drawable(amount), style=style_of)
        self.ln(4)


def _plain_table(widths: tuple[int, ...], aligns: tuple[Align, ...]) -> dict[str, Any]:
    return {
        "col_widths": widths,
        "text_align": aligns,
        "borders_layout": TableBordersLayout.NONE,
        "first_row_as_headings": False,
        "line_height": 4.4,
        "padding": (0.3, 1, 0.3, 0),
    }


@lru_cache(maxsize=4)
def _drawn(font: Path) -> frozenset[int]:
    """The signs that the font has."""
    from fontTools.ttLib import TTFont

    with TTFont(font, lazy=True) as opened:
        return frozenset(opened.getBestCmap())
