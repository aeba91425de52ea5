"""Files of payments to Microsoft: CSV with paid_on, amount, currency and, where known, invoice and reference."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pyarrow as pa

from csp_receivables.domain.accounting import AccountingFile, FileRefused, Purpose, VendorPaymentBatch
from csp_receivables.domain.currencies import UnknownCurrency
from csp_receivables.domain.findings import Finding, Severity
from csp_receivables.domain.money import NotMoney, to_minor
from csp_receivables.domain.money_records import VENDOR_PAYMENT
from csp_receivables.domain.real_days import OUTSIDE, is_real

NEEDED = ("paid_on", "amount", "currency")
MAY = ("invoice", "reference")


@dataclass(frozen=True, slots=True)
class VendorPaymentFiles:
    """Implements money_ports.VendorPaymentReader."""

    def identify(self, path: Path) -> AccountingFile:
        """The file by its bytes alone."""
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return AccountingFile(name=path.name, digest=digest, size=file.tell())

    def recognise(self, path: Path, file: AccountingFile) -> AccountingFile:
        """`file` with what its header says it is. Raises FileRefused for what is no file of vendor payments."""
        header = _header(path)
        missing = [name for name in NEEDED if name not in header]
        unknown = [name for name in header if name not in (*NEEDED, *MAY)]
        if missing or unknown:
            found = f"the header lacks {', '.join(missing)}" if missing else f"the header has {unknown[0]!r}"
            raise _refused(path, found)
        return replace(file, purpose=Purpose.VENDOR_PAYMENTS, form="canonical")

    def payments(self, path: Path) -> Iterator[VendorPaymentBatch]:
        """The payments; a bad row is a finding. Two equal rows are two payments, in whatever file they come again."""
        header = _header(path)
        rows: list[dict[str, object]] = []
        findings: list[Finding] = []
        seen: Counter[tuple[object, ...]] = Counter()
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            next(reader)
            for cells in reader:
                if not any(cell.strip() for cell in cells):
                    continue
                row = _row(dict(zip(header, map(str.strip, cells), strict=False)), (path.name, reader.line_num))
                if isinstance(row, Finding):
                    findings.append(row)
                    continue
                said = tuple(row.values())
                seen[said] += 1
                rows.append({"payment_id": _identity(said, seen[said])} | row)
        payments = pa.Table.from_pylist(rows, schema=VENDOR_PAYMENT)
        yield VendorPaymentBatch(payments=payments, findings=tuple(findings))


def _header(path: Path) -> list[str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return [name.strip().casefold() for name in next(csv.reader(file), [])]
    except (UnicodeDecodeError, csv.Error) as error:
        raise _refused(path, f"this is no CSV text: {error}") from None


def _row(cells: dict[str, str], place: tuple[str, int]) -> dict[str, object] | Finding:
    currency = cells.get("currency", "").upper()
    try:
        paid_on = date.fromisoformat(cells.get("paid_on", ""))
    except ValueError:
        return _bad(place, "paid_on", f"{cells.get('paid_on', '')!r} is no day", "write days as 2026-11-01")
    if not is_real(paid_on):
        return _bad(place, "paid_on", f"{paid_on} {OUTSIDE}", "write the day on which it was paid")
    try:
        amount = to_minor(cells.get("amount", ""), currency)
    except (NotMoney, UnknownCurrency) as why:
        return _bad(place, "amount", str(why), "write what was paid as 1234.50, and the currency as EUR")
    if amount <= 0:
        return _bad(place, "amount", f"{cells['amount']} is nothing paid", "write what was paid as a positive amount")
    return {
        "paid_on": paid_on,
        "currency": currency,
        "amount": amount,
        "invoice_id": cells.get("invoice", "").upper(),
        "reference": cells.get("reference", ""),
    }


def _identity(said: tuple[object, ...], number: int) -> str:
    return "file:" + hashlib.sha256("|".join(map(str, (*said, number))).encode()).hexdigest()[:24]


def _refused(path: Path, found: str) -> FileRefused:
    remedy = f"Give a CSV with the columns {', '.join(NEEDED)} and, where known, {', '.join(MAY)}"
    return FileRefused(
        Finding(code="payable.wrong_kind", severity=Severity.REFUSED, found=found, remedy=remedy, source=path.name)
    )


def _bad(place: tuple[str, int], field: str, found: str, remedy: str) -> Finding:
    return Finding(
        code="payable.bad_payment",
        severity=Severity.REFUSED,
        found=found,
        remedy=remedy,
        source=place[0],
        line=place[1],
        field=field,
    )
