"""Names and numbers from outside stay text: in the subject, in HTML, in plain text, in the CSV and in the PDF."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from csp_receivables.adapters.notices import render
from csp_receivables.adapters.notices.lean_fonts import _cut_down
from csp_receivables.adapters.notices.outside import header_text, one_line
from csp_receivables.adapters.notices.text import WIDTH, columns_of, wrapped
from csp_receivables.domain.collections.notice_content import NoticeContent
from csp_receivables.domain.collections.notice_examples import example_notices

TEMPLATES = Path(__file__).parents[3] / "include" / "templates" / "notices"
REMINDER = example_notices("reminder", "en")["ordinary"]
STATEMENT = example_notices("statement", "sv")["ordinary"]
# Line ends of every kind, controls, turns of direction, marks of templates and of HTML, wide signs and marks.
BAD = ["\r\nBcc: x@y.example", "\x00", "\x85", "\u2028", "\u202e", "\u2066", "</td><script>", "{{ 7*7 }}", "{% x %}",
       "=1+1", "\ud800", "א", "東京", "\u0301", "&lt;", "'\"", "\u00ad"]  # fmt: skip
hostile = st.lists(st.one_of(st.sampled_from(BAD), st.text(max_size=20)), min_size=1, max_size=6).map(
    lambda parts: f"{''.join(parts)}x"
)
TURNS = re.compile("[\u202a-\u202e\u2066\u2067]")


def named(name: str) -> NoticeContent:
    receivables = tuple(replace(each, number=name or "-", reference=name) for each in REMINDER.receivables)
    seller = replace(REMINDER.seller, name=name)
    return replace(REMINDER, name=name, customer_id=name, receivables=receivables, seller=seller, address=(name,))


@settings(max_examples=60, deadline=None)
@given(name=hostile)
def test_no_name_adds_a_header_a_tag_or_a_turn(name: str) -> None:
    notice = render(named(name), TEMPLATES)
    usual = render(named("x"), TEMPLATES)

    assert not re.search("[\x00-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]", notice.subject)
    assert len(notice.subject) <= 201
    assert re.findall(r"<[a-zA-Z!/][^\s>]*", notice.html) == re.findall(r"<[a-zA-Z!/][^\s>]*", usual.html)
    assert not TURNS.search(notice.subject + notice.text + notice.html)
    assert notice.text.count("\u2068") == notice.text.count("\u2069")
    assert max(map(columns_of, notice.text.splitlines())) <= WIDTH
    assert "49" not in notice.text.replace(one_line(name), "") or "49" in usual.text
    notice.html.encode(), notice.text.encode(), notice.subject.encode()


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=300), width=st.integers(4, 78))
def test_wrapping_loses_nothing_and_keeps_the_width(text: str, width: int) -> None:
    lines = wrapped(one_line(text), width)

    assert "".join(lines).replace(" ", "") == one_line(text).replace(" ", "")
    assert all(columns_of(line) <= width for line in lines)


def test_a_cut_subject_closes_what_it_isolates() -> None:
    subject = header_text(f"Invoice {one_line('א' * 300)} is due")

    assert len(subject) <= 202
    assert subject.count("\u2068") == subject.count("\u2069") == 1


@pytest.mark.parametrize("number", ["=HYPERLINK(1)", "+1", "-1", "@x", "\t1"])
def test_the_csv_holds_no_formula(number: str) -> None:
    content = replace(STATEMENT, statement=(replace(STATEMENT.statement[0], number=number, reference=number),))
    table = _table(content)

    assert table[1][0] == f"'{number}"
    assert table[1][8] == f"'{number}"


def test_the_csv_is_written_for_the_spreadsheets_of_its_country() -> None:
    swedish = _table(STATEMENT)
    english = _table(example_notices("statement", "en")["ordinary"], delimiter=",")

    assert swedish[0][:3] == ["Faktura", "Fakturadatum", "Förfallodag"]
    assert swedish[1] == [
        "10231",
        "2026-09-01",
        "2026-10-01",
        "29",
        "SEK",
        "22345,00",
        "10000,00",
        "12345,00",
        "102319",
    ]
    assert english[1][5:8] == ["22345.00", "10000.00", "12345.00"]


def _table(content: NoticeContent, delimiter: str = ";") -> list[list[str]]:
    file = render(content, TEMPLATES).attachments[1]
    assert (file.media_type, file.data[:3]) == ("text/csv", b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(file.data.decode("utf-8-sig"), newline=""), delimiter=delimiter))


@pytest.mark.parametrize("name", ["Ελληνική Εταιρεία Α.Ε.", "ООО «Ромашка»", "Łódź Žižkov Ğ", "O'Brien & <b>"])
def test_the_pdf_holds_the_letters_of_latin_greek_and_cyrillic(name: str) -> None:
    text = _pdf_text(replace(STATEMENT, name=name))

    assert name in text
    assert "□" not in text
    for each in STATEMENT.statement:
        assert each.number in text
        assert each.reference in text
    assert "12 345,00 kr" in text.replace("\u00a0", " ")  # one sign of the font stands for both spaces


def test_a_sign_that_the_font_lacks_shows_as_an_empty_box_beside_the_customer_number() -> None:
    text = _pdf_text(replace(STATEMENT, name="東京クラウド"))

    assert "□□" in text
    assert STATEMENT.customer_id in text


def test_the_pdf_is_dated_as_its_content_and_names_nothing_else() -> None:
    (pdf, table) = render(STATEMENT, TEMPLATES).attachments

    assert (pdf.name, table.name) == ("kontoutdrag-2026-10-30.pdf", "kontoutdrag-2026-10-30.csv")
    assert b"20261030000000" in pdf.data
    assert pdf.data == render(STATEMENT, TEMPLATES).attachments[0].data
    assert date(2026, 10, 30) == STATEMENT.dated


def test_a_pdf_is_the_same_whatever_was_written_before_it() -> None:
    """Fonts are cut down once a process, by scripts: no document leaves a trace in another."""
    before = _pdf(STATEMENT)
    for name in ("Ελληνική Εταιρεία Α.Ε.", "東京クラウド", "שלום בע״מ", "ООО «Ромашка»"):
        _pdf(replace(STATEMENT, name=name))

    assert before == _pdf(STATEMENT)
    _cut_down.cache_clear()
    assert before == _pdf(STATEMENT)


def test_a_sign_outside_the_fonts_that_are_cut_down_is_drawn_by_the_whole_font() -> None:
    text = _pdf_text(replace(STATEMENT, name="Հայաստան"))

    assert "Հայաստան" in text


def _pdf(content: NoticeContent) -> bytes:
    return render(content, TEMPLATES).attachments[0].data


def _pdf_text(content: NoticeContent) -> str:
    (pdf, _) = render(content, TEMPLATES).attachments
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf.data)).pages)
