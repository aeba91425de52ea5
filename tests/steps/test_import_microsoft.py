"""Importing Microsoft's charges, whole: the lake, the ledger, the tie-out, repetition and crashes."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from sqlalchemy import select

from csp_receivables.adapters import lake
from csp_receivables.adapters.lake import STAGING, Lake
from csp_receivables.adapters.ledger import Ledger, vendor_invoices
from csp_receivables.adapters.ledger.tables import customer_cost, finding, imported_file, vendor_invoice
from csp_receivables.adapters.ledger.vendor_invoices import LedgerVendorBook
from csp_receivables.adapters.microsoft_files.recon_reader import ReconReader
from csp_receivables.domain.imports import FileReport, Outcome
from csp_receivables.steps.import_microsoft import MicrosoftImport
from tests.adapters.microsoft_files.recon_files import CONTOSO, FABRIKAM, row, write
from tests.conftest import StandingClock
from tests.forks import KILLED, die, forked


def importer(ledger: Ledger, folder: Path) -> MicrosoftImport:
    root = folder / "lake"
    reader = ReconReader(spill=root / "spill")
    return MicrosoftImport(reader=reader, lake=Lake(root=root), book=LedgerVendorBook(ledger), term_days=60)


def state(invoice_id: str, total: str, **more: object) -> dict[str, object]:
    days = {"invoiceDate": "2026-11-07T04:12:09.1830000Z", "billingPeriodStartDate": "2026-10-01T00:00:00Z"}
    return {"id": invoice_id, "totalCharges": total, "currencyCode": "EUR", **days, **more}


def put_statement(folder: Path, statement: dict[str, object], bom: bool = True) -> None:
    content = json.dumps(statement).encode("utf-8-sig" if bom else "utf-8")
    (folder / "G000000001.invoice.json").write_bytes(content)


def stored(ledger: Ledger, table=vendor_invoice) -> list[dict[str, object]]:
    with ledger.reading() as connection:
        rows = connection.execute(select(table)).mappings().all()
    return sorted((dict(one) for one in rows), key=str)


def parts(folder: Path) -> dict[str, int]:
    return {
        str(p.relative_to(folder / "lake")): pq.read_metadata(p).num_rows
        for p in sorted((folder / "lake").rglob("*.parquet"))
    }


def test_charges_that_tie_are_released_and_costs_add_up(ledger: Ledger, tmp_path: Path) -> None:
    thirds = [row(Subtotal="0.004", Total="0.004"), row(Subtotal="0.004", Total="0.004", CustomerId=FABRIKAM)]
    put_statement(tmp_path, state("G000000001", "0.01"))

    report = importer(ledger, tmp_path).import_file(write(tmp_path, thirds))

    [invoice] = stored(ledger)
    assert (report.outcome, report.findings, report.new_facts) == (Outcome.IMPORTED, (), 2)
    assert (invoice["tie_out"], invoice["released"], invoice["pre_tax"], invoice["stated_total"]) == (
        "ties",
        True,
        1,
        1,
    )
    assert (invoice["invoiced_on"], invoice["due_on"]) == (date(2026, 11, 7), date(2027, 1, 6))
    assert (invoice["period_from"], invoice["period_until"]) == (date(2026, 10, 1), date(2026, 10, 31))
    assert sum(one["pre_tax"] for one in stored(ledger, customer_cost)) == 1


@pytest.mark.parametrize(
    ("total", "more", "verdict", "released"),
    [
        ("100.01", {}, "ties", True),  # one minor unit is rounding
        ("100.02", {}, "differs", False),
        ("99.98", {}, "differs", False),
        ("125.00", {"taxTotal": "25"}, "ties_pre_tax", True),
        ("125.00", {}, "differs", False),  # nothing says that the difference is tax
        ("126.00", {"taxTotal": 25}, "differs", False),
        ("100.00", {"currencyCode": "SEK"}, "differs", False),
    ],
)
def test_the_tie_out_decides_the_release(
    ledger: Ledger, tmp_path: Path, total: str, more: dict[str, object], verdict: str, released: bool
) -> None:
    put_statement(tmp_path, state("G000000001", total) | more)

    report = importer(ledger, tmp_path).import_file(write(tmp_path, [row()]))

    [invoice] = stored(ledger)
    assert (invoice["tie_out"], invoice["released"]) == (verdict, released)
    assert [f.code for f in report.findings] == ([] if released else ["microsoft.invoice_does_not_tie"])


def test_without_a_statement_it_is_released_with_warnings_and_assumed_days(ledger: Ledger, tmp_path: Path) -> None:
    report = importer(ledger, tmp_path).import_file(write(tmp_path, [row()]))

    [invoice] = stored(ledger)
    assert (invoice["tie_out"], invoice["released"], invoice["invoiced_on"]) == (
        "no_statement",
        True,
        date(2026, 11, 8),
    )
    assert {f.code for f in report.findings} == {
        "microsoft.invoice_without_statement",
        "microsoft.invoice_date_assumed",
    }


def test_a_voided_invoice_is_held_although_its_lines_tie(ledger: Ledger, tmp_path: Path) -> None:
    put_statement(tmp_path, state("G000000001", "100", documentType="void_note"))

    report = importer(ledger, tmp_path).import_file(write(tmp_path, [row()]))

    [invoice] = stored(ledger)
    assert (invoice["released"], [f.code for f in report.findings]) == (False, ["microsoft.invoice_voided"])


def test_a_statement_nested_in_amendments_is_found(ledger: Ledger, tmp_path: Path) -> None:
    parent = state("G000000000", "5", documentType="void_note", amendments=[state("G000000001", "100")])
    put_statement(tmp_path, parent)

    importer(ledger, tmp_path).import_file(write(tmp_path, [row()]))

    assert stored(ledger)[0]["tie_out"] == "ties"


@pytest.mark.parametrize(
    "content", [b"{", b'{"id":"G000000001","totalCharges":"x","currencyCode":"EUR"}', b"\xff\xfe{"]
)
def test_a_statement_that_cannot_be_read_is_a_finding_not_a_failure(
    ledger: Ledger, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "G000000001.invoice.json").write_bytes(content)

    report = importer(ledger, tmp_path).import_file(write(tmp_path, [row()]))

    assert report.outcome is Outcome.IMPORTED
    assert "microsoft.statement_unreadable" in {f.code for f in report.findings}


def test_importing_again_changes_nothing(ledger: Ledger, tmp_path: Path, clock) -> None:
    path = write(tmp_path, [row(), row(InvoiceNumber="G000000002")])
    step = importer(ledger, tmp_path)
    step.import_file(path)
    before = [stored(ledger, table) for table in (vendor_invoice, customer_cost, finding, imported_file)]

    again = step.import_file(path)

    assert again.outcome is Outcome.ALREADY_KNOWN and again.new_facts == 0
    assert before == [stored(ledger, table) for table in (vendor_invoice, customer_cost, finding, imported_file)]


def test_another_file_of_the_same_size_is_imported(ledger: Ledger, tmp_path: Path) -> None:
    step = importer(ledger, tmp_path)
    first = step.import_file(write(tmp_path, [row()]))
    path = write(tmp_path, [row(InvoiceNumber="G000000002")])

    report = step.import_file(path)

    assert (report.outcome, report.new_facts) == (Outcome.IMPORTED, 1)
    assert [one["bytes"] for one in stored(ledger, imported_file)] == [path.stat().st_size] * 2
    assert report.digest != first.digest


def test_a_statement_that_comes_later_makes_a_newer_version(ledger: Ledger, tmp_path: Path) -> None:
    path = write(tmp_path, [row()])
    step = importer(ledger, tmp_path)
    step.import_file(path)
    put_statement(tmp_path, state("G000000001", "100"))

    report = step.import_file(path)

    assert report.outcome is Outcome.IMPORTED
    newest = max(stored(ledger), key=lambda one: str(one["recorded_at"]) + str(one["tie_out"] == "ties"))
    assert newest["tie_out"] == "ties" and len(stored(ledger)) == 2
    assert step.import_file(path).outcome is Outcome.ALREADY_KNOWN


def test_one_bad_cell_never_changes_another_invoice(ledger: Ledger, tmp_path: Path) -> None:
    rows = [row(), row(Subtotal="?"), row(InvoiceNumber="G000000002", CustomerId=CONTOSO)]

    importer(ledger, tmp_path).import_file(write(tmp_path, rows))

    assert {one["invoice_id"]: one["released"] for one in stored(ledger)} == {"G000000001": False, "G000000002": True}
    assert sorted(parts(tmp_path).values()) == [1, 1]


def test_an_invoice_in_two_currencies_is_refused_alone(ledger: Ledger, tmp_path: Path) -> None:
    rows = [row(), row(Currency="SEK"), row(InvoiceNumber="G000000002")]

    report = importer(ledger, tmp_path).import_file(write(tmp_path, rows))

    assert [one["invoice_id"] for one in stored(ledger)] == ["G000000002"]
    assert "microsoft.invoice_refused" in {f.code for f in report.findings}


def test_an_invoice_of_a_month_that_is_none_is_refused_alone(ledger: Ledger, tmp_path: Path) -> None:
    rows = [row(ChargeStartDate="9999-12-01"), row(InvoiceNumber="G000000002")]

    report = importer(ledger, tmp_path).import_file(write(tmp_path, rows))

    assert [one["invoice_id"] for one in stored(ledger)] == ["G000000002"]
    assert ("microsoft.invoice_refused", "G000000001") in [(one.code, one.subject) for one in report.findings]


def test_a_refused_file_is_kept_with_its_reason(ledger: Ledger, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"%PDF-")

    report: FileReport = importer(ledger, tmp_path).import_file(path)

    assert report.outcome is Outcome.REFUSED and "PDF" in report.because
    assert [one["outcome"] for one in stored(ledger, imported_file)] == ["refused"]


def test_an_invoice_id_never_leads_out_of_the_lake(ledger: Ledger, tmp_path: Path) -> None:
    importer(ledger, tmp_path).import_file(write(tmp_path, [row(InvoiceNumber="../../G1")]))

    assert [path.split("/")[:2] for path in parts(tmp_path)] == [["charges", "invoice=..%2F..%2FG1"]]


DIES = {
    "before the rename": (lake, "_flush"),
    "before booking": (LedgerVendorBook, "book"),
    "inside the transaction": (vendor_invoices, "_keep_file"),
}


@pytest.mark.parametrize("point", list(DIES))
def test_a_kill_leaves_nothing_half_and_the_next_run_completes(
    ledger: Ledger, ledger_url: str, clock: StandingClock, tmp_path: Path, point: str
) -> None:
    path = write(tmp_path, [row(), row(InvoiceNumber="G000000002")])

    def import_and_die() -> None:
        setattr(*DIES[point], die)
        importer(Ledger.open(ledger_url, clock), tmp_path).import_file(path)

    assert forked(import_and_die, ledger) == KILLED
    assert stored(ledger) == stored(ledger, customer_cost) == stored(ledger, imported_file) == []
    whole = [part for part in parts(tmp_path) if not part.startswith(STAGING)]
    assert len(whole) == (0 if point == "before the rename" else 2)

    report = importer(ledger, tmp_path).import_file(path)

    assert report.outcome is Outcome.IMPORTED and len(stored(ledger)) == 2
    assert len(parts(tmp_path)) == 2 and not list((tmp_path / "lake" / STAGING).iterdir())
