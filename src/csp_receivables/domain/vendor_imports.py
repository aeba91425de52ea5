"""From the charges of one file to vendor invoices: summed, tied, dated, each judged on its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa

from csp_receivables.domain.charge_data import ChargedInvoice
from csp_receivables.domain.currencies import UnknownCurrency
from csp_receivables.domain.findings import Finding, Severity
from csp_receivables.domain.money import NotMoney
from csp_receivables.domain.payables.words import VendorWords
from csp_receivables.domain.records import CUSTOMER_COST, VENDOR_INVOICE
from csp_receivables.domain.vendor_tie_out import InvoiceDays, StatedInvoice, TieOut, invoice_days, tie_out
from csp_receivables.domain.vendor_totals import InvoiceSums, sum_invoice


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorInvoice:
    """One version of one vendor invoice, judged."""

    version: str
    sums: InvoiceSums
    days: InvoiceDays
    stated: StatedInvoice | None
    tie_out: TieOut
    charges_path: str = ""  # in the lake, once they lie there
    part: str = ""  # kind of the file it came in, where it may have charges in a file of another kind as well
    words: tuple[VendorWords, ...] = ()  # what its statement says of it and of what amends it

    @property
    def invoice_id(self) -> str:
        return self.sums.invoice_id


class InvoiceRefused(ValueError):
    """This invoice can't be booked at all; `finding` says why. Others of the file are not touched."""

    def __init__(self, finding: Finding) -> None:
        self.finding = finding
        super().__init__(str(finding))


def judge_invoice(
    charged: ChargedInvoice, stated: StatedInvoice | None, *, version: str, term_days: int, source: str
) -> VendorInvoice:
    """Sum, tie and date one invoice. Raises InvoiceRefused where its lines make no invoice."""
    if len(charged.currencies) != 1:
        raise _refused(charged, source, f"its lines are in {', '.join(charged.currencies)}, not in one currency")
    try:
        sums = sum_invoice(charged.invoice_id, charged.currencies[0], charged.tenants)
        days = invoice_days(charged.starts_by_month, stated, term_days)
    except (NotMoney, UnknownCurrency, ValueError) as why:
        raise _refused(charged, source, str(why)) from None
    tied = tie_out(sums, stated, charged.unreadable, source)
    return VendorInvoice(version=version, sums=sums, days=days, stated=stated, tie_out=tied)


def findings_of(invoice: VendorInvoice, source: str) -> tuple[Finding, ...]:
    """What a person must know about a judged invoice."""
    if not invoice.days.assumed:
        return invoice.tie_out.findings
    assumed = Finding(
        code="microsoft.invoice_date_assumed",
        severity=Severity.WARNING,
        found=f"vendor invoice {invoice.invoice_id} is assumed to be dated {invoice.days.invoiced_on} and due "
        f"{invoice.days.due_on}: no statement tells its date",
        remedy=f"Put the invoice's JSON beside the file as {invoice.invoice_id}.invoice.json and import again",
        source=source,
        subject=invoice.invoice_id,
    )
    return (*invoice.tie_out.findings, assumed)


def invoice_table(invoices: Iterable[VendorInvoice]) -> pa.Table:
    """The invoices as a table of VENDOR_INVOICE."""
    rows = [
        {
            "invoice_id": one.invoice_id,
            "version": one.version,
            "currency": one.sums.currency,
            "invoiced_on": one.days.invoiced_on,
            "due_on": one.days.due_on,
            "period_from": one.days.period_from,
            "period_until": one.days.period_until,
            "lines": one.sums.lines,
            "pre_tax": one.sums.pre_tax,
            "tax": one.sums.tax,
            "total": one.sums.total,
            "stated_total": one.stated.total if one.stated else None,
            "tie_out": one.tie_out.verdict.value,
            "released": one.tie_out.released,
            "charges_path": one.charges_path,
        }
        for one in invoices
    ]
    return pa.Table.from_pylist(rows, schema=VENDOR_INVOICE)


def cost_table(invoice: VendorInvoice) -> pa.Table:
    """What each tenant cost on one invoice, as a table of CUSTOMER_COST."""
    rows = [
        {
            "invoice_id": invoice.invoice_id,
            "tenant_id": tenant.tenant_id,
            "tenant_name": tenant.tenant_name,
            "currency": invoice.sums.currency,
            "lines": tenant.lines,
            "pre_tax": tenant.pre_tax,
            "tax": tenant.tax,
        }
        for tenant in invoice.sums.tenants
    ]
    return pa.Table.from_pylist(rows, schema=CUSTOMER_COST)


def _refused(charged: ChargedInvoice, source: str, why: str) -> InvoiceRefused:
    return InvoiceRefused(
        Finding(
            code="microsoft.invoice_refused",
            severity=Severity.REFUSED,
            found=f"vendor invoice {charged.invoice_id} is refused: {why}",
            remedy="Download the file again; if it stays so, ask Microsoft in Partner Center (billing)",
            source=source,
            subject=charged.invoice_id,
        )
    )
