"""The workbook, read back with another library than the one that wrote it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape
from openpyxl.worksheet.worksheet import Worksheet

from csp_receivables.adapters.day_reports import FEEDS, SHEETS
from csp_receivables.adapters.outside_text import CELL_LENGTH_MAX, CUT_MARK, cell_text
from csp_receivables.adapters.workbook import report_frame, sheets, write_workbook
from csp_receivables.domain.day import Day, Mode
from csp_receivables.domain.money import to_decimal
from csp_receivables.domain.summary import LINES
from tests.days import AS_OF, SCHEMAS, allocation_row, empty_day, sample_day, table_of, tie_out_rows, unapplied_rows

TITLES = [
    "Summary",
    "Reconciliation",
    "Who is late and what comes next",
    "Standings",
    "Late list",
    "Allocations",
    "Unapplied",
    "Findings",
    "Vendor invoices",
    "Suggestions",
    "Not customer money",
    "Tie-out",
]
OUTSIDE = [
    '=HYPERLINK("https://evil.example","pay here")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "{=1+1}",
    "https://evil.example/",
    "mailto:x@evil.example",
    "<r><t>rich</t></r>",
    "<r>&",
    "_x0041_ and _x005F_",
    "مؤسسة الاختبار",
    "株式会社テスト 🧾",
    'O\'Brien & "Söner" <b>',
    "  two blanks before and after  ",
    "line one\nline two",
    "007",
]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> openpyxl.Workbook:
    return _written(sample_day(), tmp_path_factory.mktemp("book"))


def _written(day: Day, folder: Path) -> openpyxl.Workbook:
    write_workbook(day, folder / "day.xlsx")
    return openpyxl.load_workbook(folder / "day.xlsx", rich_text=False)


def _rows(sheet: Worksheet) -> list[dict[str, Any]]:
    """The sheet's rows by heading, as cells."""
    headings = [cell.value for cell in sheet[1]]
    return [dict(zip(headings, row, strict=True)) for row in sheet.iter_rows(min_row=2)]


def _summary(book: openpyxl.Workbook) -> dict[str, list[Any]]:
    """The summary's lines by label (the last of equal labels)."""
    rows = book["Summary"].iter_rows(values_only=True)
    return {str(row[0]): [value for value in row[1:] if value is not None] for row in rows if row[0]}


def _unapplied(**fields: Any) -> Day:
    return sample_day(unapplied=table_of("unapplied", [unapplied_rows()[0] | fields]))


def test_the_sheets_come_in_the_order_a_reader_wants(book: openpyxl.Workbook) -> None:
    assert book.sheetnames == TITLES


def test_the_reasons_of_who_is_late_are_shown_whole(book: openpyxl.Workbook) -> None:
    sheet = book["Who is late and what comes next"]
    headings = {cell.value: cell for cell in sheet[1]}

    assert headings["Comes on"].alignment.horizontal == "right"  # as the days under it
    widths = sheet.column_dimensions
    wrapped = [heading for heading, cell in headings.items() if widths[cell.column_letter].alignment.wrap_text]
    assert wrapped == ["Notices", "Because"]


def test_amounts_are_numbers_with_the_decimals_of_their_currency(book: openpyxl.Workbook) -> None:
    by_customer = {row["Customer no."].value: row["Open"] for row in _rows(book["Standings"])}

    assert (by_customer["C1002"].value, by_customer["C1002"].number_format) == (156_600.5, "#,##0.00")
    assert (by_customer["C1008"].value, by_customer["C1008"].number_format) == (1_696_000, "#,##0")


@pytest.mark.parametrize(
    ("currency", "minor", "shown", "number_format"),
    [
        ("JPY", 1, 1, "#,##0"),
        ("EUR", -1, -0.01, "#,##0.00"),
        ("KWD", 1_234_567, 1_234.567, "#,##0.000"),
        ("CLF", 12_345, 1.2345, "#,##0.0000"),
        ("SEK", 999_999_999_999_999, 9_999_999_999_999.99, "#,##0.00"),
    ],
)
def test_each_exponent_has_its_format(
    tmp_path: Path, currency: str, minor: int, shown: float, number_format: str
) -> None:
    (row,) = _rows(_written(_unapplied(currency=currency, amount=minor), tmp_path)["Unapplied"])

    assert (row["Amount"].value, row["Amount"].number_format) == (shown, number_format)


