"""Daily rated usage: what an invoice's charges for usage are made of, day by day and meter by meter.

It explains charges and is never added to them: nothing of it becomes a cost, a vendor invoice or a receivable.
"""

from __future__ import annotations

from dataclasses import dataclass

from csp_receivables.domain.charge_data import ChargedInvoice
from csp_receivables.domain.currencies import UnknownCurrency
from csp_receivables.domain.findings import Finding, Severity
from csp_receivables.domain.money import NotMoney
from csp_receivables.domain.vendor_imports import InvoiceRefused
from csp_receivables.domain.vendor_totals import InvoiceSums, sum_invoice


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageDetail:
    """One version of one invoice's daily usage, kept in the lake under `charges_path`."""

    version: str
    sums: InvoiceSums
    charges_path: str = ""


def usage_detail(used: ChargedInvoice, *, version: str, source: str) -> UsageDetail:
    """The usage of one invoice, summed exactly and rounded once. Raises InvoiceRefused where its lines make no sum."""
    try:
        if len(used.currencies) != 1:
            raise NotMoney(f"its lines are in {', '.join(used.currencies)}, not in one currency")
        return UsageDetail(version=version, sums=sum_invoice(used.invoice_id, used.currencies[0], used.tenants))
    except (NotMoney, UnknownCurrency) as why:
        finding = Finding(
            code="microsoft.usage_refused",
            severity=Severity.REFUSED,
            found=f"the daily usage of vendor invoice {used.invoice_id} is refused: {why}",
            remedy="Download the file again; the invoice and its charges are not touched by it",
            source=source,
            subject=used.invoice_id,
        )
        raise InvoiceRefused(finding) from None
