"""10,000 notices rendered as text and HTML: against Jinja laying out as many documents that are composed already.

    python -m bench.notices

Every customer has a name, numbers and amounts of its own, so nothing but what is truly the same is kept from one
notice to the next.

A second part, `notices_pdf`, is the statement that goes with a letter. Its floor is the PDF library by itself: the
words of the same statements on plain pages, with both fonts read for each, as it does.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cache

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from bench.measure import ROOT, ROUNDS, Budget, measure_pair, report
from csp_receivables.adapters.notices import as_html, render
from csp_receivables.adapters.notices.composing import compose, statement_of
from csp_receivables.adapters.notices.parts import Document
from csp_receivables.adapters.notices.statement_pdf import BOLD, REGULAR, document_pdf
from csp_receivables.adapters.notices.text import as_text
from csp_receivables.adapters.notices.wording import wording
from csp_receivables.domain.collections.notice_content import NoticeContent
from csp_receivables.domain.collections.notice_examples import example_notices

NOTICES = 10_000
KINDS = ("reminder", "final_notice", "coming_due")
LANGUAGES = ("sv", "en", "de")
TEMPLATES = ROOT / "include" / "templates" / "notices"
FONTS = ROOT / "include" / "fonts"
BUDGET = Budget(ratio=8.0, peak_mb=250)
STATEMENTS = 50
DATED = date(2026, 11, 2)
PDF_BUDGET = Budget(ratio=1.0, peak_mb=250)


def contents(notices: int = NOTICES) -> Iterator[NoticeContent]:
    """Notices in three kinds and languages with two receivables each, all different."""
    base = [example_notices(kind, language, ["ordinary"])["ordinary"] for kind in KINDS for language in LANGUAGES]
    for n in range(notices):
        content = base[n % len(base)]
        receivables = tuple(
            replace(each, number=f"{each.number}{n}", amount=each.amount + n, open=each.open + n)
            for each in content.receivables
        )
        totals = tuple(replace(total, open=total.open + 2 * n, to_pay=total.to_pay + 2 * n) for total in content.totals)
        yield replace(content, customer_id=f"C-{n}", name=f"Kund {n} AB", receivables=receivables, totals=totals)


@cache
def _composed() -> Document:
    content = next(contents(1))
    return compose(content, wording(TEMPLATES, content.language, content.country))


def lay_out(notices: int = NOTICES) -> int:
    """The floor: the HTML of documents that somebody else composed; only the subject differs."""
    return sum(len(as_html(replace(_composed(), subject=str(n)), TEMPLATES)) for n in range(notices))


def write(notices: int = NOTICES) -> int:
    """Ours: from the content to subject, text and HTML."""
    written = (render(content, TEMPLATES) for content in contents(notices))
    return sum(len(notice.html) + len(notice.text) for notice in written)


def _statements(notices: int) -> Iterator[Document]:
    for content in contents(notices):
        yield compose(statement_of(content), wording(TEMPLATES, content.language, content.country))


def pdf_by_itself(notices: int = STATEMENTS) -> int:
    """The floor of the second part: the words of each statement as one paragraph."""
    size = 0
    for document in _statements(notices):
        pdf = FPDF()
        for style, name in (("", REGULAR), ("B", BOLD)):
            pdf.add_font("text", style, FONTS / name)
        pdf.add_page()
        pdf.set_font("text", "B", 15)
        pdf.multi_cell(0, 8, document.title, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        pdf.set_font("text", "", 9)
        pdf.multi_cell(0, 5, as_text(document))
        size += len(pdf.output())
    return size


def statements(notices: int = STATEMENTS) -> int:
    """Ours of the second part: the statement as it is attached."""
    return sum(len(document_pdf(document, DATED, FONTS)) for document in _statements(notices))


def main() -> bool:
    """Measure, print and keep the results. True: within budget."""
    floor, ours = measure_pair(("bench.notices:lay_out",), ("bench.notices:write",), rounds=ROUNDS)
    words = report("notices", floor, ours, BUDGET, notices=NOTICES, a_second=round(NOTICES / ours.best))
    floor, ours = measure_pair(("bench.notices:pdf_by_itself",), ("bench.notices:statements",), rounds=ROUNDS)
    each = {"statements": STATEMENTS, "a_second": round(STATEMENTS / ours.best, 1)}
    return report("notices_pdf", floor, ours, PDF_BUDGET, **each) and words


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