def test_an_amount_longer_than_a_number_can_hold_is_exact_text(tmp_path: Path) -> None:
    (row,) = _rows(_written(_unapplied(currency="SEK", amount=-1_000_000_000_000_001), tmp_path)["Unapplied"])

    assert (row["Amount"].value, row["Amount"].data_type) == ("-10000000000000.01", "s")


def test_days_are_dates_and_gaps_are_empty(book: openpyxl.Workbook) -> None:
    by_customer = {row["Customer no."].value: row["Oldest due"] for row in _rows(book["Standings"])}

    assert by_customer["C1002"].value == datetime(2026, 10, 14)
    assert by_customer["C1002"].is_date
    assert by_customer["C1011"].value is None


def test_shares_are_per_cent_and_flags_are_words(book: openpyxl.Workbook) -> None:
    by_invoice = {row["Vendor invoice"].value: row for row in _rows(book["Vendor invoices"])}

    assert by_invoice["G012345701"]["Covered"].value == 0.859
    assert by_invoice["G012345701"]["Covered"].number_format == "0.0%"
    assert by_invoice["G012399001"]["Released"].value == "no"


def test_every_sheet_but_the_summary_is_frozen_filtered_and_prints_its_header(book: openpyxl.Workbook) -> None:
    for title in TITLES[1:]:
        sheet = book[title]
        assert sheet.freeze_panes == "A2", title
        assert sheet.auto_filter.ref.startswith("A1:"), title
        assert sheet.print_title_rows == "$1:$1", title
        assert sheet.page_setup.orientation == "landscape", title


def test_no_heading_is_a_name_of_a_column(book: openpyxl.Workbook) -> None:
    headings = [cell.value for title in TITLES[1:] for cell in book[title][1]]

    assert headings
    assert not [heading for heading in headings if "_" in heading or heading[0].islower()]


def test_every_column_of_the_records_is_on_its_sheet() -> None:
    """A column that is added to the records must be shown or be left out on purpose."""
    left_out = {("findings", "finding_id"), ("allocations", "receivable_id")}
    for report in (*SHEETS, FEEDS):
        names = set(empty_day().tables()[report.table].column_names)
        shown = {column.name for column in report.columns}
        assert names - shown == {name for table, name in left_out if table == report.table}
        assert set(report.alarms) | set(report.below) <= shown | {"because"}


@pytest.mark.parametrize("text", OUTSIDE)
def test_text_from_outside_stays_the_text_it_was(tmp_path: Path, text: str) -> None:
    book = _written(_unapplied(payer_name=text), tmp_path)
    (row,) = _rows(book["Unapplied"])

    assert row["Payer"].data_type == "s"
    # Excel reads "_x0041_" as "A" unless it is escaped, which openpyxl leaves for us to undo.
    assert unescape(row["Payer"].value) == (f" {text}" if text.startswith("<r>") else text)
    assert row["Payer"].hyperlink is None


def test_control_characters_are_shown_as_pictures(tmp_path: Path) -> None:
    (row,) = _rows(_written(_unapplied(payer_name="a\x00b\x07c\x7fd\ufffee\r\nf"), tmp_path)["Unapplied"])

    assert row["Payer"].value == "a␀b␇c␡d\N{REPLACEMENT CHARACTER}e\nf"


def test_what_turns_the_reading_direction_is_shown_by_its_name(tmp_path: Path) -> None:
    (row,) = _rows(_written(_unapplied(payer_name="ACME \u202e0001\u202c"), tmp_path)["Unapplied"])

    assert row["Payer"].value == "ACME ⟨RLO⟩0001⟨PDF⟩"


