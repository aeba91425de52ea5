"""What reading a file of charges comes to, before anything is judged: sums per invoice and tenant, and findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from csp_receivables.domain.findings import Finding
from csp_receivables.domain.vendor_totals import TenantSum


class FileRefused(ValueError):
    """Nothing of the file counts; `finding` says why and what to do, `taken_for` what the file is."""

    def __init__(self, finding: Finding, taken_for: str) -> None:
        self.finding = finding
        self.taken_for = taken_for
        super().__init__(str(finding))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargedInvoice:
    """The readable charges of one vendor invoice in one file."""

    invoice_id: str
    currencies: tuple[str, ...]  # sorted; more than one is a mistake
    tenants: tuple[TenantSum, ...]
    starts_by_month: Mapping[date, int]  # first day of a month → charges that start in it
    unreadable: int = 0  # lines of this invoice that are no charges, because their money or tenant can't be read

    @property
    def lines(self) -> int:
        return sum(tenant.lines for tenant in self.tenants)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeReading:
    """One file, read: its invoices in the order of their ids, and what was wrong in it."""

    digest: str  # SHA-256 of the bytes that were read
    taken_for: str  # "new-commerce reconciliation, 47 columns"
    invoices: tuple[ChargedInvoice, ...]
    findings: tuple[Finding, ...]
