"""Vendor invoices and what they cost per tenant: the newest version counts, nothing is deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
from sqlalchemy import Connection, delete, insert, select, union_all

from csp_receivables.adapters.ledger.bulk import insert_new
from csp_receivables.adapters.ledger.connection import Ledger, Writing
from csp_receivables.adapters.ledger.invoice_parts import keep_imported_parts
from csp_receivables.adapters.ledger.microsoft_tables import usage_detail
from csp_receivables.adapters.ledger.tables import customer_cost, imported_file, vendor_invoice
from csp_receivables.adapters.ledger.tables import finding as finding_rows
from csp_receivables.adapters.ledger.vendor_words import keep_words
from csp_receivables.domain.findings import Finding, findings_table
from csp_receivables.domain.imports import FileReport
from csp_receivables.domain.money_records import USAGE_DETAIL
from csp_receivables.domain.usage_detail import UsageDetail
from csp_receivables.domain.vendor_imports import VendorInvoice, cost_table, invoice_table
from csp_receivables.ports import CurrentVersion

PURPOSE = "microsoft"


@dataclass(frozen=True, slots=True)
class LedgerVendorBook:
    """Implements `ports.VendorBook`. Which version of an invoice counts is asked by `recorded_at`: the newest."""

    ledger: Ledger

    def may_know(self, size: int) -> bool:
        """Was a file of so many bytes imported?"""
        with self.ledger.reading() as connection:
            same = select(imported_file.c.digest).filter_by(outcome="imported", bytes=size).limit(1)
            return connection.execute(same).first() is not None

    def versions_of(self, digest: str) -> Mapping[str, frozenset[str]] | None:
        """Versions that the file with these bytes gave, by invoice; None when it was not imported yet."""
        with self.ledger.reading() as connection:
            known = select(imported_file.c.outcome).where(imported_file.c.digest == digest)
            if connection.execute(known).scalar_one_or_none() != "imported":
                return None
            queries = [
                select(table.c.invoice_id, table.c.version).where(table.c.file_digest == digest)
                for table in (vendor_invoice, usage_detail)
            ]
            rows = connection.execute(union_all(*queries)).all()
        versions: dict[str, set[str]] = {}
        for invoice_id, version in rows:
            versions.setdefault(invoice_id, set()).add(version)
        return {invoice_id: frozenset(found) for invoice_id, found in versions.items()}

    def current(self, invoice_id: str) -> CurrentVersion | None:
        """The version that counts, or None for an invoice that nobody imported."""
        newest = (
            select(vendor_invoice)
            .where(vendor_invoice.c.invoice_id == invoice_id)
            .order_by(vendor_invoice.c.recorded_at.desc(), vendor_invoice.c.version.desc())
        )
        with self.ledger.reading() as connection:
            row = connection.execute(newest.limit(1)).mappings().first()
        if row is None:
            return None
        is_whole = bool(row["released"]) or row["stated_total"] is not None
        return CurrentVersion(version=row["version"], charges_path=row["charges_path"], is_whole=is_whole)

    def book(self, report: FileReport, size: int, invoices: Sequence[VendorInvoice]) -> int:
        """Store a file's invoices, costs, findings and its own row in one transaction; returns how many are new."""
        with self.ledger.writing() as writing:
            same = {"file_digest": report.digest, "recorded_at": writing.recorded_at}
            new = insert_new(writing.connection, vendor_invoice, invoice_table(invoices), **same)
            for invoice in invoices:
                same = {"version": invoice.version, "recorded_at": writing.recorded_at}
                insert_new(writing.connection, customer_cost, cost_table(invoice), **same)
                keep_words(writing, invoice.words)
            keep_imported_parts(writing, [(one.invoice_id, one.part) for one in invoices if one.part])
            _keep_findings(writing, report.digest, report.findings)
            _keep_file(writing, report, size)
        return new

    def book_usage(self, report: FileReport, size: int, details: Sequence[UsageDetail]) -> int:
        """Store a file of daily usage in one transaction; returns for how many invoices it is new."""
        rows = [
            {
                "invoice_id": one.sums.invoice_id,
                "version": one.version,
                "currency": one.sums.currency,
                "lines": one.sums.lines,
                "pre_tax": one.sums.pre_tax,
                "charges_path": one.charges_path,
            }
            for one in details
        ]
        with self.ledger.writing() as writing:
            same = {"file_digest": report.digest, "recorded_at": writing.recorded_at}
            new = insert_new(writing.connection, usage_detail, pa.Table.from_pylist(rows, schema=USAGE_DETAIL), **same)
            _keep_findings(writing, report.digest, report.findings)
            _keep_file(writing, report, size)
        return new

    def refuse(self, report: FileReport, size: int) -> None:
        """Keep why nothing of the file counts. A file that was imported before stays imported."""
        with self.ledger.writing() as writing:
            if not _is_imported(writing.connection, report.digest):
                _keep_findings(writing, report.digest, report.findings)
                _keep_file(writing, report, size)


def _is_imported(connection: Connection, digest: str) -> bool:
    query = select(imported_file.c.outcome).where(imported_file.c.digest == digest)
    return connection.execute(query).scalar_one_or_none() == "imported"


def _keep_findings(writing: Writing, digest: str, findings: Sequence[Finding]) -> None:
    table = findings_table(findings)
    insert_new(writing.connection, finding_rows, table, file_digest=digest, recorded_at=writing.recorded_at)


def _keep_file(writing: Writing, report: FileReport, size: int) -> None:
    """The file's row says how these bytes fared last: refused first, read later, or read again with a statement."""
    writing.connection.execute(delete(imported_file).where(imported_file.c.digest == report.digest))
    row = {
        "digest": report.digest,
        "purpose": PURPOSE,
        "name": report.name,
        "outcome": report.outcome.value,
        "because": report.because,
        "bytes": size,
        "facts": report.facts,
        "findings": len(report.findings),
        "recorded_at": writing.recorded_at,
    }
    writing.connection.execute(insert(imported_file).values(**row))