@pytest.mark.parametrize("letter", ["x", "🧾"])
def test_a_text_longer_than_a_cell_is_cut_with_a_mark(tmp_path: Path, letter: str) -> None:
    units = len(letter.encode("utf-16-le")) // 2
    fits = letter * (CELL_LENGTH_MAX // units)
    whole = _rows(_written(_unapplied(text=fits), tmp_path)["Unapplied"])[0]["Text"].value
    cut = _rows(_written(_unapplied(text=fits + letter), tmp_path)["Unapplied"])[0]["Text"].value

    assert whole == fits
    assert cut.endswith(CUT_MARK)
    assert len(cut.encode("utf-16-le")) // 2 <= CELL_LENGTH_MAX


@settings(max_examples=15, deadline=None)
@given(texts=st.lists(st.text(st.characters(codec="utf-8"), max_size=40), min_size=1, max_size=20))
def test_any_text_is_read_back_as_it_is_shown(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    rows = [unapplied_rows()[0] | {"payer_name": text} for text in texts]
    book = _written(sample_day(unapplied=table_of("unapplied", rows)), tmp_path_factory.mktemp("texts"))

    assert [unescape(row["Payer"].value or "") for row in _rows(book["Unapplied"])] == [
        cell_text(text) for text in texts
    ]


@settings(max_examples=15, deadline=None)
@given(
    minors=st.lists(st.integers(-(10**15) + 1, 10**15 - 1), min_size=1, max_size=50),
    currency=st.sampled_from(["SEK", "JPY", "KWD"]),
)
def test_no_amount_loses_a_digit(tmp_path_factory: pytest.TempPathFactory, minors: list[int], currency: str) -> None:
    rows = [unapplied_rows()[0] | {"amount": minor, "currency": currency} for minor in minors]
    book = _written(sample_day(unapplied=table_of("unapplied", rows)), tmp_path_factory.mktemp("amounts"))
    read = [row["Amount"].value for row in _rows(book["Unapplied"])]

    assert read == [float(to_decimal(minor, currency)) for minor in minors]


def test_gaps_do_not_turn_whole_numbers_into_floats() -> None:
    frame = report_frame(sample_day(), next(report for report in SHEETS if report.table == "findings"))

    assert frame["Line"].isna().any()
    assert str(frame["Line"].dtype) == "int64[pyarrow]"
    assert str(frame["Amount"].dtype) == "int64[pyarrow]"


def test_the_summary_says_what_the_day_is(book: openpyxl.Workbook) -> None:
    summary = _summary(book)

    assert summary["As of the end of"] == [datetime(2026, 10, 31)]
    assert summary["Known at"] == ["2026-11-01 05:00 UTC"]
    assert summary["Mode"] == ["live"]
    assert summary["Tie-out"] == ["✓ ties to the last minor unit"]
    assert summary["Received"] == [61_440.3, 2_412_000, 892_315.75, 158]
    assert summary["Overdue over 90"] == [3_940.2, 0, 8_400, 2]
    assert summary["SEK: 2 vendor invoices"] == [388_000, 84_480, 0.782, datetime(2026, 12, 9), 1]
    assert summary["Refused"] == [1]
    assert summary["JP-0005-001-1234567"] == ["JPY", datetime(2026, 10, 25), "6 days old", "stale"]


def test_the_summary_for_one_customer_says_that_its_totals_are_of_all(book: openpyxl.Workbook, tmp_path: Path) -> None:
    limited = sample_day().only(["=C1004"])

    assert _summary(_written(limited, tmp_path))["Limited"] == [limited.limits]
    assert limited.limits.startswith("shows =C1004 only; the totals are of all customers")
    assert "Limited" not in _summary(book)


def test_a_demo_is_marked_in_red_and_a_real_day_is_not(book: openpyxl.Workbook, tmp_path: Path) -> None:
    mark = book["Summary"]["A2"]
    real = _written(replace(sample_day(), is_demo=False), tmp_path)

    assert mark.value.startswith("DEMO")
    assert mark.fill.fgColor.rgb == "FFB00020"
    assert "DEMO" not in str([row for row in real["Summary"].iter_rows(values_only=True)])


def test_a_day_that_does_not_tie_says_so(tmp_path: Path) -> None:
    rows = [tie_out_rows()[0] | {"right": 1, "difference": 812_044}]
    book = _written(sample_day(tie_out=table_of("tie_out", rows)), tmp_path)

    assert _summary(book)["Tie-out"] == ["✗ DOES NOT TIE: see the sheet Tie-out"]


def test_the_summary_has_the_lines_in_the_order_of_the_rules(tmp_path: Path) -> None:
    """Lines without anything are left out of a currency, so the first currency alone does not give the order."""
    rows = [
        {"line": "open", "currency": "EUR", "amount": 1, "count": 1},
        {"line": "received", "currency": "SEK", "amount": 2, "count": 1},
        {"line": "findings", "currency": "", "amount": None, "count": 7},
    ]
    book = _written(empty_day(summary=table_of("summary", rows)), tmp_path)
    labels = [row[0].value for row in book["Summary"].iter_rows() if row[0].value in ("Received", "Open", "Findings")]

    assert LINES.index("received") < LINES.index("open") < LINES.index("findings")
    assert labels == ["Received", "Open", "Findings", "Findings"]
    assert [[cell.value for cell in row[1:4]] for row in book["Summary"].iter_rows() if row[0].value == "Received"] == [
        [0, 0.02, 1]
    ]


def test_an_empty_day_has_every_sheet_and_says_that_it_is_empty(tmp_path: Path) -> None:
    book = _written(empty_day(), tmp_path)

    assert book.sheetnames == TITLES
    assert [book[report.title]["A2"].value for report in SHEETS] == [report.empty for report in SHEETS]
    assert _summary(book)["Tie-out"] == ["no money has moved, nothing to tie"]


def test_rows_beyond_a_sheet_go_on_in_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "ROWS_PER_SHEET_MAX", 10)
    monkeypatch.setattr(sheets, "ROWS_PER_CHUNK", 4)
    day = sample_day(allocations=table_of("allocations", [allocation_row(number) for number in range(21)]))
    book = _written(day, tmp_path)
    parts = [_rows(book[title]) for title in ("Allocations", "Allocations 2", "Allocations 3")]

    assert [len(part) for part in parts] == [10, 10, 1]
    assert [row["Allocation"].value for part in parts for row in part] == [f"A{number:08d}" for number in range(21)]
    assert book["Allocations 3"].freeze_panes == "A2"


def test_a_full_sheet_does_not_start_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "ROWS_PER_SHEET_MAX", 10)
    day = sample_day(allocations=table_of("allocations", [allocation_row(number) for number in range(10)]))

    assert "Allocations 2" not in _written(day, tmp_path).sheetnames


