"""What reading a file of charges comes to, before anything is judged: sums per invoice and tenant, and findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from csp_receivables.domain.findings import Finding
from csp_receivables.domain.vendor_totals import TenantSum


class ChargeKind(StrEnum):
    """What the lines of a file of charges are."""

    RECONCILIATION = "reconciliation"  # the charges of a new-commerce invoice
    LEGACY_LICENSE = "legacy_license"  # some of the charges of a legacy invoice; usage is in a file of its own
    LEGACY_USAGE = "legacy_usage"
    DAILY_USAGE = "daily_usage"  # what an invoice's charges for usage are made of: never charges beside them

    @property
    def is_detail(self) -> bool:
        """Do the lines explain charges that another file has?"""
        return self is ChargeKind.DAILY_USAGE

    @property
    def is_part(self) -> bool:
        """May the invoice have charges in a file of another kind as well?"""
        return self in (ChargeKind.LEGACY_LICENSE, ChargeKind.LEGACY_USAGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Which charges these are, for whoever keeps them. `digest` is of the file that they came in."""

    kind: ChargeKind
    invoice_id: str
    version: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptVersion:
    """One version of an invoice's charges, or of its daily usage, as the ledger knows it; `pre_tax` in minor units."""

    invoice_id: str
    version: str
    currency: str
    lines: int
    pre_tax: int
    charges_path: str  # in the lake
    recorded_at: str


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

    def with_part(self, other: ChargedInvoice) -> ChargedInvoice:
        """Both together: charges of the same invoice that stand in two files."""
        tenants = {one.tenant_id: one for one in self.tenants}
        for one in other.tenants:
            tenants[one.tenant_id] = one.added_to(tenants[one.tenant_id]) if one.tenant_id in tenants else one
        starts = Counter(self.starts_by_month)
        starts.update(other.starts_by_month)
        return replace(
            self,
            currencies=tuple(sorted({*self.currencies, *other.currencies})),
            tenants=tuple(tenants[tenant_id] for tenant_id in sorted(tenants)),
            starts_by_month=starts,
            unreadable=self.unreadable + other.unreadable,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeReading:
    """One file, read: its invoices in the order of their ids, and what was wrong in it."""

    digest: str  # SHA-256 of the bytes that were read
    kind: ChargeKind
    taken_for: str  # "new-commerce reconciliation, 47 columns"
    invoices: tuple[ChargedInvoice, ...]
    findings: tuple[Finding, ...]
