"""Importing Microsoft's charges: read, summed, tied to the vendor invoice, kept in the lake, booked in the ledger.

In that order, so that a crash between any two lines leaves at worst a version in the lake that no ledger row names;
the next import finds it whole and goes on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from csp_receivables.domain.charge_data import ChargedInvoice, ChargeKind, ChargeReading, FileRefused, Place
from csp_receivables.domain.findings import Finding, Severity
from csp_receivables.domain.imports import FileReport, Outcome
from csp_receivables.domain.usage_detail import usage_detail
from csp_receivables.domain.vendor_imports import InvoiceRefused, VendorInvoice, findings_of, judge_invoice
from csp_receivables.domain.vendor_tie_out import InvoiceStatement
from csp_receivables.ports import ChargeFile, ChargeLake, ChargeReader, VendorBook, WhatElse, nothing_else


@dataclass(frozen=True, slots=True, kw_only=True)
class MicrosoftImport:
    """What importing charges needs. `term_days`: when Microsoft wants its money, counted from the invoice date."""

    reader: ChargeReader
    lake: ChargeLake
    book: VendorBook
    term_days: int
    what_else: WhatElse = nothing_else

    def import_parts(self, paths: Sequence[Path]) -> tuple[FileReport, ...]:
        """Import files that make one invoice together; whether it ties is told with the last of them only."""
        *first, last = paths
        reports = [self._import_file(path, is_last=False) for path in first]
        changed = any(report.outcome is Outcome.IMPORTED for report in reports)
        return (*reports, self._import_file(last, again=changed))

    def import_file(self, path: Path) -> FileReport:
        """Import one file. Bytes that are known, with statements that are known, change nothing."""
        return self._import_file(path)

    def _import_file(self, path: Path, *, is_last: bool = True, again: bool = False) -> FileReport:
        with self.lake.importing() as staging:
            try:
                file = self.reader.open(path)
            except FileRefused as refusal:
                return self._refuse(path, self._wrong_kind(path) or refusal)
            known = "" if again else self._known_digest(file)
            if known:
                return _report(file, known, Outcome.ALREADY_KNOWN, because="the same bytes were imported before")
            try:
                return self._import(file, staging / "charges.parquet", is_last=is_last)
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

    def _import(self, file: ChargeFile, staged: Path, *, is_last: bool) -> FileReport:
        reading = self.reader.read(file, staged)
        alone = len(reading.invoices) == 1 and not any(one.unreadable for one in reading.invoices)
        if reading.kind.is_detail:
            return self._import_usage(file, reading, staged, alone=alone)
        judged, findings = self._judge(file, reading, is_last=is_last)
        kept = [self._keep(staged, reading, invoice, alone=alone) for invoice in judged]
        report = _imported(file, reading, findings)
        new = self.book.book(report, file.size, kept)
        names = {one.invoice_id for one in kept}
        lines = sum(charged.lines for charged in reading.invoices if charged.invoice_id in names)
        return replace(report, new_facts=lines if new else 0)

    def _import_usage(self, file: ChargeFile, reading: ChargeReading, staged: Path, *, alone: bool) -> FileReport:
        """Daily usage goes into the lake beside the charges that it explains; nothing is owed for it."""
        kept, findings = [], []
        for used in reading.invoices:
            try:
                detail = usage_detail(used, version=_version(reading.digest, ""), source=file.path.name)
            except InvoiceRefused as refusal:
                findings.append(refusal.finding)
                continue
            place = _place(reading, used.invoice_id, detail.version)
            kept.append(replace(detail, charges_path=self.lake.keep(staged, place, alone=alone)))
        report = _imported(file, reading, findings)
        new = self.book.book_usage(report, file.size, kept)
        return replace(report, new_facts=sum(one.sums.lines for one in kept) if new else 0)

    def _judge(
        self, file: ChargeFile, reading: ChargeReading, *, is_last: bool
    ) -> tuple[list[VendorInvoice], list[Finding]]:
        """Each invoice on its own: what is wrong with one never changes another's outcome.

        Until the last of its files is here an invoice can't tie, and nobody need be told.
        """
        judged, findings = [], []
        for charged in reading.invoices:
            try:
                invoice, found = self._judge_one(file, reading.digest, self._with_other_parts(file, charged))
            except InvoiceRefused as refusal:
                findings.append(refusal.finding)
                continue
            judged.append(invoice)
            findings += found if is_last else []
        return judged, findings

    def _judge_one(self, file: ChargeFile, digest: str, charged: ChargedInvoice) -> tuple[VendorInvoice, list[Finding]]:
        statement = self.reader.statement(file, charged.invoice_id)
        invoice = judge_invoice(
            charged,
            statement.stated if statement else None,
            version=self._version_of(file, digest, charged.invoice_id, statement),
            term_days=self.term_days,
            source=file.path.name,
        )
        if statement is None:
            return invoice, [*findings_of(invoice, file.path.name)]
        return replace(invoice, words=statement.words), [*statement.findings, *findings_of(invoice, file.path.name)]

    def _keep(self, staged: Path, reading: ChargeReading, invoice: VendorInvoice, *, alone: bool) -> VendorInvoice:
        place = _place(reading, invoice.invoice_id, invoice.version)
        beside = self._other_parts(reading.kind, invoice.invoice_id)
        part = reading.kind.value if reading.kind.is_part else ""
        return replace(invoice, charges_path=self.lake.keep(staged, place, alone=alone, beside=beside), part=part)

    def _with_other_parts(self, file: ChargeFile, charged: ChargedInvoice) -> ChargedInvoice:
        """A legacy invoice has licences in one file and usage in another: together they make the invoice."""
        for part in self._other_parts(file.kind, charged.invoice_id):
            current = self.book.current(charged.invoice_id)
            for kept in self.reader.sum_kept(part):
                unreadable = 0 if current and current.is_whole else 1
                charged = charged.with_part(replace(kept, unreadable=unreadable))
        return charged

    def _other_parts(self, kind: ChargeKind, invoice_id: str) -> tuple[Path, ...]:
        current = self.book.current(invoice_id) if kind.is_part else None
        return self.lake.parts_beside(current.charges_path, kind) if current else ()

    def _version_of(
        self, file: ChargeFile, digest: str, invoice_id: str, statement: InvoiceStatement | None = None
    ) -> str:
        others = [part.name.split(".")[1] for part in self._other_parts(file.kind, invoice_id)]
        return _version(*sorted([digest, *others]), statement.digest if statement else "")

    def _known_digest(self, file: ChargeFile) -> str:
        """The digest of bytes that were imported, with the statements that lie beside them now; "" for any other."""
        if not self.book.may_know(file.size):
            return ""  # the reader digests the file as it reads it
        digest = self.reader.digest(file.path)
        versions = self.book.versions_of(digest)
        return digest if versions is not None and self._are_current(file, digest, versions) else ""

    def _are_current(self, file: ChargeFile, digest: str, versions: Mapping[str, frozenset[str]]) -> bool:
        for invoice_id, known in versions.items():
            statement = None if file.kind.is_detail else self.reader.statement(file, invoice_id)
            version = self._version_of(file, digest, invoice_id, statement)
            if statement and version not in known and not self._counts(invoice_id, version):
                return False
        return True

    def _counts(self, invoice_id: str, version: str) -> bool:
        """Is this the invoice's version, whichever of its files was imported last?"""
        current = self.book.current(invoice_id)
        return current is not None and current.version == version

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


def _version(*digests: str) -> str:
    """Which data an invoice was booked from: its files' bytes, and its statement's ("" where there is none)."""
    return hashlib.sha256(":".join(digests).encode()).hexdigest()


def _place(reading: ChargeReading, invoice_id: str, version: str) -> Place:
    return Place(kind=reading.kind, invoice_id=invoice_id, version=version, digest=reading.digest)


def _imported(file: ChargeFile, reading: ChargeReading, findings: list[Finding]) -> FileReport:
    return _report(
        file,
        reading.digest,
        Outcome.IMPORTED,
        facts=sum(invoice.lines for invoice in reading.invoices),
        findings=(*reading.findings, *findings),
    )


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