def test_a_finding_about_no_known_currency_does_not_stop_the_workbook(tmp_path: Path) -> None:
    (row,) = _rows(_written(_unapplied(currency="???", amount=12_345), tmp_path)["Unapplied"])

    assert row["Amount"].value == "12345 minor units"


def test_findings_have_the_most_serious_first(book: openpyxl.Workbook) -> None:
    assert [row["Severity"].value for row in _rows(book["Findings"])] == ["refused", "held", "held", "warning"]


def test_the_same_day_gives_the_same_bytes(tmp_path: Path) -> None:
    write_workbook(sample_day(), tmp_path / "one.xlsx")
    write_workbook(sample_day(), tmp_path / "two.xlsx")

    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.xlsx", "two.xlsx"]


def test_the_document_says_when_its_knowledge_is_of(tmp_path: Path) -> None:
    day = replace(sample_day(), known_at="2026-11-01T06:00:00+01:00", mode=Mode.HISTORICAL)
    properties = _written(day, tmp_path).properties

    assert properties.created == datetime(2026, 11, 1, 5)
    assert properties.title == f"Daily reconciliation as of {AS_OF} (DEMO)"
    assert properties.category == "historical run"


def test_the_made_up_day_has_the_schemas_of_the_records() -> None:
    tables = sample_day().tables()

    assert {name: tables[name].schema for name in SCHEMAS} == SCHEMAS
