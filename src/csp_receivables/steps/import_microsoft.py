"""Importing Microsoft's charges: read, summed, tied to the vendor invoice, kept in the lake, booked in the ledger.

In that order, so that a crash between any two lines leaves at worst a version in the lake that no ledger row names;
the next import finds it whole and goes on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from csp_receivables.domain.charge_data import ChargedInvoice, ChargeReading, FileRefused
from csp_receivables.domain.findings import Finding, Severity
from csp_receivables.domain.imports import FileReport, Outcome
from csp_receivables.domain.vendor_imports import InvoiceRefused, VendorInvoice, findings_of, judge_invoice
from csp_receivables.ports import ChargeFile, ChargeLake, ChargeReader, VendorBook, WhatElse, nothing_else


@dataclass(frozen=True, slots=True, kw_only=True)
class MicrosoftImport:
    """What importing charges needs. `term_days`: when Microsoft wants its money, counted from the invoice date."""

    reader: ChargeReader
    lake: ChargeLake
    book: VendorBook
    term_days: int
    what_else: WhatElse = nothing_else

    def import_file(self, path: Path) -> FileReport:
        """Import one file. Bytes that are known, with statements that are known, change nothing."""
        with self.lake.importing() as staging:
            try:
                file = self.reader.open(path)
            except FileRefused as refusal:
                return self._refuse(path, self._wrong_kind(path) or refusal)
            known = self._known_digest(file)
            if known:
                return _report(file, known, Outcome.ALREADY_KNOWN, because="the same bytes were imported before")
            try:
                return self._import(file, staging / "charges.parquet")
            except FileRefused as refusal:
                return self._refuse(path, refusal)

    def _wrong_kind(self, path: Path) -> FileRefused | None:
        """The refusal of a file of another import by what it is."""
        known = self.what_else(path)
        if known is None:
            return None
        finding = Finding(
            code="microsoft.wrong_kind",
            severity=Severity.REFUSED,
            found=known.found,
            remedy=known.remedy,
            source=path.name,
        )
        return FileRefused(finding, known.what)

    def _import(self, file: ChargeFile, staged: Path) -> FileReport:
        reading = self.reader.read(file, staged)
        judged, findings = self._judge(file, reading)
        alone = len(reading.invoices) == 1 and not any(one.unreadable for one in reading.invoices)
        kept = [self._keep(staged, invoice, alone=alone) for invoice in judged]
        report = _report(
            file,
            reading.digest,
            Outcome.IMPORTED,
            facts=sum(invoice.lines for invoice in reading.invoices),
            findings=(*reading.findings, *findings),
        )
        new = self.book.book(report, file.size, kept)
        return replace(report, new_facts=sum(one.sums.lines for one in kept) if new else 0)

    def _judge(self, file: ChargeFile, reading: ChargeReading) -> tuple[list[VendorInvoice], list[Finding]]:
        """Each invoice on its own: what is wrong with one never changes another's outcome."""
        judged, findings = [], []
        for charged in reading.invoices:
            try:
                invoice, found = self._judge_one(file, reading.digest, charged)
            except InvoiceRefused as refusal:
                findings.append(refusal.finding)
                continue
            judged.append(invoice)
            findings += found
        return judged, findings

    def _judge_one(self, file: ChargeFile, digest: str, charged: ChargedInvoice) -> tuple[VendorInvoice, list[Finding]]:
        statement = self.reader.statement(file, charged.invoice_id)
        invoice = judge_invoice(
            charged,
            statement.stated if statement else None,
            version=_version(digest, statement.digest if statement else ""),
            term_days=self.term_days,
            source=file.path.name,
        )
        told = statement.findings if statement else ()
        return invoice, [*told, *findings_of(invoice, file.path.name)]

    def _keep(self, staged: Path, invoice: VendorInvoice, *, alone: bool) -> VendorInvoice:
        path = self.lake.keep(staged, invoice.invoice_id, invoice.version, alone=alone)
        return replace(invoice, charges_path=path)

    def _known_digest(self, file: ChargeFile) -> str:
        """The digest of bytes that were imported, with the statements that lie beside them now; "" for any other."""
        if not self.book.may_know(file.size):
            return ""  # the reader digests the file as it reads it
        digest = self.reader.digest(file.path)
        versions = self.book.versions_of(digest)
        return digest if versions is not None and self._are_current(file, digest, versions) else ""

    def _are_current(self, file: ChargeFile, digest: str, versions: Mapping[str, frozenset[str]]) -> bool:
        for invoice_id, known in versions.items():
            statement = self.reader.statement(file, invoice_id)
            if statement and _version(digest, statement.digest) not in known:
                return False
        return True

    def _refuse(self, path: Path, refusal: FileRefused) -> FileReport:
        report = FileReport(
            name=path.name,
            digest=self.reader.digest(path),
            outcome=Outcome.REFUSED,
            taken_for=refusal.taken_for,
            because=f"{refusal.finding.found}. {refusal.finding.remedy}",
            findings=(refusal.finding,),
        )
        self.book.refuse(report, path.stat().st_size)
        return report


def _version(digest: str, statement_digest: str) -> str:
    """Which data an invoice was booked from: the file's bytes, and its statement's where there is one."""
    return hashlib.sha256(f"{digest}:{statement_digest}".encode()).hexdigest()


def _report(
    file: ChargeFile,
    digest: str,
    outcome: Outcome,
    *,
    facts: int = 0,
    because: str = "",
    findings: tuple[Finding, ...] = (),
) -> FileReport:
    return FileReport(
        name=file.path.name,
        digest=digest,
        outcome=outcome,
        taken_for=file.taken_for,
        facts=facts,
        because=because,
        findings=findings,
    )
