"""Receivables files: what counts, what is refused, and what a person is told about it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from csp_receivables.adapters.accounting_files.forms import CANONICAL_FORMS
from csp_receivables.adapters.accounting_files.reading import AccountingFiles
from csp_receivables.domain.accounting import FileRefused, ReceivableBatch
from csp_receivables.domain.findings import Finding
from csp_receivables.domain.money import to_text
from tests.accounting_exports import RECEIVABLE_FIELDS, invoice, receivables_file, text_of

READER = AccountingFiles(CANONICAL_FORMS, seller="partner")


def read(path: Path) -> tuple[list[dict[str, object]], list[dict[str, object]], list[Finding]]:
    batches: list[ReceivableBatch] = list(READER.receivables(path))
    receivables = [row for batch in batches for row in batch.receivables.to_pylist()]
    lines = [row for batch in batches for row in batch.lines.to_pylist()]
    return receivables, lines, [finding for batch in batches for finding in batch.findings]


def test_a_receivable_of_one_row_is_its_own_line(tmp_path: Path) -> None:
    receivables, lines, findings = read(receivables_file(tmp_path, invoice()))

    assert [
        {
            "receivable_id": "partner/1001",
            "seller": "partner",
            "number": "1001",
            "kind": "invoice",
            "customer_id": "C1",
            "issued_on": date(2026, 10, 1),
            "due_on": date(2026, 10, 31),
            "currency": "SEK",
            "amount": 12500,
            "net": 10000,
            "tax": 2500,
            "reference": "10017",
            "credits_number": "",
        }
    ] == receivables
    assert [(line["line_no"], line["net"], line["tax"]) for line in lines] == [(1, 10000, 2500)]
    assert findings == []


def test_rows_side_by_side_are_the_lines_of_one_receivable(tmp_path: Path) -> None:
    first = invoice(line_net="140.00", line_tax="35", tax_rate="25.0", vendor_invoice="G1", service_from="2026-09-01")
    second = invoice(line_net="-40.00", line_tax="-10.00", description="discount")

    receivables, lines, findings = read(receivables_file(tmp_path, first, second))

    assert len(receivables) == 1
    assert [
        (line["line_no"], line["net"], line["tax"], line["tax_rate"], line["vendor_invoice"]) for line in lines
    ] == [(1, 14000, 3500, "25", "G1"), (2, -4000, -1000, "", "")]
    assert findings == []


BAD = [
    ("no day", {"due_on": "2026-02-30"}, "due_on", "receivable.bad_field"),
    ("a day that stands for never", {"due_on": "9999-12-31"}, "due_on", "receivable.bad_field"),
    ("a day before all books", {"issued_on": "0001-01-01"}, "issued_on", "receivable.bad_field"),
    ("a day in words", {"issued_on": "October"}, "issued_on", "receivable.bad_field"),
    ("a digit beyond the exponent", {"tax": "25.001"}, "tax", "receivable.bad_field"),
    ("a decimal comma", {"net": "100,00"}, "net", "receivable.bad_field"),
    ("no amount", {"gross": ""}, "gross", "receivable.bad_field"),
    ("no number", {"number": ""}, "number", "receivable.bad_field"),
    ("no customer", {"customer_id": " "}, "customer_id", "receivable.bad_field"),
    ("a number that is a letter", {"number": "9" * 201}, "number", "receivable.bad_field"),
    ("an unknown currency", {"currency": "SKR"}, "currency", "receivable.bad_field"),
    ("an unknown kind", {"kind": "bill"}, "kind", "receivable.bad_field"),
    ("a gross that is not net and tax", {"gross": "125.01"}, "gross", "receivable.gross_is_not_net_and_tax"),
    ("a negative invoice", {"net": "-100", "tax": "-25", "gross": "-125"}, "gross", "receivable.negative"),
    ("lines that do not sum", {"line_net": "99.99", "line_tax": "25"}, "line_net", "receivable.lines_do_not_sum"),
    ("a line without tax", {"line_net": "100"}, "line_tax", "receivable.bad_field"),
    ("open without its day", {"open": "125"}, "stated_on", "receivable.bad_field"),
    ("a tax rate above 100", {"tax_rate": "100.01"}, "tax_rate", "receivable.bad_field"),
    ("an amount no column can hold", {"net": "1e30", "gross": "1e30"}, "net", "receivable.bad_field"),
    (
        "a service that ends first",
        {"service_from": "2026-09-30", "service_until": "2026-09-29"},
        "service_until",
        "receivable.service_ends_first",
    ),
]


@pytest.mark.parametrize(("bad", "field", "code"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_a_bad_receivable_is_a_finding_and_its_neighbours_count(
    tmp_path: Path, bad: Mapping[str, str], field: str, code: str
) -> None:
    path = receivables_file(tmp_path, invoice(number="1"), invoice(**bad), invoice(number="3"))

    receivables, lines, findings = read(path)

    assert [row["number"] for row in receivables] == ["1", "3"]
    assert len(lines) == 2
    assert (code, "receivables.csv", 3, field) in [(f.code, f.source, f.line, f.field) for f in findings]
    assert all(finding.found and finding.remedy for finding in findings)


@pytest.mark.parametrize(("currency", "net", "minor"), [("JPY", "100", 100), ("KWD", "1.234", 1234), ("SEK", "7", 700)])
def test_amounts_have_the_exponent_of_their_currency(tmp_path: Path, currency: str, net: str, minor: int) -> None:
    receivables, _, findings = read(receivables_file(tmp_path, invoice(currency=currency, net=net, tax="0", gross=net)))

    assert [minor] == [row["amount"] for row in receivables]
    assert findings == []


@pytest.mark.parametrize(("rate", "kept"), [("0", "0"), ("100", "100"), ("25 %", "25"), ("8.10", "8.1")])
def test_tax_rates_are_kept_as_their_shortest_text(tmp_path: Path, rate: str, kept: str) -> None:
    _, lines, _ = read(receivables_file(tmp_path, invoice(tax_rate=rate)))

    assert [kept] == [line["tax_rate"] for line in lines]


def test_one_bad_line_takes_its_whole_receivable_out(tmp_path: Path) -> None:
    lines = [invoice(line_net="60", line_tax="15"), invoice(line_net="40", line_tax="x")]

    receivables, kept, findings = read(receivables_file(tmp_path, *lines))

    assert (receivables, kept) == ([], [])
    assert [(finding.line, finding.field) for finding in findings] == [(3, "line_tax")]


def test_rows_of_one_number_must_agree(tmp_path: Path) -> None:
    lines = [invoice(line_net="60", line_tax="15"), invoice(line_net="40", line_tax="10", due_on="2026-11-30")]

    receivables, _, findings = read(receivables_file(tmp_path, *lines))

    assert receivables == []
    assert [(f.code, f.line, f.field) for f in findings] == [("receivable.rows_disagree", 3, "due_on")]


def test_a_number_that_comes_again_apart_is_refused_and_the_first_counts(tmp_path: Path) -> None:
    path = receivables_file(tmp_path, invoice(), invoice(number="1002"), invoice(customer_id="C2"))

    receivables, _, findings = read(path)

    assert [(row["number"], row["customer_id"]) for row in receivables] == [("1001", "C1"), ("1002", "C1")]
    assert [(finding.code, finding.line) for finding in findings] == [("receivable.number_twice", 4)]


def test_two_sellers_may_use_the_same_number(tmp_path: Path) -> None:
    receivables, _, findings = read(receivables_file(tmp_path, invoice(seller="North"), invoice(seller="South")))

    assert [row["receivable_id"] for row in receivables] == ["North/1001", "South/1001"]
    assert findings == []


def test_bom_windows_line_ends_and_blank_lines_are_tolerated(tmp_path: Path) -> None:
    path = tmp_path / "windows.csv"
    text = text_of([invoice(), invoice(number="1002")], RECEIVABLE_FIELDS, "\r\n")
    empty = "," * (len(RECEIVABLE_FIELDS) - 1)
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("1002", "1002").encode() + f"\r\n{empty}\r\n\r\n".encode())

    receivables, _, findings = read(path)

    assert [row["number"] for row in receivables] == ["1001", "1002"]
    assert findings == []


def test_a_text_may_hold_line_ends_and_later_findings_keep_their_line(tmp_path: Path) -> None:
    path = receivables_file(tmp_path, invoice(description="two\nlines"), invoice(number="1002", net="x"))

    receivables, _, findings = read(path)

    assert [row["number"] for row in receivables] == ["1001"]
    assert [finding.line for finding in findings] == [4]


def test_a_row_with_too_few_values_is_a_finding(tmp_path: Path) -> None:
    path = receivables_file(tmp_path, invoice())
    path.write_text(path.read_text() + "1002,invoice,C1\n")

    receivables, _, findings = read(path)

    assert [row["number"] for row in receivables] == ["1001"]
    assert [(f.code, f.line, f.found) for f in findings] == [
        ("accounting.row_unreadable", 3, "3 values for 22 columns")
    ]


@pytest.mark.parametrize("bad", [b"\xe5", b"\x00", b"\x1b"], ids=["another encoding", "a zero byte", "a control byte"])
def test_bytes_that_are_no_text_are_a_finding(tmp_path: Path, bad: bytes) -> None:
    path = receivables_file(tmp_path, invoice(description="?"), invoice(number="1002", description="Ångström 漢字"))
    path.write_bytes(path.read_bytes().replace(b"?", bad))

    receivables, _, findings = read(path)

    assert [row["number"] for row in receivables] == ["1002"]
    assert [(f.code, f.line, f.field) for f in findings] == [("accounting.row_unreadable", 2, "description")]


def test_an_endless_text_holds_up_no_other_row(tmp_path: Path) -> None:
    path = receivables_file(tmp_path, invoice(description="x" * 200_000), invoice(number="1002"))

    receivables, _, findings = read(path)

    assert ([row["number"] for row in receivables], findings) == (["1001", "1002"], [])


def test_a_quote_that_does_not_close_refuses_the_file(tmp_path: Path) -> None:
    path = receivables_file(tmp_path, invoice(), invoice(number="1002"))
    path.write_text(path.read_text() + '1003,"never closed\n')

    with pytest.raises(FileRefused, match="quotes") as refusal:
        read(path)

    assert (refusal.value.findings[0].line, refusal.value.findings[0].code) == (4, "accounting.broken_quotes")


def test_batches_hold_whole_receivables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("csp_receivables.adapters.accounting_files.receivables.LINES_PER_BATCH", 3)
    rows = [invoice(number=str(n), line_net="50", line_tax="12.50") for n in range(5) for _ in range(2)]

    batches = list(READER.receivables(receivables_file(tmp_path, *rows)))

    assert [batch.receivables.num_rows for batch in batches] == [2, 2, 1]
    assert [batch.lines.num_rows for batch in batches] == [4, 4, 2]


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    amounts=st.lists(st.tuples(st.integers(0, 10**12), st.integers(0, 10**12)), min_size=1, max_size=6),
    currency=st.sampled_from(["SEK", "JPY", "KWD"]),
)
def test_amounts_survive_to_the_last_minor_unit(tmp_path: Path, amounts: list[tuple[int, int]], currency: str) -> None:
    net, tax = sum(a for a, _ in amounts), sum(b for _, b in amounts)
    whole = {name: to_text(v, currency) for name, v in (("net", net), ("tax", tax), ("gross", net + tax))}
    rows = [
        invoice(**whole, currency=currency, line_net=to_text(a, currency), line_tax=to_text(b, currency))
        for a, b in amounts
    ]

    receivables, lines, findings = read(receivables_file(tmp_path, *rows))

    assert findings == []
    assert [(net + tax, net, tax)] == [(row["amount"], row["net"], row["tax"]) for row in receivables]
    assert amounts == [(line["net"], line["tax"]) for line in lines]
