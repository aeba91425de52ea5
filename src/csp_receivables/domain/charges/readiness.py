"""May customers be billed from a vendor invoice yet? Only from one that is whole: nothing late, nothing missing.

New-commerce invoices are out between the 6th and the 8th; partners report that late and partial data is made good
until eleven days after the invoice date (microsoft.md 1.3, 10). That is the deadline shown; after it a person asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

import pyarrow as pa

from csp_receivables.domain.charge_data import ChargeKind
from csp_receivables.domain.findings import Finding, Severity
from csp_receivables.domain.microsoft.exports import NO_DATA_AFTER
from csp_receivables.domain.payables.words import PayableFacts, VendorWords
from csp_receivables.domain.vendor_tie_out import PUBLISHED_AFTER_DAYS, Verdict

PART_WORDS = {ChargeKind.LEGACY_LICENSE.value: "licences", ChargeKind.LEGACY_USAGE.value: "usage"}
_BOTH_PARTS = frozenset(PART_WORDS)


class Readiness(StrEnum):
    """Whether an invoice may be billed from."""

    READY = "ready"
    UNPROVED = "unproved"  # released, but nothing states its total
    PARTIAL = "partial"  # its charges do not add up to it, or some can't be read
    LATE = "late"  # it is out, or should be, and its charges are not here
    VOIDED = "voided"


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceReadiness:
    """One vendor invoice, or with an empty id the month of which none is here. `deadline`: None where none runs."""

    invoice_id: str
    month: date  # its first day
    readiness: Readiness
    because: str
    deadline: date | None = None


def readiness(invoices: pa.Table, told: PayableFacts, as_of: date) -> tuple[InvoiceReadiness, ...]:
    """Every invoice of VENDOR_INVOICE, those that only Microsoft's words tell of, and a month without any."""
    said = {one.invoice_id: one for one in told.words}
    rows: list[dict[str, Any]] = invoices.to_pylist()
    known = {row["invoice_id"] for row in rows}
    found = [_imported(row, said.get(row["invoice_id"]), told.parts.get(row["invoice_id"])) for row in rows]
    found += [late for one in said.values() if one.invoice_id not in known and (late := _listed(one))]
    found += _missing_month(found, as_of)
    return tuple(sorted(found, key=lambda one: (one.month, one.invoice_id)))


def late_findings(found: Sequence[InvoiceReadiness], as_of: date) -> tuple[Finding, ...]:
    """What is late: a warning until the deadline, and held after it."""
    return tuple(
        Finding(
            code="microsoft.charges_late",
            severity=Severity.HELD if one.deadline and as_of > one.deadline else Severity.WARNING,
            found=f"{one.invoice_id or f'a vendor invoice of {one.month:%Y-%m}'}: {one.because}; "
            f"expected until {one.deadline}",
            remedy="Download its reconciliation file, or ask Microsoft in Partner Center (billing) after that day",
            subject=one.invoice_id or f"{one.month:%Y-%m}",
        )
        for one in found
        if one.readiness is Readiness.LATE
    )


def _imported(row: dict[str, Any], said: VendorWords | None, parts: frozenset[str] | None) -> InvoiceReadiness:
    month, deadline = row["period_from"].replace(day=1), row["invoiced_on"] + NO_DATA_AFTER
    ties = row["tie_out"] in (Verdict.TIES, Verdict.TIES_PRE_TAX)
    if said and said.is_void:
        state, because, deadline = Readiness.VOIDED, "Microsoft took it back", None
    elif row["released"] and ties:
        state, because, deadline = Readiness.READY, "its charges add up to it", None
    elif row["released"] and parts and (lacks := _BOTH_PARTS - parts):
        state, because = Readiness.PARTIAL, _half(row["invoice_id"], next(iter(lacks)))
    elif row["released"]:
        state, because = Readiness.UNPROVED, "nothing states its total: its JSON is missing"
    else:
        state, because = Readiness.PARTIAL, "its charges do not add up to it"
    return InvoiceReadiness(
        invoice_id=row["invoice_id"], month=month, readiness=state, because=because, deadline=deadline
    )


def _half(invoice_id: str, lacks: str) -> str:
    """Of a legacy invoice whose total nothing states: its licences and its usage come in two files."""
    return (
        f"nothing states its total, and its {PART_WORDS[lacks]} file is not here: import it, or its JSON, or say that "
        f"there is none: csp charges only {invoice_id}"
    )


def _listed(one: VendorWords) -> InvoiceReadiness | None:
    if one.is_void or one.invoiced_on is None:
        return None
    return InvoiceReadiness(
        invoice_id=one.invoice_id,
        month=_month_before(one.invoiced_on),
        readiness=Readiness.LATE,
        because=f"Microsoft dated it {one.invoiced_on} and its charges are not here",
        deadline=one.invoiced_on + NO_DATA_AFTER,
    )


def _missing_month(found: Sequence[InvoiceReadiness], as_of: date) -> list[InvoiceReadiness]:
    """The month before, when earlier ones have invoices, it has none, and it should be out."""
    month, out_on = _month_before(as_of), as_of.replace(day=1) + timedelta(days=PUBLISHED_AFTER_DAYS)
    months = {one.month for one in found}
    if as_of < out_on or month in months or not any(earlier < month for earlier in months):
        return []
    because = f"none is here, and they are out by {out_on}"
    deadline = as_of.replace(day=1) + NO_DATA_AFTER - timedelta(days=1)
    return [InvoiceReadiness(invoice_id="", month=month, readiness=Readiness.LATE, because=because, deadline=deadline)]


def _month_before(day: date) -> date:
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)
